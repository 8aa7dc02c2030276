import assert from "node:assert/strict";
import { Entry } from "../../src/outbox/chunk.ts";
import { InFlight } from "../../src/outbox/in_flight.ts";
import { Lane } from "../../src/outbox/lane.ts";

function entry(sequence: number, lane = new Lane()): Entry {
  return new Entry({ metric: "test.a", body: new Uint8Array(8), points: 1 }, sequence, lane);
}

function sequences(entries: readonly Entry[]): number[] {
  return entries.map(({ sequence }) => sequence);
}

Deno.test("InFlight.settle() takes out one chunk, or with multiple all up to it, in order", () => {
  const inFlight = new InFlight(Infinity);
  for (let tag = 1; tag <= 5; tag++) inFlight.add(tag, entry(tag * 10));
  assert.deepEqual(sequences(inFlight.settle(2, false)), [20]);
  assert.deepEqual(sequences(inFlight.settle(2, false)), []);
  assert.deepEqual(sequences(inFlight.settle(4, true)), [10, 30, 40]);
  assert.deepEqual(sequences(inFlight.clear()), [50]);
});

Deno.test("InFlight has room for so many bytes, and again when they are settled or cleared", () => {
  const { sizeBytes } = entry(0);
  const inFlight = new InFlight(2 * sizeBytes);
  inFlight.add(1, entry(1));
  assert(inFlight.hasRoom);
  inFlight.add(2, entry(2));
  assert(!inFlight.hasRoom);
  inFlight.settle(1, true);
  assert(inFlight.hasRoom);
  inFlight.add(3, entry(3));
  assert(!inFlight.hasRoom);
  inFlight.clear();
  assert(inFlight.hasRoom);
});

Deno.test("InFlight has room for 4096 chunks", () => {
  const inFlight = new InFlight(Infinity);
  let tag = 0;
  while (inFlight.hasRoom) inFlight.add(++tag, entry(tag));
  assert.equal(tag, 4096);
});

Deno.test("InFlight.clear() leaves nothing in flight in any lane", () => {
  const inFlight = new InFlight(Infinity);
  const lane = new Lane();
  inFlight.add(1, entry(0, lane));
  inFlight.add(2, entry(1, lane));
  assert.equal(lane.inFlight, 2);
  inFlight.clear();
  assert.equal(lane.inFlight, 0);
});
