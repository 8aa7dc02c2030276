import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import { ChunkAges, type ChunkAgesOptions, type Collecting } from "../../src/source/chunk_ages.ts";
import type { ChunkSize } from "../../src/source/given_points.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";

interface Way {
  isOpen: boolean;
  isFull: boolean;
  isCrowded: boolean;
  room: Promise<void> | undefined;
}

function setUp(chunkAge: ChunkAgesOptions["chunkAge"]) {
  const clock = new ManualClock();
  const stop = new AbortController();
  const way: Way = { isOpen: true, isFull: false, isCrowded: false, room: undefined };
  const ages = new ChunkAges({
    chunkAge,
    clock,
    signal: stop.signal,
    mayLeave: () => way.isOpen,
    outbox: {
      get hasRoom() {
        return !way.isFull;
      },
      get isCrowded() {
        return way.isCrowded;
      },
      untilRoom: () => way.room,
    },
  });
  const detached: [name: string, atMs: number][] = [];
  const collecting = (name: string, chunkSize: ChunkSize = 10): Collecting => ({
    chunkSize,
    detachChunk() {
      detached.push([name, clock.nowMs()]);
    },
  });
  return { ages, clock, stop, way, detached, collecting };
}

Deno.test("ChunkAges detaches each chunk at its age, with one timer for all", async () => {
  const { ages, clock, detached, collecting } = setUp(undefined);
  assert.equal(clock.sleepers, 0);
  const [a, b, c] = ["a", "b", "c"].map((name) => collecting(name)) as [
    Collecting,
    Collecting,
    Collecting,
  ];
  ages.begin(a);
  await clock.advance(1);
  ages.begin(b);
  ages.begin(c);
  assert.equal(clock.sleepers, 1);
  await clock.advance(1);
  ages.end(a); // it is full
  await clock.advance(1);
  ages.begin(a);
  await clock.advance(8);
  assert.deepEqual(detached, [["b", 11_000], ["c", 11_000]]);
  await clock.advance(60);
  assert.deepEqual(detached.slice(2), [["a", 13_000]]);
  assert.equal(clock.sleepers, 0);
});

for (
  const [chunkAge, chunkSize, expected] of [
    [undefined, 10, 10_000],
    [undefined, null, undefined],
    ["2s", 10, 2000],
    ["2s", null, 2000],
    [0.5, 10, 500],
    [null, 10, undefined],
    [null, null, undefined],
  ] as const
) {
  Deno.test(`ChunkAges of chunkAge ${chunkAge} and chunkSize ${chunkSize} detaches after ${expected} ms`, async () => {
    const { ages, clock, detached, collecting } = setUp(chunkAge);
    ages.begin(collecting("a", chunkSize));
    assert.equal(clock.sleepers, expected === undefined ? 0 : 1);
    await clock.advance(1e6);
    assert.deepEqual(detached, expected === undefined ? [] : [["a", expected]]);
  });
}

Deno.test("ChunkAges detaches nothing while chunks may not leave, and does so at once when they may", async () => {
  const { ages, clock, way, detached, collecting } = setUp("10s");
  way.isOpen = false;
  ages.begin(collecting("a"));
  assert.equal(clock.sleepers, 0);
  await clock.advance(30);
  way.isOpen = true;
  ages.resume();
  ages.begin(collecting("b"));
  await clock.advance(0);
  assert.deepEqual(detached, [["a", 30_000]]);
  way.isOpen = false;
  await clock.advance(30);
  assert.equal(clock.sleepers, 0);
  way.isOpen = true;
  ages.resume();
  await clock.advance(0);
  assert.deepEqual(detached, [["a", 30_000], ["b", 60_000]]);
});

Deno.test("ChunkAges tries chunks again for which there is no room, in their order, every 100 ms", async () => {
  const { ages, clock, way, detached, collecting } = setUp("10s");
  way.isFull = true;
  ages.begin(collecting("a"));
  ages.begin(collecting("b"));
  await clock.advance(25);
  way.isFull = false;
  ages.begin(collecting("c"));
  await clock.advance(20);
  assert.deepEqual(detached, [["a", 25_100], ["b", 25_100], ["c", 35_000]]);
});

Deno.test("ChunkAges sends a chunk that has waited for room, though others have taken it each time", async () => {
  const { ages, clock, way, detached, collecting } = setUp("10s");
  way.isFull = true;
  let room = Promise.withResolvers<void>();
  way.room = room.promise;
  const giveRoom = async () => {
    const given = room;
    room = Promise.withResolvers();
    way.room = room.promise;
    given.resolve();
    await clock.advance(0);
  };
  for (const name of ["a", "b"]) ages.begin(collecting(name));
  await clock.advance(15);
  assert.deepEqual(detached, []);
  way.isCrowded = true;
  await giveRoom();
  assert.deepEqual(detached, []);
  way.isCrowded = false;
  await giveRoom();
  assert.deepEqual(detached, [["a", 15_000]]);
  await giveRoom();
  assert.deepEqual(detached, [["a", 15_000], ["b", 15_000]]);
});

Deno.test("ChunkAges lets the event loop turn between a thousand chunks and the next", async () => {
  const { ages, clock, detached, collecting } = setUp("10s");
  for (let i = 0; i < 2500; i++) ages.begin(collecting(`${i}`));
  const counts: number[] = [];
  const detaching = clock.advance(10);
  while (detached.length < 2500) {
    await new Promise((resolve) => setImmediate(resolve)); // a timer may be late by several turns
    if (counts.at(-1) !== detached.length) counts.push(detached.length);
  }
  await detaching;
  assert(counts.every((count, at) => count - (counts[at - 1] ?? 0) <= 2000), `${counts}`);
  assert.deepEqual(
    detached.map(([name]) => Number(name)),
    Array.from({ length: 2500 }, (_, i) => i),
  );
});

Deno.test("ChunkAges ends its waiting when the source stops", async () => {
  const { ages, clock, stop, detached, collecting } = setUp("10s");
  ages.begin(collecting("a"));
  stop.abort();
  assert.equal(clock.sleepers, 0);
  ages.begin(collecting("b"));
  await clock.advance(60);
  assert.deepEqual(detached, []);
});

Deno.test("ChunkAges refuses what is not a duration above 0", () => {
  for (const chunkAge of [0, -1, NaN, Infinity]) {
    assert.throws(() => setUp(chunkAge), { name: "RangeError", message: /^Cannot use chunkAge: / });
  }
  assert.throws(() => setUp("soon"), SyntaxError);
});
