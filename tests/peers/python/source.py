"""A source on the reference package: sends two chunks when it is configured, then waits.

Usage: source.py SERVER TOKEN METRIC
"""

import asyncio
import math
import sys

from lines import write_object
from metricq import Source, Timestamp, rpc_handler

POINTS = [(1_700_000_000_123_456_789, 0.1), (1_700_000_000_123_456_790, -0.0), (3, math.nan)]


class TwoChunks(Source):
    @rpc_handler("config")
    async def on_config(self, rate, **_):
        if rate <= 0:
            raise ValueError("rate must be positive")
        await self.declare_metrics({self.metric_name: {"rate": rate}})
        write_object(event="configured", rate=rate)

    async def task(self):
        self[self.metric_name].chunk_size = 2
        for time_ns, value in POINTS:
            await self.send(self.metric_name, Timestamp(time_ns), value)
        await self.flush()
        await self.task_stop_future


async def main(server, token, metric):
    source = TwoChunks(token, server)
    source.metric_name = metric
    async with source:
        await source.stopped()


asyncio.run(main(*sys.argv[1:]))
