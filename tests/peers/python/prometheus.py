"""Reads Prometheus' texts with the parsers of prometheus_client, and prints their samples."""

import asyncio

from lines import read_objects, write_object
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client import parser as text


def samples(families):
    """All samples; values as texts, as JSON has neither NaN nor infinity."""
    for family in families:
        for name, labels, value, timestamp, *_ in family.samples:
            yield [family.type, name, labels, repr(float(value)), timestamp and str(timestamp)]


async def main():
    write_object(event="ready")
    async for request in read_objects():
        module = openmetrics if request["openmetrics"] else text
        try:
            read = list(samples(module.text_string_to_metric_families(request["text"])))
            write_object(event="read", id=request["id"], samples=read)
        except Exception as error:
            write_object(event="read", id=request["id"], error=str(error))


asyncio.run(main())
