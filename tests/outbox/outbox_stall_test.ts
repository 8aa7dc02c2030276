/** An outbox that tells that data does not move, and that it moves again: what begins is to end. */

import assert from "node:assert/strict";
import type { Outbox } from "../../src/outbox/outbox.ts";
import type { ManualClock } from "../../src/testing/manual_clock.ts";
import { chunk, chunkOfA, ManualSender, setUp } from "./outbox_setup.ts";

const FORBIDDEN = {
  kind: "forbidden",
  mayBe: (metric: string) => metric === "test.a",
  reason: "no access to test.a",
} as const;
const UNKNOWN = { kind: "unknown", isCertain: true, reason: "no reason" } as const;

interface Stalled {
  readonly outbox: Outbox;
  readonly sender: ManualSender;
  readonly clock: ManualClock;
  readonly told: string[];
}

/** What makes an outbox tell that data does not move: of its connection, or of what is in flight. */
const STALLS: Readonly<Record<string, (stalled: Stalled) => Promise<void> | void>> = {
  blocked: ({ outbox, sender }) => {
    sender.blocked = true;
    outbox.resume();
  },
  unconfirmed: ({ clock }) => clock.advance(5),
};

async function stalledBy(reason: string, confirms = true): Promise<Stalled> {
  const told: string[] = [];
  const parts = setUp(1e6, {
    confirms,
    onStalled: (why) => told.push(why),
    onMoving: () => told.push("moving"),
  });
  parts.outbox.attach(parts.sender);
  void parts.outbox.admit(chunkOfA(1));
  const stalled = { ...parts, told };
  await STALLS[reason]?.(stalled);
  assert.deepEqual(told, [reason]);
  return stalled;
}

for (const reason of Object.keys(STALLS)) {
  Deno.test(`Outbox tells that data moves when a refusal ends what was ${reason}, and nothing is left to send`, async () => {
    const { outbox, sender, told, clock } = await stalledBy(reason);
    outbox.refuse(sender, FORBIDDEN);
    assert.deepEqual(told, [reason], "there is no new channel yet");
    outbox.attach(new ManualSender());
    assert.deepEqual(told, [reason, "moving"]);
    await clock.advance(60);
    assert.deepEqual(told, [reason, "moving"]);
  });

  Deno.test(`Outbox tells that data moves when a refusal ends what was ${reason}, and the rest is sent again`, async () => {
    const { outbox, sender, told, clock } = await stalledBy(reason);
    sender.blocked = false;
    void outbox.admit(chunk(2));
    outbox.refuse(sender, UNKNOWN);
    outbox.attach(new ManualSender());
    assert.deepEqual(told, [reason, "moving"]);
    await clock.advance(4.999);
    assert.deepEqual(told, [reason, "moving"]);
    await clock.advance(0.001);
    assert.deepEqual(told, [reason, "moving", "unconfirmed"]);
    outbox.confirm(1, false, true);
    assert.deepEqual(told, [reason, "moving", "unconfirmed", "moving"]);
  });

  Deno.test(`Outbox forgets that it was ${reason} when the connection ends, also behind a refusal`, async () => {
    for (const isRefused of [false, true]) {
      const { outbox, sender, told, clock } = await stalledBy(reason);
      if (isRefused) outbox.refuse(sender, UNKNOWN);
      outbox.detach(sender);
      assert.equal(clock.sleepers, 0);
      const next = new ManualSender();
      outbox.attach(next);
      outbox.confirm(1, false, true);
      assert.deepEqual(told, [reason]);
      outbox.close();
    }
  });

  Deno.test(`Outbox that is closed while it is ${reason} has no timer left, also behind a refusal`, async () => {
    for (const isRefused of [false, true]) {
      const { outbox, sender, told, clock } = await stalledBy(reason);
      if (isRefused) outbox.refuse(sender, UNKNOWN);
      outbox.close();
      assert.equal(clock.sleepers, 0);
      assert.deepEqual(told, [reason]);
    }
  });
}

Deno.test("Outbox without confirms tells that it is blocked no more when a refusal came meanwhile", async () => {
  const { outbox, sender, told } = await stalledBy("blocked", false);
  outbox.refuse(sender, FORBIDDEN);
  outbox.attach(new ManualSender());
  assert.deepEqual(told, ["blocked", "moving"]);
});

Deno.test("Outbox tells that the broker takes nothing while a channel takes the place of a refused one", async () => {
  const { outbox, sender, told } = await stalledBy("unconfirmed");
  outbox.confirm(1, false, true);
  told.length = 0;
  void outbox.admit(chunkOfA(2));
  outbox.refuse(sender, FORBIDDEN);
  sender.blocked = true;
  outbox.resume();
  assert.deepEqual(told, ["blocked"]);
  sender.blocked = false;
  outbox.resume();
  assert.deepEqual(told, ["blocked", "moving"]);
});

Deno.test("Outbox counts five seconds without confirms anew behind a refusal", async () => {
  const { outbox, sender, told, clock } = await stalledBy("unconfirmed");
  outbox.confirm(1, false, true);
  told.length = 0;
  void outbox.admit(chunkOfA(2));
  void outbox.admit(chunk(3));
  await clock.advance(4);
  outbox.refuse(sender, FORBIDDEN);
  outbox.attach(new ManualSender());
  await clock.advance(4);
  assert.deepEqual(told, []);
  await clock.advance(1);
  assert.deepEqual(told, ["unconfirmed"]);
});

Deno.test("Outbox forgets a limit when the connection ends behind a refusal", () => {
  const { outbox, sender } = setUp();
  outbox.attach(sender);
  void outbox.admit(chunk(1, { bytes: 20 }));
  outbox.refuse(sender, {
    kind: "too-large",
    bodyBytes: 20,
    maxBodyBytes: 10,
    reason: "too large",
  });
  outbox.detach(sender);
  const next = new ManualSender();
  outbox.attach(next);
  void outbox.admit(chunk(2, { bytes: 20 }));
  assert.deepEqual(next.ids, [2]);
});
