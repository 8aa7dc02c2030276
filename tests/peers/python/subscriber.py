"""Subscribes with the reference package's Subscriber, and drains the queue with its Drain when told to.

Usage: subscriber.py SERVER METRIC..., one line of JSON on standard output for each event; the queue is
drained when a line comes on standard input:

    {"event": "subscribed", "queue": name, "metadata": {name: {...}}}
    {"event": "point", "metric": name, "time": "nanoseconds", "value": "1.5"}
    {"event": "drained"}
"""

import asyncio
import sys

from lines import read_objects, write_object
from metricq.subscription import Subscriber


async def main(server, *metrics):
    subscriber = Subscriber("sink-subscriber", server, metrics=metrics, expires=60)
    async with subscriber:
        write_object(event="subscribed", queue=subscriber.queue, metadata=subscriber.metadata)
        await anext(read_objects())
        async for metric, time, value in subscriber.collect_data():
            write_object(event="point", metric=metric, time=str(time.posix_ns), value=str(value))
    write_object(event="drained")


asyncio.run(main(*sys.argv[1:]))
