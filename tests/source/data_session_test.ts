/** A session of data with a broker that ends the connection because of a chunk. */

import assert from "node:assert/strict";
import { ReconnectingConnection } from "../../src/amqp/reconnecting_connection.ts";
import { ServerAddress } from "../../src/amqp/server_address.ts";
import { systemTransport } from "../../src/amqp/transport.ts";
import { systemRandomness } from "../../src/randomness.ts";
import { DataSession } from "../../src/source/data_session.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import {
  connectionClose,
  method,
  type RudeConnection,
  RudeServer,
  shortString,
  u16,
  u32,
  u8,
} from "../amqp/rude_server.ts";
import { makeOutbox } from "../outbox/outbox_setup.ts";
import { retryUntil, untilBackoff } from "../support/clock.ts";
import { needing } from "../support/needing.ts";

const POISON = 66;

/** Lets the client begin to publish, with confirms. */
async function open(connection: RudeConnection): Promise<void> {
  await connection.channel();
  await connection.expect(40, 10);
  await connection.write(method(1, 40, 11));
  await connection.expect(85, 10);
  await connection.write(method(1, 85, 11));
}

/** Acks each chunk, and says FRAME_ERROR to one. Returns the first bytes of what it has taken. */
async function serve(connection: RudeConnection, taken: number[]): Promise<void> {
  await open(connection);
  for (let tag = 1;; tag++) {
    await connection.expect(60, 40);
    await connection.frame(); // the content's header
    const [, [first = 0]] = await connection.frame();
    if (first === POISON) {
      await connection.write(connectionClose(501, "FRAME_ERROR - what is this"));
      await connection.expect(10, 51);
      return;
    }
    taken.push(first);
    await connection.write(method(1, 60, 80, u32(0), u32(tag), u8(0)));
  }
}

/** Refuses the first chunk, and ends the connection in the moment in which there is a channel again. */
async function refuseAndEnd(connection: RudeConnection): Promise<void> {
  await open(connection);
  await connection.expect(60, 40);
  const reason = shortString(
    "ACCESS_REFUSED - access to topic 'test.m1' in exchange 'data' refused",
  );
  await connection.write(method(1, 20, 40, u16(403), reason, u16(60), u16(40)));
  await connection.expect(20, 10);
  await connection.write(method(2, 20, 11, u32(0)));
  await connection.expect(85, 10);
  await connection.write(
    method(2, 85, 11),
    connectionClose(320, "CONNECTION_FORCED - maintenance"),
  );
  await connection.expect(10, 51);
}

/** An outbox that is emptied into a server. */
function setUp(server: RudeServer, onLost: (reason: string) => void = () => {}) {
  const clock = new ManualClock();
  const dropped: unknown[] = [];
  const outbox = makeOutbox({
    clock,
    onDrop: ({ body }, ...why) => dropped.push([body[0], ...why]),
  });
  const options = { outbox, exchange: "data", delivery: "confirmed", persistent: true } as const;
  const connection = new ReconnectingConnection({
    name: "test connection",
    addresses: [ServerAddress.parse(server.url("?heartbeat=0"))],
    tls: {},
    clock,
    randomness: systemRandomness,
    transport: systemTransport,
    reconnectTimeoutMs: 600_000,
    setUp: (session) => new DataSession(session, options).begin(),
    onLost,
    onGiveUp: () => {},
  });
  return { clock, dropped, outbox, connection };
}

Deno.test(needing({ permissions: [{ name: "net" }] }, {
  name:
    "DataSession gives up a chunk that ends the connection three times alone, and sends all others",
  fn: async () => {
    const taken: number[] = [];
    let connections = 0;
    await using server = new RudeServer(async (connection) => {
      connections++;
      await serve(connection, taken);
    });
    const { clock, dropped, outbox, connection } = setUp(server);
    for (const first of [1, 2, POISON, 3, 4]) {
      void outbox.admit({ metric: `test.m${first}`, body: Uint8Array.of(first), points: 1 });
    }
    const drained = outbox.drained().catch(({ name }) => name);
    await connection.connect();
    await retryUntil(drained, clock);
    assert.equal(await drained, "PublishFailed");
    assert.deepEqual(dropped, [[POISON, "refused", "what is this"]]);
    assert.deepEqual([...new Set(taken)], [1, 2, 3, 4]);
    assert.equal(connections, 5); // the first, three of the suspect alone, and one of the others
    const closed = connection.close();
    await clock.advance(2000); // this broker does not answer
    await closed;
  },
}));

Deno.test(needing({ permissions: [{ name: "net" }] }, {
  name:
    "DataSession leaves nothing attached when the connection ends as a refused channel is replaced",
  fn: async () => {
    await using server = new RudeServer(refuseAndEnd);
    const lost = Promise.withResolvers<string>();
    const { clock, outbox, connection, dropped } = setUp(server, lost.resolve);
    for (const first of [1, 2]) {
      void outbox.admit({ metric: `test.m${first}`, body: Uint8Array.of(first), points: 1 });
    }
    await connection.connect();
    assert.match(await lost.promise, /maintenance/);
    assert.equal(dropped.length, 1);
    await untilBackoff(clock);
    assert.equal(outbox.isAttached, false);
    await connection.close();
  },
}));
