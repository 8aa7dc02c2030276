import assert from "node:assert/strict";
import fc from "fast-check";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import {
  chunk,
  chunkOfA,
  isSettled,
  makeOutbox,
  ManualSender,
  OVERHEAD_BYTES,
  setUp,
} from "./outbox_setup.ts";

Deno.test("Outbox sends at once while a sender is attached, in order", () => {
  const { outbox, sender } = setUp();
  outbox.attach(sender);
  for (const id of [1, 2, 3]) outbox.admit(chunk(id));
  assert.deepEqual(sender.ids, [1, 2, 3]);
  assert.equal(outbox.chunks, 3);
});

Deno.test("Outbox keeps chunks until a sender is attached", () => {
  const { outbox, sender } = setUp();
  outbox.admit(chunk(1));
  outbox.admit(chunk(2));
  outbox.attach(sender);
  assert.deepEqual(sender.ids, [1, 2]);
});

Deno.test("Outbox.confirm() forgets one chunk, or with multiple all up to it", () => {
  const { outbox, sender } = setUp();
  outbox.attach(sender);
  for (const id of [1, 2, 3, 4]) outbox.admit(chunk(id));
  outbox.confirm(2, false, true);
  assert.equal(outbox.chunks, 3);
  outbox.confirm(3, true, true);
  assert.equal(outbox.chunks, 1);
  outbox.confirm(4, true, true);
  assert.equal(outbox.bytes, 0);
});

Deno.test("Outbox.confirm() sends a refused chunk again after a pause, the very same bytes", async () => {
  const { outbox, sender, clock } = setUp();
  outbox.attach(sender);
  outbox.admit(chunk(1));
  outbox.confirm(1, false, false);
  assert.equal(sender.sent.length, 1);
  await clock.advance(0.1);
  assert.equal(sender.sent.length, 2);
  assert.equal(sender.sent[0], sender.sent[1]);
});

Deno.test("Outbox.confirm() holds the metric of a refused chunk until the fate of the others is known", async () => {
  const { outbox, sender, clock } = setUp();
  outbox.attach(sender);
  for (const id of [1, 2, 3]) outbox.admit(chunkOfA(id));
  outbox.confirm(1, false, false);
  outbox.admit(chunkOfA(4));
  outbox.admit(chunk(9));
  await clock.advance(10);
  assert.deepEqual(sender.ids, [1, 2, 3, 9]);
  outbox.confirm(3, true, false);
  await clock.advance(1);
  assert.deepEqual(sender.ids, [1, 2, 3, 9, 1]);
  outbox.confirm(5, false, true);
  assert.deepEqual(sender.ids, [1, 2, 3, 9, 1, 2, 3]);
  outbox.confirm(7, true, true);
  assert.deepEqual(sender.ids, [1, 2, 3, 9, 1, 2, 3, 4]);
});

Deno.test("Outbox.confirm() gives up a refused chunk when a later one of its metric was taken", async () => {
  const { outbox, sender, clock, dropped, reasons } = setUp();
  outbox.attach(sender);
  for (const id of [1, 2, 3]) outbox.admit(chunkOfA(id));
  outbox.confirm(1, false, false);
  outbox.confirm(3, false, false);
  assert.deepEqual(dropped, []);
  outbox.confirm(2, false, true);
  assert.deepEqual([dropped, reasons], [[1], ["refused"]]);
  await clock.advance(1);
  assert.deepEqual(sender.ids, [1, 2, 3, 3]);
});

Deno.test("Outbox asks a broker that refuses everything no more than a few times a second", async () => {
  const { outbox, sender, clock } = setUp();
  const publish = sender.publish.bind(sender);
  sender.publish = (metric, body) => {
    const tag = publish(metric, body);
    queueMicrotask(() => outbox.confirm(tag, false, false));
    return tag;
  };
  outbox.attach(sender);
  for (let id = 0; id < 100; id++) outbox.admit(chunkOfA(id));
  await clock.advance(60);
  const count = sender.sent.length - 100;
  assert(count >= 60 && count <= 130, `${count} attempts in a minute`);
  assert.equal(outbox.chunks, 100);
});

Deno.test("Outbox.detach() puts refused and unconfirmed chunks back in order", () => {
  const { outbox, sender } = setUp();
  outbox.attach(sender);
  for (const id of [1, 2, 3]) outbox.admit(chunkOfA(id));
  outbox.confirm(1, false, false);
  outbox.admit(chunkOfA(4));
  outbox.detach();
  const next = new ManualSender();
  outbox.attach(next);
  assert.deepEqual(next.ids, [1, 2, 3, 4]);
  assert.equal(outbox.counters.points.resent, 3);
});

Deno.test("Outbox.detach() of a sender that was replaced changes nothing", () => {
  const { outbox, sender } = setUp();
  outbox.attach(sender);
  const next = new ManualSender();
  outbox.attach(next);
  outbox.detach(sender);
  outbox.admit(chunk(1));
  assert.deepEqual(next.ids, [1]);
});

Deno.test("Outbox sends what the last sender had not confirmed first, in order", () => {
  const { outbox, sender } = setUp();
  outbox.attach(sender);
  for (const id of [1, 2, 3]) outbox.admit(chunk(id));
  outbox.confirm(2, false, true);
  outbox.detach();
  outbox.admit(chunk(4));
  const next = new ManualSender();
  outbox.attach(next);
  assert.deepEqual(next.ids, [1, 3, 4]);
});

Deno.test("Outbox waits while the sender is not writable, until resume()", () => {
  const { outbox, sender } = setUp();
  sender.writable = false;
  outbox.attach(sender);
  outbox.admit(chunk(1));
  assert.deepEqual(sender.ids, []);
  sender.writable = true;
  outbox.resume();
  assert.deepEqual(sender.ids, [1]);
});

Deno.test("Outbox without confirms forgets a chunk when it is handed over, and repeats none", async () => {
  const { outbox, sender } = setUp(4 * (OVERHEAD_BYTES + 1), { confirms: false });
  outbox.admit(chunk(1));
  outbox.attach(sender);
  outbox.admit(chunk(2));
  await outbox.drained();
  assert.equal(outbox.bytes, 0);
  assert.equal(outbox.counters.points.acked, 2);

  sender.writable = false;
  for (const id of [3, 4]) outbox.admit(chunk(id));
  const pause = outbox.admit(chunk(5));
  assert(pause);
  assert.equal(await isSettled(pause), false);
  sender.writable = true;
  outbox.resume();
  assert.equal(await isSettled(pause), true);
  outbox.detach();
  const next = new ManualSender();
  outbox.attach(next);
  assert.deepEqual([sender.ids, next.ids], [[1, 2, 3, 4, 5], []]);
  const { dropped, resent } = outbox.counters.points;
  assert.deepEqual([dropped, resent], [0, 0]);
});

Deno.test("Outbox.drained() waits for everything admitted before the call, and for nothing after it", async () => {
  const { outbox, sender } = setUp();
  await outbox.drained();
  outbox.attach(sender);
  outbox.admit(chunk(1));
  outbox.admit(chunk(2));
  const drained = outbox.drained();
  outbox.admit(chunk(3));
  outbox.confirm(2, false, true);
  assert.equal(await isSettled(drained), false);
  outbox.confirm(1, false, true);
  assert.equal(await isSettled(drained), true);
  assert.equal(outbox.chunks, 1);
});

Deno.test("Outbox.drained() rejects with the points that were given up, when the rest is confirmed", async () => {
  const { outbox, sender } = setUp(2 * (OVERHEAD_BYTES + 1));
  outbox.admit(chunk(1, { points: 10 }));
  outbox.admit(chunk(2));
  const drained = outbox.drained();
  outbox.admit(chunk(3));
  const rejected = assert.rejects(drained, {
    name: "PublishFailed",
    metric: "test.m1",
    points: 10,
    message: 'Cannot publish 10 points of metric "test.m1": they were given up',
  });
  assert.equal(await isSettled(rejected), false);
  outbox.attach(sender);
  outbox.confirm(1, false, true);
  await rejected;
});

Deno.test("Outbox.drained() of one metric does not look at what is given up of others", async () => {
  const { outbox, sender } = setUp(2 * (OVERHEAD_BYTES + 1));
  outbox.admit(chunk(1));
  outbox.admit(chunk(2));
  const drained = outbox.drained(undefined, "test.m2");
  const rejected = assert.rejects(outbox.drained(undefined, "test.m1"), { metric: "test.m1" });
  outbox.admit(chunk(3));
  outbox.attach(sender);
  assert.equal(await isSettled(drained), false);
  outbox.confirm(1, false, true);
  await Promise.all([drained, rejected]);
});

Deno.test("Outbox.drained() rejects with what was given up while more of it was admitted", async () => {
  const { outbox, sender } = setUp(2 * (OVERHEAD_BYTES + 1));
  outbox.admit(chunk(1));
  const admitted = Promise.withResolvers<void>();
  const drained = outbox.drained((onNext) => {
    onNext();
    outbox.admit(chunk(2));
    return admitted.promise;
  });
  outbox.admit(chunk(3));
  outbox.attach(sender);
  outbox.confirm(1, false, true);
  outbox.confirm(2, false, true);
  const rejected = assert.rejects(drained, { name: "PublishFailed", metric: "test.m1", points: 1 });
  assert.equal(await isSettled(rejected), false);
  admitted.resolve();
  await rejected;
});

Deno.test("Outbox.drained() does not look at what others admit while it waits for room", async () => {
  const { outbox, sender } = setUp(3 * (OVERHEAD_BYTES + 1));
  outbox.attach(sender);
  outbox.admit(chunk(1));
  const room = Promise.withResolvers<void>();
  const drained = outbox.drained((onNext) =>
    room.promise.then(() => {
      onNext();
      outbox.admit(chunk(3));
    })
  );
  outbox.admit(chunk(2));
  room.resolve();
  assert.equal(await isSettled(drained), false);
  outbox.confirm(1, false, true);
  assert.equal(await isSettled(drained), false);
  const [of3] = sender.ids.entries().filter(([, id]) => id === 3).map(([at]) => at + 1);
  assert(of3);
  outbox.confirm(of3, false, true);
  assert.equal(await isSettled(drained), true);
  assert.equal(outbox.chunks, 1);
});

Deno.test("Outbox.close() drops what is left, and ends the waiting for it", async () => {
  const { outbox, sender, dropped, reasons } = setUp();
  outbox.attach(sender);
  outbox.admit(chunk(1));
  const drained = outbox.drained();
  outbox.close();
  await assert.rejects(drained, { name: "PublishFailed", metric: "test.m1" });
  assert.deepEqual([dropped, reasons], [[1], ["stopped"]]);
  assert.equal(outbox.refusal, "the source has stopped");
  assert.equal(outbox.bytes, 0);
});

Deno.test("Outbox delivers every chunk in order, whatever confirms and outages come", () => {
  const event = fc.oneof(
    fc.constant("admit" as const),
    fc.constant("confirm-first" as const),
    fc.constant("confirm-all" as const),
    fc.constant("outage" as const),
  );
  fc.assert(fc.property(fc.array(event, { maxLength: 200 }), (events) => {
    const outbox = makeOutbox({
      clock: new ManualClock(),
      onDrop: () => assert.fail("dropped"),
    });
    const confirmed: number[] = [];
    let sender = new ManualSender();
    let confirmedTag = 0;
    let admitted = 0;
    const confirm = (upTo: number) => {
      confirmed.push(...sender.ids.slice(confirmedTag, upTo).map((id) => id ?? -1));
      confirmedTag = upTo;
      outbox.confirm(upTo, true, true);
    };
    outbox.attach(sender);
    for (const event of events) {
      if (event === "admit") outbox.admit(chunk(admitted++));
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
    assert.deepEqual(confirmed, Array.from({ length: admitted }, (_, id) => id % 256));
    assert.equal(outbox.bytes, 0);
  }));
});
