import assert from "node:assert/strict";
import fc from "fast-check";
import { type Chunk, type ChunkSender, Outbox } from "../../src/outbox/outbox.ts";

const OVERHEAD_BYTES = 128;

function chunk(id: number, bytes = 1): Chunk {
  const body = new Uint8Array(bytes);
  body[0] = id;
  return { metric: `test.m${id}`, body, points: 1 };
}

/** A sender that takes note of what it is given and confirms nothing by itself. */
class ManualSender implements ChunkSender {
  writable = true;
  readonly sent: Chunk["body"][] = [];

  publish(_routingKey: string, body: Uint8Array): number {
    return this.sent.push(body);
  }

  get ids(): (number | undefined)[] {
    return this.sent.map((body) => body[0]);
  }
}

function setUp(maxBytes = 1e6) {
  const dropped: number[] = [];
  const outbox = new Outbox({ maxBytes, onDrop: ({ body }) => dropped.push(body[0] ?? -1) });
  return { outbox, sender: new ManualSender(), dropped };
}

async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol();
  await Promise.resolve();
  return await Promise.race([promise, Promise.resolve(pending)]) !== pending;
}

Deno.test("Outbox sends at once while a sender is attached, in order", () => {
  const { outbox, sender } = setUp();
  outbox.attach(sender);
  for (const id of [1, 2, 3]) outbox.push(chunk(id));
  assert.deepEqual(sender.ids, [1, 2, 3]);
  assert.equal(outbox.chunks, 3);
});

Deno.test("Outbox keeps chunks until a sender is attached", () => {
  const { outbox, sender } = setUp();
  outbox.push(chunk(1));
  outbox.push(chunk(2));
  outbox.attach(sender);
  assert.deepEqual(sender.ids, [1, 2]);
});

Deno.test("Outbox.confirm() forgets one chunk, or with multiple all up to it", () => {
  const { outbox, sender } = setUp();
  outbox.attach(sender);
  for (const id of [1, 2, 3, 4]) outbox.push(chunk(id));
  outbox.confirm(2, false, true);
  assert.equal(outbox.chunks, 3);
  outbox.confirm(3, true, true);
  assert.equal(outbox.chunks, 1);
  outbox.confirm(4, true, true);
  assert.equal(outbox.bytes, 0);
});

Deno.test("Outbox.confirm() sends a refused chunk again, the very same bytes", () => {
  const { outbox, sender } = setUp();
  outbox.attach(sender);
  outbox.push(chunk(1));
  outbox.confirm(1, false, false);
  assert.equal(sender.sent.length, 2);
  assert.equal(sender.sent[0], sender.sent[1]);
});

Deno.test("Outbox sends what the last sender had not confirmed first, in order", () => {
  const { outbox, sender } = setUp();
  outbox.attach(sender);
  for (const id of [1, 2, 3]) outbox.push(chunk(id));
  outbox.confirm(2, false, true);
  outbox.detach();
  outbox.push(chunk(4));
  const next = new ManualSender();
  outbox.attach(next);
  assert.deepEqual(next.ids, [1, 3, 4]);
});

Deno.test("Outbox waits while the sender is not writable, until resume()", () => {
  const { outbox, sender } = setUp();
  sender.writable = false;
  outbox.attach(sender);
  outbox.push(chunk(1));
  assert.deepEqual(sender.ids, []);
  sender.writable = true;
  outbox.resume();
  assert.deepEqual(sender.ids, [1]);
});

Deno.test("Outbox.push() drops the oldest chunks when there is no room, and tells which", () => {
  const { outbox, sender, dropped } = setUp(3 * (OVERHEAD_BYTES + 1));
  for (const id of [1, 2, 3, 4, 5]) outbox.push(chunk(id));
  assert.deepEqual(dropped, [1, 2]);
  outbox.attach(sender);
  assert.deepEqual(sender.ids, [3, 4, 5]);
});

Deno.test("Outbox.push() never drops what is on its way", () => {
  const { outbox, sender, dropped } = setUp(2 * (OVERHEAD_BYTES + 1));
  outbox.attach(sender);
  outbox.push(chunk(1));
  outbox.push(chunk(2));
  sender.writable = false;
  outbox.push(chunk(3));
  assert.deepEqual(dropped, [3]);
  assert.equal(outbox.chunks, 2);
});

Deno.test("Outbox.push() lets the producer pause while half of the outbox is full, not in an outage", async () => {
  const { outbox, sender } = setUp(4 * (OVERHEAD_BYTES + 1));
  outbox.attach(sender);
  assert.equal(outbox.push(chunk(1)), undefined);
  assert.equal(outbox.push(chunk(2)), undefined);
  const pause = outbox.push(chunk(3));
  assert(pause);
  assert.equal(await isSettled(pause), false);
  outbox.confirm(1, false, true);
  assert.equal(await isSettled(pause), true);

  const inOutage = outbox.push(chunk(4));
  assert(inOutage);
  outbox.detach();
  assert.equal(await isSettled(inOutage), true);
  assert.equal(outbox.push(chunk(5)), undefined);
});

Deno.test("Outbox.push() lets the event loop turn now and then", async () => {
  const { outbox } = setUp();
  let turned = false;
  setTimeout(() => turned = true);
  while (!turned) await outbox.push(chunk(1));
});

Deno.test("Outbox.drained() waits for everything pushed before the call, and for nothing after it", async () => {
  const { outbox, sender } = setUp();
  await outbox.drained();
  outbox.attach(sender);
  outbox.push(chunk(1));
  outbox.push(chunk(2));
  const drained = outbox.drained();
  outbox.push(chunk(3));
  outbox.confirm(2, false, true);
  assert.equal(await isSettled(drained), false);
  outbox.confirm(1, false, true);
  assert.equal(await isSettled(drained), true);
  assert.equal(outbox.chunks, 1);
});

Deno.test("Outbox.drained() does not wait for what was dropped", async () => {
  const { outbox } = setUp(OVERHEAD_BYTES + 1);
  outbox.push(chunk(1));
  const drained = outbox.drained();
  outbox.push(chunk(2));
  assert.equal(await isSettled(drained), true);
});

Deno.test("Outbox delivers every chunk in order, whatever confirms and outages come", () => {
  const event = fc.oneof(
    fc.constant("push" as const),
    fc.constant("confirm-first" as const),
    fc.constant("confirm-all" as const),
    fc.constant("outage" as const),
  );
  fc.assert(fc.property(fc.array(event, { maxLength: 200 }), (events) => {
    const outbox = new Outbox({ onDrop: () => assert.fail("dropped") });
    const confirmed: number[] = [];
    let sender = new ManualSender();
    let confirmedTag = 0;
    let pushed = 0;
    const confirm = (upTo: number) => {
      confirmed.push(...sender.ids.slice(confirmedTag, upTo).map((id) => id ?? -1));
      confirmedTag = upTo;
      outbox.confirm(upTo, true, true);
    };
    outbox.attach(sender);
    for (const event of events) {
      if (event === "push") outbox.push(chunk(pushed++));
      else if (event === "confirm-all") confirm(sender.sent.length);
      else if (event === "confirm-first") {
        confirm(Math.min(confirmedTag + 1, sender.sent.length));
      } else {
        sender = new ManualSender();
        confirmedTag = 0;
        outbox.attach(sender);
      }
    }
    confirm(sender.sent.length);
    assert.deepEqual(confirmed, Array.from({ length: pushed }, (_, id) => id % 256));
    assert.equal(outbox.bytes, 0);
  }));
});
