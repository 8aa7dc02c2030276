"""Prints every point that the reference package's own Sink receives.

Usage: sink.py SERVER METRIC..., one line of JSON on standard output for each chunk:

    {"event": "ready", "metadata": {name: {...}}}
    {"event": "chunk", "metric": name, "points": [[nanoseconds, value], ...]}

Times are decimal numbers in text and values the 16 hexadecimal digits of the double, as a JSON number
carries neither exactly.
"""

import asyncio
import struct
import sys

from lines import write_object
from metricq import Sink


class PrintingSink(Sink):
    async def on_data(self, metric, timestamp, value):
        self.points.append((str(timestamp.posix_ns), struct.pack(">d", value).hex()))

    async def _on_data_chunk(self, metric, data_chunk):
        # One line for a chunk and not for a point, which would take most of the time.
        self.points = []
        await super()._on_data_chunk(metric, data_chunk)
        write_object(event="chunk", metric=metric, points=self.points)


async def main(server, *metrics):
    async with PrintingSink("sink-test", server) as sink:
        response = await sink.subscribe(metrics)
        write_object(event="ready", metadata=response["metrics"])
        await sink.stopped()


asyncio.run(main(*sys.argv[1:]))
