"""Answers questions, which are lines of JSON, until nobody asks."""

import asyncio
import json
import logging
import sys
import time

if "upb" in sys.argv:
    import upb

    upb.use()


def run(respond):
    """Runs `respond(question)`, a coroutine function, for each line; on uvloop if told "uvloop"."""
    # A source that is late would otherwise measure how fast warnings are printed.
    logging.disable(logging.WARNING)
    runner = asyncio.run
    if "uvloop" in sys.argv:
        import uvloop

        runner = uvloop.run
    runner(_answer_all(respond))


async def _answer_all(respond):
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps(await respond(json.loads(line))), flush=True)


def cpu_seconds():
    return time.process_time()


def quantile(values, p):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(p * len(ordered)))]
