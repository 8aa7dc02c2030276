"""An interval source on the reference package: sends 1, 2, 3 … at the configured rate.

Usage: interval_source.py SERVER TOKEN METRIC, one line of JSON on standard output for each event:

    {"event": "configured", "rate": 10}
"""

import asyncio
import sys

from lines import write_object
from metricq import IntervalSource, Timedelta, Timestamp, rpc_handler


class Counter(IntervalSource):
    count = 0

    @rpc_handler("config")
    async def on_config(self, rate, **_):
        if rate <= 0:
            raise ValueError("rate must be positive")
        self.period = Timedelta.from_s(1 / rate)
        await self.declare_metrics({self.metric_name: {"rate": rate, "unit": "1"}})
        write_object(event="configured", rate=rate)

    async def update(self):
        self.count += 1
        await self.send(self.metric_name, Timestamp.now(), self.count)


async def main(server, token, metric):
    source = Counter(token, server, period=Timedelta.from_s(1))
    source.metric_name = metric
    async with source:
        await source.stopped()


asyncio.run(main(*sys.argv[1:]))
