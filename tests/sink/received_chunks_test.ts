import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeChunk } from "../../src/chunk/decode_chunk.ts";
import { ReceivedChunks } from "../../src/sink/received_chunks.ts";
import { SinkChunk } from "../../src/sink/sink_chunk.ts";
import { chunkOf } from "./chunks.ts";

Deno.test("ReceivedChunks.add() tells chunks that come again from those that are late", () => {
  const received = new ReceivedChunks();
  const first = chunkOf("a", 1, 2);
  assert.ok(received.add(first));
  assert.ok(received.add(chunkOf("a", 3, 4)));
  assert.equal(received.add(first), false);
  assert.equal(received.add(chunkOf("a", 3, 4)), false);
  assert.ok(received.add(chunkOf("b", 1, 2)), "of another metric");
  assert.ok(received.add(chunkOf("a", 2)), "late, and never received");
  assert.equal(received.add(chunkOf("a", 2)), false);
});

Deno.test("ReceivedChunks.add() lets chunks without points through", () => {
  const received = new ReceivedChunks();
  const empty = new SinkChunk("a", decodeChunk(new Uint8Array(0)));
  assert.ok(received.add(empty));
  assert.ok(received.add(empty));
});

Deno.test("ReceivedChunks.add() takes no other chunk for one that it has seen", () => {
  const times = fc.uniqueArray(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 4 });
  const metric = fc.constantFrom("a", "b", "c");
  const chunks = fc.array(fc.record({ metric, times }), { maxLength: 200 });
  fc.assert(fc.property(chunks, (sequence) => {
    const received = new ReceivedChunks();
    // Newer ones are let through unseen: a source that sends the same times twice sends two chunks.
    const newest = new Map<string, number>();
    const seen = new Set<string>();
    for (const { metric, times } of sequence) {
      const text = `${metric} ${times[0]} ${times.at(-1)} ${times.length}`;
      const isNewer = (times.at(-1) ?? 0) > (newest.get(metric) ?? -1);
      assert.equal(received.add(chunkOf(metric, ...times)), isNewer || !seen.has(text), text);
      seen.add(text);
      newest.set(metric, Math.max(newest.get(metric) ?? -1, times.at(-1) ?? 0));
    }
  }));
});

Deno.test("ReceivedChunks remembers at least the last 131 072 chunks, and forgets", () => {
  const received = new ReceivedChunks();
  for (let second = 0; second < 300_000; second++) received.add(chunkOf("a", second));
  assert.equal(received.add(chunkOf("a", 300_000 - 131_072)), false);
  assert.ok(received.add(chunkOf("a", 0)), "forgotten: it counts as late");
});
