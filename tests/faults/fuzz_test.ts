/**
 * Hostile input, made by fast-check: whatever comes, nothing crashes and nothing is left unhandled.
 * `METRICQ_FUZZ=100000` in the environment is how many inputs of each kind there are.
 */

import fc from "fast-check";
import assert from "node:assert/strict";
import { AmqpSession } from "../../src/amqp/session.ts";
import { ServerAddress } from "../../src/amqp/server_address.ts";
import { AmqpError } from "../../src/errors.ts";
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
import { TestSource } from "../e2e/test_source.ts";
import { peerTest } from "../peers/peertest.ts";
import { sharedVhost } from "../peers/shared_broker.ts";
import { permittedTest } from "../support/permissions.ts";
import { withClient } from "./account.ts";

const canReadEnvironment = Deno.permissions.querySync({ name: "env" }).state === "granted";
const runs = Number(canReadEnvironment && Deno.env.get("METRICQ_FUZZ") || 1000);

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

permittedTest(
  { name: "AmqpSession survives whatever a broker sends", needs: [{ name: "net" }] },
  async () => {
    using unhandled = new UnhandledRejections();
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
    await fc.assert(
      fc.asyncProperty(hostileBytes, fc.boolean(), async (bytes, late) => {
        hostile = bytes;
        isLate = late;
        await useSession(address);
      }),
      { numRuns: runs },
    );
    unhandled.assertNone();
  },
);

/** Does all that agents do with a session, until it ends. */
async function useSession(address: ServerAddress): Promise<void> {
  const options = { name: "test", tls: {}, clock: new ManualClock() };
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

/** Texts that look like URLs of brokers, more or less. */
const hostileUrl = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.webUrl({ withFragments: true, withQueryParameters: true }),
  fc.array(
    fc.oneof(
      fc.constantFrom("amqp://", "amqps://", "vhost:", "@", ":", "/", "?", "&", "=", "[", "]", "%"),
      fc.constantFrom("heartbeat", "cacertfile", "%2F", "%ff", "localhost", "::1", "5672", "-1"),
      fc.string({ unit: "grapheme", maxLength: 8 }),
    ),
    { maxLength: 12 },
  ).map((parts) => parts.join("")),
);

Deno.test("ServerAddress takes any text for an address or refuses it, and tells no password", () => {
  const base = ServerAddress.parse("amqp://user:hunter2@broker.example/");
  fc.assert(
    fc.property(hostileUrl, (text) => {
      for (const parse of [() => ServerAddress.parse(text), () => base.derive(text)]) {
        try {
          const address = parse();
          assert(address.port > 0 && address.port < 65_536 && address.vhost && address.hostname);
          assert.doesNotMatch(Deno.inspect(address), /hunter2/);
        } catch (error) {
          assert(error instanceof SyntaxError || error instanceof RangeError, Deno.inspect(error));
          assert.doesNotMatch(error.message, /hunter2/);
        }
      }
    }),
    { numRuns: runs },
  );
});

const hostileBody = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.string({ unit: "binary" }),
  fc.json(),
  fc.record({ function: fc.constantFrom("config", "discover", "x") }, { requiredKeys: [] })
    .chain((call) => fc.object().map((rest) => JSON.stringify({ ...rest, ...call }))),
  fc.tuple(fc.constant('{"function":"config","rate":1.5,"a":[{"b":null}]}'), fc.nat(), fc.nat(127))
    .map(([text, at, code]) => {
      const index = at % text.length;
      return text.slice(0, index) + String.fromCharCode(code) + text.slice(index + 1);
    }),
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

peerTest(
  { name: "Source survives whatever arrives in its queue", needs: ["rabbitmq"] },
  async () => {
    using unhandled = new UnhandledRejections();
    const { url, name } = await sharedVhost();
    await using _manager = await ScriptedManager.start(url, {
      "source.register": {
        dataServerAddress: `vhost:${name}`,
        dataExchange: "metricq.data",
        config: {},
      },
    });
    const source = new TestSource({ url });
    await source.connect();
    await withClient(url, async (client) => {
      const channel = await client.channel();
      const queue = `${source.token}-rpc`;
      await fc.assert(
        fc.asyncProperty(hostileMessage, async ([body, properties]) => {
          await channel.basicPublish("", queue, body, properties);
        }),
        { numRuns: runs },
      );
      const last = JSON.stringify({ function: "config", isLast: true });
      await channel.basicPublish("", queue, last, { replyTo: "nobody", correlationId: "last" });
    });
    while (!source.configs.all.some((config) => config["isLast"] === true)) {
      await source.configs.nth(source.configs.all.length + 1);
    }
    await source.stop();
    await source.stopped();
    unhandled.assertNone();
  },
);

/** Collects what would end the process. */
class UnhandledRejections implements Disposable {
  readonly #reasons: unknown[] = [];
  readonly #note = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    this.#reasons.push(event.reason);
  };

  constructor() {
    addEventListener("unhandledrejection", this.#note);
  }

  assertNone(): void {
    assert.deepEqual(this.#reasons, []);
  }

  [Symbol.dispose](): void {
    removeEventListener("unhandledrejection", this.#note);
  }
}
