#!/usr/bin/env -S deno run --allow-net --allow-env --allow-read --allow-write --allow-sys
/**
 * Writes the points of metrics to a CSV file: times in ISO 8601 with nanoseconds, values as they were
 * sent. Started again, it goes on at the end of the file.
 *
 *     deno run -A examples/csv_sink.ts --server amqp://localhost/ --file power.csv example.rack1.power
 */

import { command } from "jsr:@metricq/source";
import { Sink } from "jsr:@metricq/source/sink";

if (import.meta.main) {
  await command({
    defaultToken: "sink-deno-csv",
    sends: false,
    description: "Writes the points of metrics to a CSV file.",
    operands: { name: "METRIC", description: "Names of metrics", least: 1 },
    options: { file: { description: "The file to write to", default: "points.csv" } },
  }, async ({ server, token, file }, metrics) => {
    const output = await Deno.open(file, { append: true, create: true });
    const writer = output.writable.getWriter(); // which also closes the file
    await using sink = new Sink({ token, url: server });
    await sink.connect();
    const encoder = new TextEncoder();
    for await (const chunk of sink.subscribe(metrics)) {
      const lines = Array.from(chunk, ({ time, value }) => `${chunk.metric},${time},${value}\n`);
      // Waiting keeps the next chunks at the broker while the disk is slow.
      await writer.write(encoder.encode(lines.join("")));
    }
  });
}
