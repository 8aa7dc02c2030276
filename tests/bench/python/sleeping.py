"""The machine's own lateness: nothing but clock_nanosleep(), which time.sleep() is: sleeping.py"""

import time

from answering import cpu_seconds, quantile, run


async def measure(question):
    period_s = question["periodsMs"][0] / 1000
    lateness, missed = [], 0
    cpu_before = cpu_seconds()
    start = time.monotonic()
    slot = 0
    while (slot := slot + 1) * period_s < question["seconds"]:
        left_s = start + slot * period_s - time.monotonic()
        if left_s < 0:
            missed += 1
            continue
        time.sleep(left_s)
        lateness.append((time.monotonic() - start - slot * period_s) * 1e6)
    return {
        "p50": quantile(lateness, 0.5),
        "p99": quantile(lateness, 0.99),
        "max": max(lateness),
        "missed": 100 * missed / (missed + len(lateness)),
        "cpu": 100 * (cpu_seconds() - cpu_before) / question["seconds"],
    }


run(measure)
