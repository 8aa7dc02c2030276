import assert from "node:assert/strict";
import { chunk, isSettled, OVERHEAD_BYTES, setUp } from "./outbox_setup.ts";

Deno.test("Outbox.admit() drops the oldest chunks when there is no room, and tells which", () => {
  const { outbox, sender, dropped } = setUp(3 * (OVERHEAD_BYTES + 1));
  for (const id of [1, 2, 3, 4, 5]) outbox.admit(chunk(id));
  assert.deepEqual(dropped, [1, 2]);
  outbox.attach(sender);
  outbox.confirm(1, false, true);
  outbox.confirm(2, false, true);
  assert.deepEqual(sender.ids, [3, 4, 5]);
});

Deno.test("Outbox.admit() keeps the newest chunk, even one larger than the outbox", () => {
  const { outbox, dropped } = setUp(10);
  outbox.admit(chunk(1));
  outbox.admit(chunk(2));
  assert.deepEqual(dropped, [1]);
  assert.equal(outbox.chunks, 1);
});

Deno.test("Outbox.admit() never drops what is on its way, and lets half of the bytes be so", () => {
  const { outbox, sender, dropped } = setUp(4 * (OVERHEAD_BYTES + 1));
  outbox.attach(sender);
  for (const id of [1, 2, 3, 4, 5, 6]) outbox.admit(chunk(id));
  assert.deepEqual(sender.ids, [1, 2]);
  assert.deepEqual(dropped, [3, 4]);
});

Deno.test("Outbox.admit() lets the producer pause for a confirm while half of the outbox is full, not in an outage", async () => {
  const { outbox, sender } = setUp(6 * (OVERHEAD_BYTES + 1));
  outbox.attach(sender);
  for (const id of [1, 2, 3]) assert.equal(outbox.admit(chunk(id)), undefined);
  const pause = outbox.admit(chunk(4));
  assert(pause);
  assert.equal(outbox.admit(chunk(5)), pause);
  assert.equal(await isSettled(pause), false);
  outbox.confirm(1, false, true);
  assert.equal(await isSettled(pause), true);

  const untilOutage = outbox.admit(chunk(6));
  assert(untilOutage);
  outbox.detach();
  assert.equal(await isSettled(untilOutage), true);
  assert.equal(outbox.admit(chunk(7)), undefined);
});

Deno.test("Outbox.admit() lets the producer pause while 4096 chunks wait, however small", async () => {
  const { outbox, sender, clock } = setUp(2 ** 21);
  sender.writable = false;
  outbox.attach(sender);
  for (let id = 1; id <= 4096; id++) outbox.admit(chunk(id));
  await clock.advance(0); // what pauses for a turn of the event loop only goes on
  assert.equal(outbox.admit(chunk(4097)), outbox.admit(chunk(4098)));
  const pause = outbox.admit(chunk(4099));
  assert(pause);
  await clock.advance(0);
  assert.equal(await isSettled(pause), false);

  sender.writable = true;
  outbox.resume();
  outbox.confirm(1, false, true);
  assert.equal(await isSettled(pause), true);
  assert.equal(outbox.admit(chunk(4100)), undefined);
});

for (const [confirms, usedBytes] of [[true, 6 * 2 ** 20], [false, 2 * 2 ** 20]] as const) {
  Deno.test(`Outbox.admit() lets the producer pause when ${usedBytes} bytes are used, ${confirms ? "with" : "without"} confirms`, () => {
    const { outbox, sender } = setUp(2 ** 26, { confirms });
    sender.writable = false;
    outbox.attach(sender);
    const bytes = 2 ** 20 - OVERHEAD_BYTES;
    let admitted = 0;
    while (outbox.admit(chunk(1, { bytes })) === undefined) admitted++;
    assert.equal(admitted * 2 ** 20, usedBytes);
    outbox.close();
  });
}

Deno.test("Outbox.admit() lets no producer pause for a connection that has confirmed nothing for a second", async () => {
  const { outbox, sender, clock } = setUp(8 * (OVERHEAD_BYTES + 1));
  outbox.attach(sender);
  for (const id of [1, 2, 3, 4]) outbox.admit(chunk(id));
  await clock.advance(0.4);
  outbox.confirm(1, false, true);
  outbox.admit(chunk(5));

  const pause = outbox.admit(chunk(6));
  assert(pause);
  await clock.advance(0.999);
  assert.equal(await isSettled(pause), false);
  await clock.advance(0.001);
  assert.equal(await isSettled(pause), true);
  assert.equal(outbox.admit(chunk(7)), undefined);

  outbox.confirm(2, false, true);
  assert(outbox.admit(chunk(8)));
  outbox.close();
  await clock.advance(0);
  assert.equal(clock.sleepers, 0);
});

Deno.test("Outbox.admit() lets the producer pause for a broker that was asked for nothing for long", async () => {
  const { outbox, sender, clock } = setUp(8 * (OVERHEAD_BYTES + 1));
  outbox.attach(sender);
  await clock.advance(60);
  for (const id of [1, 2, 3, 4]) assert.equal(outbox.admit(chunk(id)), undefined);
  const pause = outbox.admit(chunk(5));
  assert(pause);
  await clock.advance(0.999);
  assert.equal(await isSettled(pause), false);
  await clock.advance(0.001);
  assert.equal(await isSettled(pause), true);
  assert.equal(outbox.admit(chunk(6)), undefined);
  outbox.close();
});

Deno.test('Outbox with "wait" lets the producer pause until there is room, also if nothing is confirmed', async () => {
  const { outbox, sender, clock } = setUp(4 * (OVERHEAD_BYTES + 1), { onFull: "wait" });
  outbox.attach(sender);
  for (const id of [1, 2, 3, 4]) outbox.admit(chunk(id));
  const pause = outbox.admit(chunk(5));
  assert(pause);
  await clock.advance(60);
  assert.equal(await isSettled(pause), false);
  outbox.confirm(1, false, true);
  assert.equal(await isSettled(pause), true);
});

Deno.test("Outbox.admit() does not let the producer pause while the broker blocks", async () => {
  const { outbox, sender } = setUp(4 * (OVERHEAD_BYTES + 1));
  outbox.attach(sender);
  outbox.admit(chunk(1));
  outbox.admit(chunk(2));
  const pause = outbox.admit(chunk(3));
  assert(pause);
  sender.blocked = true;
  sender.writable = false;
  outbox.resume();
  assert.equal(await isSettled(pause), true);
  assert.equal(outbox.admit(chunk(4)), undefined);
});

Deno.test('Outbox with "wait" drops nothing, and lets the producer pause until there is room', async () => {
  const { outbox, sender, dropped } = setUp(2 * (OVERHEAD_BYTES + 1), { onFull: "wait" });
  assert.equal(outbox.admit(chunk(1)), undefined);
  assert.equal(outbox.admit(chunk(2)), undefined);
  const pause = outbox.admit(chunk(3));
  assert(pause);
  outbox.attach(sender);
  assert.equal(await isSettled(pause), false);
  outbox.confirm(1, false, true);
  assert.equal(await isSettled(pause), true);
  outbox.confirm(2, false, true);
  assert.deepEqual(sender.ids, [1, 2, 3]);
  assert.deepEqual(dropped, []);
});

Deno.test('Outbox with "wait" refuses chunks of producers that did not wait, at twice its size', () => {
  const { outbox } = setUp(2 * (OVERHEAD_BYTES + 1), { onFull: "wait" });
  let admitted = 0;
  while (outbox.refusal === undefined) void outbox.admit(chunk(admitted++));
  assert.equal(admitted, 5);
  assert.match(outbox.refusal, /^the outbox holds twice .* not waited for, or/);
});

Deno.test('Outbox with "wait" that holds a chunk of more than twice its size tells what is wrong, until it is confirmed', async () => {
  const { outbox, sender } = setUp(1000, { onFull: "wait" });
  outbox.attach(sender);
  const pause = outbox.admit(chunk(1, { bytes: 2000 }));
  assert.match(outbox.refusal ?? "", /chunks are too large for outboxMaxBytes$/);
  outbox.confirm(1, false, true);
  await pause;
  assert.equal(outbox.refusal, undefined);
});

Deno.test('Outbox with "fail" refuses chunks while it is full, and drops none', () => {
  const { outbox, sender, dropped } = setUp(2 * (OVERHEAD_BYTES + 1), { onFull: "fail" });
  for (const id of [1, 2, 3]) {
    assert.equal(outbox.refusal, undefined);
    outbox.admit(chunk(id));
  }
  assert.equal(outbox.refusal, "the outbox is full");
  outbox.attach(sender);
  outbox.confirm(1, false, true);
  assert.equal(outbox.refusal, undefined);
  assert.deepEqual(dropped, []);
});

Deno.test("Outbox.end() lets no producer wait and refuses none", async () => {
  const { outbox } = setUp(10, { onFull: "wait" });
  const pause = outbox.admit(chunk(1));
  assert(pause);
  assert.equal(await isSettled(pause), false);
  outbox.end();
  assert.equal(await isSettled(pause), true);
  assert.equal(outbox.admit(chunk(2)), undefined);
  assert.equal(outbox.refusal, undefined);
});

Deno.test("Outbox tells once when chunks were given up and there is room again", () => {
  let reliefs = 0;
  const { outbox, sender } = setUp(2 * (OVERHEAD_BYTES + 1), { onRelief: () => reliefs++ });
  for (const id of [1, 2, 3, 4]) outbox.admit(chunk(id));
  assert.equal(reliefs, 0);
  outbox.attach(sender);
  outbox.confirm(1, false, true);
  outbox.confirm(2, false, true);
  assert.equal(reliefs, 1);
});

Deno.test("Outbox.admit() lets the event loop turn now and then", async () => {
  const { outbox } = setUp();
  let turned = false;
  setTimeout(() => turned = true);
  while (!turned) await outbox.admit(chunk(1));
});
