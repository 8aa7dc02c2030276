import assert from "node:assert/strict";
import { InFlight } from "../../src/outbox/in_flight.ts";
import { Entry, Lane } from "../../src/outbox/lane.ts";

function entry(sequence: number, lane = new Lane()): Entry {
  return new Entry({ metric: "test.a", body: new Uint8Array(8), points: 1 }, sequence, lane);
}

function sequences(entries: readonly Entry[]): number[] {
  return entries.map(({ sequence }) => sequence);
}

/** Takes out all up to a tag. */
function removeUpTo(inFlight: InFlight, tag: number): Entry[] {
  const entries: Entry[] = [];
  for (let entry = inFlight.removeOldest(tag); entry; entry = inFlight.removeOldest(tag)) {
    entries.push(entry);
  }
  return entries;
}

Deno.test("InFlight.remove() removes one chunk, once", () => {
  const inFlight = new InFlight(Infinity);
  for (let tag = 1; tag <= 3; tag++) inFlight.add(tag, entry(tag * 10));
  for (const tag of [0, 4]) assert.equal(inFlight.remove(tag), undefined);
  for (const tag of [2, 1, 3]) {
    assert.equal(inFlight.remove(tag)?.sequence, tag * 10);
    assert.equal(inFlight.remove(tag), undefined);
  }
});

Deno.test("InFlight.removeOldest() removes all up to a tag, in order", () => {
  const inFlight = new InFlight(Infinity);
  for (let tag = 1; tag <= 5; tag++) inFlight.add(tag, entry(tag * 10));
  inFlight.remove(2);
  assert.deepEqual(sequences(removeUpTo(inFlight, 4)), [10, 30, 40]);
  assert.deepEqual(sequences(inFlight.clear()), [50]);
  inFlight.add(1, entry(1)); // of the next connection
  assert.deepEqual(sequences(removeUpTo(inFlight, 9)), [1]);
});

Deno.test("InFlight keeps chunks that any number of others overtake", () => {
  const inFlight = new InFlight(Infinity);
  const slow = [1, 2, 40_000];
  for (let tag = 1; tag <= 100_000; tag++) {
    assert(inFlight.hasRoom);
    inFlight.add(tag, entry(tag));
    if (!slow.includes(tag)) assert.equal(inFlight.remove(tag)?.sequence, tag);
  }
  assert.equal(inFlight.remove(2)?.sequence, 2);
  assert.equal(inFlight.remove(2), undefined);
  assert.deepEqual(sequences(removeUpTo(inFlight, 39_999)), [1]);
  assert.deepEqual(sequences(inFlight.clear()), [40_000]);
});

Deno.test("InFlight has room for a number of bytes, and again when chunks are removed or cleared", () => {
  const { sizeBytes } = entry(0);
  const inFlight = new InFlight(2 * sizeBytes);
  inFlight.add(1, entry(1));
  assert(inFlight.hasRoom);
  inFlight.add(2, entry(2));
  assert(!inFlight.hasRoom);
  inFlight.remove(1);
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
