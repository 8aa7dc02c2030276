import assert from "node:assert/strict";
import { HeldLanes } from "../../src/outbox/held_lanes.ts";
import { Entry, Lane } from "../../src/outbox/lane.ts";
import { systemRandomness } from "../../src/randomness.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";

const BODY = new Uint8Array(8);

function setUp() {
  const clock = new ManualClock();
  const late: Entry[] = [];
  let resumes = 0;
  const held = new HeldLanes({
    clock,
    randomness: systemRandomness,
    onLate: (entry) => late.push(entry),
    onResume: () => resumes++,
  });
  return { held, clock, late, resumes: () => resumes };
}

/** A chunk that is at the broker. */
function sent(lane: Lane, sequence: number): Entry {
  lane.inFlight++;
  return waiting(lane, sequence);
}

function waiting(lane: Lane, sequence: number): Entry {
  return new Entry({ metric: "test.a", body: BODY, points: 1 }, sequence, lane);
}

Deno.test("HeldLanes.settle() lets a refused chunk go again after a pause", async () => {
  const { held, clock, resumes } = setUp();
  const lane = new Lane();
  const entry = sent(lane, 0);
  held.nack(entry);
  held.settle();
  assert.equal(held.next(lane), undefined);
  assert.equal(resumes(), 0);
  await clock.advance(0.1);
  assert.equal(resumes(), 1);
  assert.equal(held.next(lane), entry);
});

Deno.test("HeldLanes.settle() lets go of a lane when nothing of it is held, and tells what is too late", () => {
  const { held, late } = setUp();
  const lane = new Lane();
  const nacked = sent(lane, 0);
  const acked = sent(lane, 1);
  held.nack(nacked);
  held.settle();
  assert.deepEqual([...held], [lane]);
  lane.ack(acked);
  held.settle();
  assert.deepEqual(late, [nacked]);
  assert(held.isEmpty);
  assert.equal(held.bytes, 0);
});

Deno.test("HeldLanes.shift() takes the oldest chunk of all lanes", () => {
  const { held } = setUp();
  const entries = [2, 0, 1].map((sequence) => sent(new Lane(), sequence));
  for (const entry of entries) held.nack(entry);
  held.settle();
  const { bytes } = held;
  assert.equal(held.shift()?.sequence, 0);
  assert.equal(held.shift()?.sequence, 1);
  assert.equal(held.bytes, bytes / 3);
});

Deno.test("HeldLanes.clear() takes out all, however much a lane holds", () => {
  const { held } = setUp();
  const lane = new Lane();
  held.nack(sent(lane, 0));
  // More than a function can be called with.
  const count = 300_000;
  for (let sequence = 1; sequence < count; sequence++) held.hold(waiting(lane, sequence));
  const entries = held.clear();
  assert.equal(entries.length, count);
  assert.equal(held.bytes, 0);
  assert(held.isEmpty && !lane.isHeld);
});

Deno.test("HeldLanes.close() ends the pause", async () => {
  const { held, clock, resumes } = setUp();
  held.nack(sent(new Lane(), 0));
  held.settle();
  held.close();
  await clock.advance(0);
  assert.equal(resumes(), 1);
});
