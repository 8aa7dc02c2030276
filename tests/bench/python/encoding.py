"""Encodes chunks as the reference source does: append each point, then serialize."""

import time

from answering import run
from metricq import Timestamp
from metricq.datachunk_pb2 import DataChunk


async def measure(question):
    size, points = question["size"], question["points"]
    start = time.perf_counter()
    for _ in range(max(1, points // size)):
        chunk = DataChunk()
        previous_ns = 0
        for at in range(size):
            time_ns = Timestamp(1_700_000_000_000_000_000 + at * 1_000_000).posix_ns
            chunk.time_delta.append(time_ns - previous_ns)
            previous_ns = time_ns
            chunk.value.append(at)
        chunk.SerializeToString()
    return {"seconds": time.perf_counter() - start}


run(measure)
