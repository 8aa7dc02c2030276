import assert from "node:assert/strict";
import { Inbox } from "../../src/sink/inbox.ts";
import type { SinkChunk } from "../../src/sink/sink_chunk.ts";
import { encodeTimes } from "./chunks.ts";

/** An inbox, what it has acknowledged of each consumer, and what it could not read. */
class Setup {
  readonly unreadable: string[] = [];
  readonly acknowledged: string[] = [];
  readonly inbox: Inbox;

  constructor(prefetch: number) {
    this.inbox = new Inbox({
      prefetch,
      onUnreadable: (metric, reason) => this.unreadable.push(`${metric}: ${reason}`),
    });
  }

  consumer(name: string): (tag: number, body: Uint8Array, type?: string) => void {
    const acknowledge = (tag: number) => this.acknowledged.push(`${name} ${tag}`);
    return (tag, body, type) =>
      this.inbox.receive({ tag, routingKey: "a", type, body }, acknowledge);
  }

  readAll(): (readonly number[] | "end")[] {
    const all: (readonly number[] | "end")[] = [];
    for (let next = this.inbox.next(); next !== undefined; next = this.inbox.next()) {
      all.push(next === "end" ? next : [...(next as SinkChunk).values]);
    }
    return all;
  }
}

Deno.test("Inbox.next() acknowledges what was read when the next is asked for, in batches", () => {
  const setup = new Setup(8);
  const { inbox, acknowledged } = setup;
  const receive = setup.consumer("x");
  for (let tag = 1; tag <= 6; tag++) receive(tag, encodeTimes(tag));
  inbox.next();
  inbox.next();
  assert.deepEqual(acknowledged, []);
  inbox.next();
  assert.deepEqual(acknowledged, ["x 2"]);
  for (let i = 0; i < 3; i++) inbox.next();
  assert.deepEqual(acknowledged, ["x 2", "x 4"]);
  assert.equal(inbox.next(), undefined);
  assert.deepEqual(acknowledged, ["x 2", "x 4", "x 6"]);
});

Deno.test("Inbox.acknowledge() leaves out what the reader has now", () => {
  const setup = new Setup(100);
  const receive = setup.consumer("x");
  for (let tag = 1; tag <= 3; tag++) receive(tag, encodeTimes(tag));
  setup.inbox.next();
  setup.inbox.acknowledge();
  assert.deepEqual(setup.acknowledged, []);
  setup.inbox.next();
  setup.inbox.next();
  setup.inbox.acknowledge();
  assert.deepEqual(setup.acknowledged, ["x 2"]);
});

Deno.test("Inbox gives the reader what a lost consumer has received, and once", () => {
  const setup = new Setup(100);
  const before = setup.consumer("before");
  before(1, encodeTimes(1));
  before(2, encodeTimes(2, 3));
  before(3, encodeTimes(4));
  setup.inbox.next();
  // Nothing was acknowledged, so that the next consumer gets it all again.
  const after = setup.consumer("after");
  after(1, encodeTimes(1));
  after(2, encodeTimes(2, 3));
  after(3, encodeTimes(4));
  after(4, encodeTimes(5));
  assert.deepEqual(setup.readAll(), [[2, 3], [4], [5]]);
  assert.equal(setup.inbox.counters.chunksRepeated, 3);
  assert.deepEqual(setup.acknowledged, ["before 3", "after 4"]);
});

Deno.test("Inbox leaves out what it cannot read, tells so once for a metric, and goes on", () => {
  const setup = new Setup(100);
  const receive = setup.consumer("x");
  receive(1, Uint8Array.of(8));
  receive(2, Uint8Array.of(8));
  receive(3, encodeTimes(1));
  receive(4, Uint8Array.of(8));
  receive(5, encodeTimes(2));
  assert.deepEqual(setup.readAll(), [[1], [2]]);
  assert.equal(setup.inbox.counters.chunksUnreadable, 3);
  const reason = "a: Cannot decode chunk of 1 bytes: it ends within a field, at byte 1";
  assert.deepEqual(setup.unreadable, [reason, reason]);
  assert.deepEqual(setup.acknowledged, ["x 5"]);
});

Deno.test("Inbox ends with the message that says so, not with any empty one", () => {
  const setup = new Setup(100);
  const receive = setup.consumer("x");
  receive(1, new Uint8Array(0));
  receive(2, encodeTimes(1));
  receive(3, new Uint8Array(0), "end");
  assert.deepEqual(setup.readAll(), [[], [1], "end"]);
  assert.deepEqual(setup.acknowledged, ["x 3"]);
});

Deno.test("Inbox.room() waits until fewer messages are there than one consumer may have", async () => {
  const setup = new Setup(2);
  const receive = setup.consumer("x");
  receive(1, encodeTimes(1));
  receive(2, encodeTimes(2));
  let hasRoom = false;
  const room = setup.inbox.room(new AbortController().signal).then(() => hasRoom = true);
  await Promise.resolve();
  assert.equal(hasRoom, false);
  setup.inbox.next();
  await room;
});
