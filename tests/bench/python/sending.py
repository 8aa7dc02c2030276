"""As ../programs/sending.ts, with the reference Source: sending.py URL [uvloop] [upb]"""

import sys
import time

from answering import cpu_seconds, run
from metricq import Source, Timestamp

TIMES = [Timestamp(1_700_000_000_000_000_000 + at * 1_000_000) for at in range(10_000)]

source = None


class Sending(Source):
    async def task(self):
        await self.task_stop_future

    async def measure(self, points, chunkSize, metrics, times):
        names = [f"bench.sending.metric{at}" for at in range(metrics)]
        self["bench.sending.last"].chunk_size = 1
        for name in names:
            self[name].chunk_size = chunkSize
        start_ms, cpu_before = time.time() * 1000, cpu_seconds()
        if times == "given":
            await self.send_given(names, points)
        else:
            await self.send_now(names, points)
        await self.flush()
        await self.send("bench.sending.last", TIMES[0], points)
        return {"startMs": start_ms, "cpuSeconds": cpu_seconds() - cpu_before}

    async def send_given(self, names, points):
        for round in range(points // len(names)):
            timestamp = TIMES[round % len(TIMES)]
            for name in names:
                await self.send(name, timestamp, round)

    async def send_now(self, names, points):
        for round in range(points // len(names)):
            for name in names:
                await self.send(name, Timestamp.now(), round)


async def measure(question):
    global source
    if source is None:
        source = Sending("bench-sending-" + "-".join(["python", *sys.argv[2:]]), sys.argv[1])
        await source.connect()
    return await source.measure(**question)


run(measure)
