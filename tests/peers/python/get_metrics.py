"""Asks for metrics with the reference package's Client.

Usage: get_metrics.py SERVER, then one line of JSON on standard input for each question, its fields the
arguments of `get_metrics`, and one on standard output for each answer:

    {"event": "ready"}
    {"event": "metrics", "metrics": {name: {...}}}  or  {"event": "error", "error": text}
"""

import asyncio
import sys

from lines import read_objects, write_object
from metricq.client import Client


async def main(server):
    async with Client("client-test", server, add_uuid=True) as client:
        write_object(event="ready")
        async for arguments in read_objects():
            try:
                write_object(event="metrics", metrics=await client.get_metrics(**arguments))
            except Exception as error:
                write_object(event="error", error=str(error))


asyncio.run(main(*sys.argv[1:]))
