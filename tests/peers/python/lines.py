"""JSON objects, one per line, on standard input and output."""

import asyncio
import json
import sys

# No object of a test is longer.
LIMIT_BYTES = 2**24


async def read_objects():
    """Yields each object of standard input until its end."""
    reader = asyncio.StreamReader(LIMIT_BYTES)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    async for line in reader:
        yield json.loads(line)


def write_object(**fields):
    """Writes the fields as one object."""
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()
