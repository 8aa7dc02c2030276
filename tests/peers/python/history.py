"""Asks for metrics, and for what databases keep of them, with the reference package's HistoryClient.

Usage: history.py SERVER, then one line of JSON on standard input for each question: the arguments of
`get_metrics`, or {"metric": name} for the last value of one; and on standard output

    {"event": "ready"}
    {"event": "metrics", "metrics": {name: {...}}}
    {"event": "silence"}, if no database answers within a second
"""

import asyncio
import sys

from lines import read_objects, write_object
from metricq.history_client import HistoryClient


async def main(server):
    async with HistoryClient("history-test", server, add_uuid=True) as client:
        write_object(event="ready")
        async for arguments in read_objects():
            if "metric" in arguments:
                try:
                    await client.history_last_value(arguments["metric"], timeout=1)
                except asyncio.TimeoutError:
                    write_object(event="silence")
            else:
                write_object(event="metrics", metrics=await client.get_metrics(**arguments))


asyncio.run(main(*sys.argv[1:]))
