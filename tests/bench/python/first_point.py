"""As ../programs/first_point.ts, with the reference Source: first_point.py URL [uvloop]"""

import asyncio
import json
import sys
import time

from metricq import Source, Timestamp

__version__ = "0"  # the reference package looks for it


class FirstPoint(Source):
    async def task(self):
        await self.send("bench.first.point", Timestamp.now(), 1.0)
        await self.data_channel.set_qos(1)  # is answered when the point is taken
        at_ms = time.time() * 1000
        with open("/proc/self/status") as status:
            kib = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
        print(json.dumps({"atMs": at_ms, "residentMiB": kib / 1024}), flush=True)
        await self.task_stop_future


async def main():
    source = FirstPoint("bench-first-point-python", sys.argv[1])
    async with source:
        await source.stopped()


if "uvloop" in sys.argv:
    import uvloop

    uvloop.run(main())
else:
    asyncio.run(main())
