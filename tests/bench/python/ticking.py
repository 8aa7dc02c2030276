"""As ../programs/ticking.ts, with the reference IntervalSource: ticking.py URL [uvloop]"""

import asyncio
import sys

from answering import cpu_seconds, quantile, run
from metricq import IntervalSource, Timedelta, Timestamp

url = sys.argv[1]


class Ticking(IntervalSource):
    def __init__(self, period_ms):
        super().__init__(f"bench-ticking-python-{period_ms}", url, period=Timedelta.from_ms(period_ms))
        self.period_ns = int(period_ms * 1e6)
        self.deadline_ns = None
        self.lateness_us = []
        self.missed = 0

    async def update(self):
        now = Timestamp.now()
        if self.deadline_ns is None:
            self.deadline_ns = now.posix_ns
        else:
            self.lateness_us.append((now.posix_ns - self.deadline_ns) / 1e3)
        await self.send("bench.ticking", now, 0.0)
        # What the base class does next, as it does not tell its deadline.
        end_ns = Timestamp.now().posix_ns
        self.deadline_ns += self.period_ns
        while end_ns >= self.deadline_ns:
            self.deadline_ns += self.period_ns
            self.missed += 1


async def measure(question):
    sources = [Ticking(period_ms) for period_ms in question["periodsMs"]]
    for source in sources:
        await source.connect()
    cpu_before = cpu_seconds()
    await asyncio.sleep(question["seconds"])
    cpu = (cpu_seconds() - cpu_before) / question["seconds"]
    for source in sources:
        await source.stop()
    lateness = [value for source in sources for value in source.lateness_us]
    missed = sum(source.missed for source in sources)
    tenth = len(lateness) // 10
    return {
        "ticks": len(lateness),
        "p50": quantile(lateness, 0.5),
        "p99": quantile(lateness, 0.99),
        "max": max(lateness),
        "missed": 100 * missed / (missed + len(lateness)),
        "drift": quantile(lateness[-tenth:], 0.5) - quantile(lateness[:tenth], 0.5),
        "cpu": 100 * cpu,
    }


run(measure)
