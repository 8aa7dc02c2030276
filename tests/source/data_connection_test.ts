/** A source whose manager sends its data to another place. */

import assert from "node:assert/strict";
import { Broker } from "../../src/dev/broker/broker.ts";
import type { AgentEvent } from "../../src/observe/events.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { method, type RudeConnection, RudeServer, u32, u8 } from "../amqp/rude_server.ts";
import { ScriptedManager } from "../e2e/scripted_manager.ts";
import { TestSource } from "../e2e/test_source.ts";
import { until, untilBackoff } from "../support/clock.ts";
import { needing } from "../support/needing.ts";
import { recordingTransport } from "../support/recording_transport.ts";

const token = "source-test";
const permissions = [{ name: "net" }, { name: "sys", kind: "hostname" }] as const;
// Those of a session: the exchange, confirms, and a chunk.
const SESSION_CALLS = 3;
const ACK = method(1, 60, 80, u32(0), u32(1), u8(0));

/** A broker for data: the first connection is confirmed nothing before it is closed. */
class SilentServer extends RudeServer {
  /** The client closes the first connection. */
  readonly closing = Promise.withResolvers<void>();
  /** Then the broker answers: a confirm first, if it is `true`. */
  readonly answer = Promise.withResolvers<boolean>();

  constructor() {
    let connections = 0;
    super((connection) => connections++ === 0 ? this.#beSilent(connection) : serve(connection));
  }

  async #beSilent(connection: RudeConnection): Promise<void> {
    await connection.channel();
    await connection.answer(SESSION_CALLS - 1); // returns when the chunk has come
    await connection.expect(10, 50);
    this.closing.resolve();
    if (await this.answer.promise) await connection.write(ACK);
    await connection.write(method(0, 10, 51));
  }
}

async function serve(connection: RudeConnection): Promise<void> {
  await connection.channel();
  await connection.answer(SESSION_CALLS);
  await connection.write(method(0, 10, 51));
}

for (
  const { name, silentSeconds, closingSeconds, confirms, expected } of [
    {
      name: "that moves at the last moment",
      silentSeconds: 5,
      closingSeconds: 0,
      confirms: true,
      expected: ["stalled", "moving", "connection-lost", "connection-back"],
    },
    {
      name: "that does not move",
      silentSeconds: 5,
      closingSeconds: 0,
      confirms: false,
      expected: ["stalled", "connection-lost", "connection-back"],
    },
    {
      name: "that turns out not to move at the last moment",
      silentSeconds: 3.4,
      closingSeconds: 1.5,
      confirms: false,
      expected: ["stalled", "connection-lost", "connection-back"],
    },
  ]
) {
  Deno.test(needing({ permissions }, {
    name: `Source that is to send elsewhere tells first what becomes of data ${name}`,
    fn: async () => {
      await using broker = Broker.start();
      await using server = new SilentServer();
      const register = {
        dataServerAddress: server.url("?heartbeat=0"),
        dataExchange: "metricq.data",
        config: {},
      };
      await using manager = await ScriptedManager.start(broker.url, {
        "source.register": register,
      });
      const clock = new ManualClock();
      await using source = new TestSource({ url: `${broker.url}?heartbeat=0`, clock });
      const events: AgentEvent[] = [];
      const followed = (async () => {
        for await (const event of source.events()) events.push(event);
      })();
      const kinds = () =>
        events.filter((event) =>
          ["stalled", "moving"].includes(event.kind) ||
          "connection" in event && event.connection === "data"
        ).map(({ kind }) => kind);
      await source.connect();
      source.metric("test.a").chunkSize = 1;
      await source.send("test.a", new Timestamp(1, 0), 1);
      await clock.advance(silentSeconds);

      manager.answers = { "source.register": { ...register, dataExchange: "metricq.other" } };
      assert.equal(broker.cutConnection(`management connection ${token}`), 1);
      await untilBackoff(clock);
      await clock.advance(0.5); // longer than the first backoff
      await server.closing.promise;
      await clock.advance(closingSeconds);
      server.answer.resolve(confirms);
      await until(() => kinds().includes("connection-back"));
      if (confirms) await source.send("test.a", new Timestamp(2, 0), 2); // the server waits for one
      await source.flush();
      await source.stop();
      await followed;
      assert.deepEqual(kinds(), expected);
    },
  }));
}

Deno.test(needing({ permissions }, {
  name: "Source looks for its data first at the address at which it has found the manager",
  fn: async () => {
    await using broker = Broker.start();
    await using _manager = await ScriptedManager.start(broker.url, {
      "source.register": { dataServerAddress: "vhost:/", dataExchange: "metricq.data", config: {} },
    });
    const ports: number[] = [];
    await using source = new TestSource({
      url: ["amqp://guest:guest@127.0.0.1:1/", broker.url],
      transport: recordingTransport(ports),
    });
    await source.connect();
    const port = Number(new URL(broker.url).port);
    assert.deepEqual(ports, [1, port, port]);
  },
}));
