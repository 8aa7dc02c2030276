/** Hostile brokers, and hostile calls that come over an honest one; see `fuzz.ts`. */

import fc from "fast-check";
import assert from "node:assert/strict";
import { ServerAddress } from "../../src/amqp/server_address.ts";
import { AmqpSession } from "../../src/amqp/session.ts";
import { systemTransport } from "../../src/amqp/transport.ts";
import { AmqpError } from "../../src/errors.ts";
import { Source, type SourceOptions } from "../../src/source/source.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import {
  concat,
  connectionClose,
  frame,
  method,
  OPEN_OK,
  RudeServer,
  shortString,
  START,
  tune,
  u16,
  u32,
  u8,
} from "../amqp/rude_server.ts";
import { ScriptedManager } from "../e2e/scripted_manager.ts";
import { sharedVhost } from "../peers/shared_broker.ts";
import { needing } from "../support/needing.ts";
import { withClient } from "./account.ts";
import { fuzz, FUZZ_TIMEOUT_MS, mutated } from "./fuzz.ts";

// What a broker says to a source, and what it may say to anyone.
const FRAMES: readonly Uint8Array[] = [
  START,
  tune(1),
  OPEN_OK,
  method(1, 20, 11, u32(0)), // channel.open-ok
  method(1, 40, 11), // exchange.declare-ok
  method(1, 50, 11, shortString("source-test-rpc"), u32(0), u32(0)), // queue.declare-ok
  method(1, 60, 21, shortString("consumer")), // basic.consume-ok
  method(1, 85, 11), // confirm.select-ok
  method(1, 60, 80, u32(0), u32(1), u8(0)), // basic.ack
  method(1, 60, 120, u32(0), u32(1), u8(1)), // basic.nack
  method(1, 60, 50, u16(312), shortString("NO_ROUTE"), shortString("data"), shortString("a.b")),
  method(
    1,
    60,
    60,
    shortString("consumer"),
    u32(0),
    u32(1),
    u8(0),
    shortString(""),
    shortString("q"),
  ),
  frame(2, 1, concat([u16(60), u16(0), u32(0), u32(3), u16(1 << 3), shortString("app")])),
  frame(3, 1, Uint8Array.of(1, 2, 3)),
  method(0, 10, 60, shortString("low on memory")), // connection.blocked
  method(0, 10, 61), // connection.unblocked
  method(1, 20, 40, u16(404), shortString("NOT_FOUND"), u16(60), u16(40)), // channel.close
  connectionClose(320, "CONNECTION_FORCED"),
  frame(8, 0, new Uint8Array(0)),
];

/** Real frames with some of their bytes changed, left out or put in, and noise between them. */
const hostileBytes = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...FRAMES) },
    {
      weight: 4,
      arbitrary: fc.tuple(fc.constantFrom(...FRAMES), fc.nat(), fc.nat(255)).map(
        ([bytes, at, value]) => bytes.with(at % bytes.byteLength, value),
      ),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.constantFrom(...FRAMES), fc.nat()).map(([bytes, at]) =>
        bytes.subarray(0, at % bytes.byteLength)
      ),
    },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 64 }) },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.nat(9), fc.nat(2), fc.uint8Array({ maxLength: 64 })).map(
        ([type, channel, payload]) => frame(type, channel, payload),
      ),
    },
  ),
  { maxLength: 12 },
).map(concat);

Deno.test(needing({ permissions: [{ name: "net" }] }, {
  name: "AmqpSession survives whatever a broker sends",
  timeout: FUZZ_TIMEOUT_MS,
  fn: async () => {
    let hostile: Uint8Array = new Uint8Array(0);
    let isLate = false;
    await using server = new RudeServer(async (connection) => {
      if (isLate) {
        await connection.channel();
        await connection.expect(60, 20);
        await connection.write(method(1, 60, 21, shortString("consumer")));
        await connection.expect(85, 10);
        await connection.write(method(1, 85, 11));
      } else await connection.greeting();
      await connection.write(hostile);
    });
    const address = ServerAddress.parse(server.url("?heartbeat=0"));
    await fuzz(fc.tuple(hostileBytes, fc.boolean()), async ([bytes, late]) => {
      hostile = bytes;
      isLate = late;
      await useSession(address);
    });
  },
}));

/** Does all that agents do with a session, until it ends. */
async function useSession(address: ServerAddress): Promise<void> {
  const options = {
    name: "test",
    tls: {},
    clock: new ManualClock(),
    transport: systemTransport,
  };
  try {
    const session = await AmqpSession.open(address, options);
    await session.consume("q", () => {});
    const listener = { onConfirm: () => {}, onWritable: () => {} };
    const publisher = await session.confirmedPublisher("data", {}, listener);
    for (let i = 0; i < 3; i++) publisher.publish("test.a", new Uint8Array(10));
    await session.ended;
    await session.close();
  } catch (error) {
    assert(error instanceof AmqpError, Deno.inspect(error));
  }
}

const hostileBody = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.string({ unit: "binary" }),
  fc.json(),
  fc.record({ function: fc.constantFrom("config", "discover", "x") }, { requiredKeys: [] })
    .chain((call) => fc.object().map((rest) => JSON.stringify({ ...rest, ...call }))),
  mutated(fc.constant('{"function":"config","rate":1.5,"a":[{"b":null}]}')),
  fc.integer({ min: 1, max: 20_000 }).map((depth) => "[".repeat(depth)),
);
const hostileMessage = fc.tuple(
  hostileBody,
  fc.record({
    correlationId: fc.string({ maxLength: 60 }),
    replyTo: fc.constantFrom("nobody", "source-test-rpc", ""),
    appId: fc.string({ maxLength: 60 }),
  }, { requiredKeys: [] }),
);

const MESSAGES_AT_ONCE = 50;

/** A source that tells of the configurations that the test has sent in between. */
class MarkedSource extends Source {
  readonly #marked = new Map<unknown, () => void>();

  constructor(options: SourceOptions) {
    super(options);
    this.addRpcHandler("config", ({ mark }) => this.#marked.get(mark)?.());
  }

  async marked(mark: number): Promise<void> {
    await new Promise<void>((resolve) => this.#marked.set(mark, resolve));
    this.#marked.delete(mark);
  }

  protected override task(): void {}
}

Deno.test(needing({ peers: ["rabbitmq"] }, {
  name: "Source survives whatever arrives in its queue",
  timeout: FUZZ_TIMEOUT_MS,
  fn: async () => {
    const { url, name } = await sharedVhost();
    await using _manager = await ScriptedManager.start(url, {
      "source.register": {
        dataServerAddress: `vhost:${name}`,
        dataExchange: "metricq.data",
        config: {},
      },
    });
    await using source = new MarkedSource({ token: "source-test", url });
    await source.connect();
    await withClient(url, async (client) => {
      const channel = await client.channel();
      const queue = `${source.token}-rpc`;
      let count = 0;
      await fuzz(hostileMessage, async ([body, properties]) => {
        await channel.basicPublish("", queue, body, properties);
        if (++count % MESSAGES_AT_ONCE > 0) return;
        const mark = JSON.stringify({ function: "config", mark: count });
        const marked = source.marked(count);
        await channel.basicPublish("", queue, mark, { replyTo: "nobody", correlationId: "mark" });
        await marked;
      });
    });
  },
}));
