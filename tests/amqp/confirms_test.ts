/** Confirms are read beside the client's parser: in order, however they are cut, and among other frames. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { needing } from "../support/needing.ts";
import { openSession } from "./open_session.ts";
import { concat, frame, method, RudeServer, u32, u8 } from "./rude_server.ts";

const ACK = 80;
const NACK = 120;
const LAST_TAG = 1000;

interface Confirm {
  readonly tag: number;
  readonly isMultiple: boolean;
  readonly isAck: boolean;
}

const confirm: fc.Arbitrary<Confirm> = fc.record({
  tag: fc.integer({ min: 1, max: LAST_TAG - 1 }),
  isMultiple: fc.boolean(),
  isAck: fc.boolean(),
}, { noNullPrototype: true });
// Between confirms may come what is for nobody, or no confirm: an ack of another channel, a heartbeat.
const noise = fc.constantFrom(
  method(7, 60, ACK, u32(0), u32(1), u8(0)),
  frame(8, 0, new Uint8Array(0)),
);

function encode({ tag, isMultiple, isAck }: Confirm): Uint8Array {
  return method(1, 60, isAck ? ACK : NACK, u32(0), u32(tag), u8(isMultiple ? 1 : 0));
}

/** What a publisher is told when a broker writes these parts, one after the other. */
async function toldOf(parts: readonly Uint8Array[]) {
  await using broker = new RudeServer(async (connection) => {
    await connection.channel();
    await connection.expect(85, 10);
    await connection.write(method(1, 85, 11));
    await connection.expect(60, 40); // all messages leave together
    for (const part of parts) await connection.write(part);
    await connection.idle();
  });
  const session = await openSession(broker.url("?heartbeat=0"));
  const told: Confirm[] = [];
  const { promise: last, resolve } = Promise.withResolvers<void>();
  let untold = 0;
  const publisher = await session.confirmedPublisher("data", {}, {
    onConfirm(tag, isMultiple, isAck) {
      told.push({ tag, isMultiple, isAck });
      untold++;
    },
    onConfirmsTold() {
      assert(untold > 0);
      untold = 0;
      if (told.at(-1)?.tag === LAST_TAG) resolve();
    },
    onWritable: () => {},
  });
  for (let tag = 1; tag <= LAST_TAG; tag++) publisher.publish("test.a", new Uint8Array(1));
  const reason = await Promise.race([last, session.ended]);
  await session.close();
  return { told, reason };
}

Deno.test(needing({ permissions: [{ name: "net" }] }, {
  name: "AmqpSession tells each confirm once, in order, however the bytes are cut",
  fn: async () => {
    const sequence = fc.array(fc.tuple(confirm, fc.array(noise, { maxLength: 2 })), {
      maxLength: 60,
    });
    const cuts = fc.array(fc.nat(2000), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(sequence, cuts, async (sequence, cuts) => {
        const end: Confirm = { tag: LAST_TAG, isMultiple: true, isAck: true };
        const confirms = [...sequence.map(([confirm]) => confirm), end];
        const bytes = concat([
          ...sequence.flatMap(([confirm, noise]) => [encode(confirm), ...noise]),
          encode(end),
        ]);
        const ends = [...cuts.filter((cut) => cut < bytes.length), bytes.length].toSorted((a, b) =>
          a - b
        );
        const parts = ends.map((to, at) => bytes.subarray(ends[at - 1] ?? 0, to));
        assert.deepEqual((await toldOf(parts)).told, confirms);
      }),
      { numRuns: 40, endOnFailure: true },
    );
  },
}));

Deno.test(needing({ permissions: [{ name: "net" }] }, {
  name:
    "AmqpSession gives up a broker whose confirm does not end as a frame, or has too large a tag",
  fn: async () => {
    const cut = method(1, 60, ACK, u32(0), u32(1), u8(0));
    cut[cut.length - 1] = 0;
    for (const bytes of [cut, method(1, 60, ACK, u32(2 ** 21), u32(1), u8(0))]) {
      const { told, reason } = await toldOf([
        encode({ tag: 1, isMultiple: false, isAck: true }),
        bytes,
      ]);
      assert.match(`${reason}`, /the broker sent what is not AMQP 0-9-1/);
      assert.deepEqual(told.length, 1);
    }
  },
}));
