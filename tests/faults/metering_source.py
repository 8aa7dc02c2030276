"""The counterpart of metering_source.ts on the reference package, with the same arguments and output."""

import asyncio
import json
import sys

from metricq import IntervalSource, Timedelta, Timestamp, rpc_handler
from metricq.exceptions import PublishFailed


class MeteringSource(IntervalSource):
    def __init__(self, options):
        source = options["source"]
        url = source["url"] if isinstance(source["url"], str) else source["url"][0]
        super().__init__(
            source["token"], url, period=Timedelta.from_s(options["periodMs"] / 1000)
        )
        self.tick = options["firstTick"]
        self.metric_names = list(options["metrics"])
        self.is_ending = False
        for name, chunk_size in options["metrics"].items():
            self[name].chunk_size = chunk_size

    @rpc_handler("config")
    async def on_config(self, **_):
        await self.declare_metrics({name: {} for name in self.metric_names})

    async def update(self):
        if self.is_ending:
            return
        tick, self.tick = self.tick, self.tick + 1
        time = Timestamp.now()
        refusal = None
        for name in self.metric_names:
            try:
                await self.send(name, time, float(tick))
            except PublishFailed as error:
                refusal = error  # the point stays in the chunk, and goes with the next
        print(tick, time.posix_ns, flush=True)
        if refusal:
            raise refusal

    async def end(self):
        self.is_ending = True
        await asyncio.sleep(0.1)
        await self.flush()
        await self.stop()


async def main(options):
    source = MeteringSource(options)
    await source.connect()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await source.end()
    print("{}", flush=True)


asyncio.run(main(json.loads(sys.argv[1])))
