import assert from "node:assert/strict";
import {
  ReconnectingConnection,
  type ReconnectingConnectionOptions,
} from "../../src/amqp/reconnecting_connection.ts";
import { ServerAddress } from "../../src/amqp/server_address.ts";
import type { AmqpSession } from "../../src/amqp/session.ts";
import {
  type AgentStopped,
  AmqpError,
  ConnectFailed,
  ReconnectTimeout,
  TokenInUse,
} from "../../src/errors.ts";
import { systemTransport } from "../../src/amqp/transport.ts";
import { systemRandomness } from "../../src/randomness.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { retryUntil, untilBackoff } from "../support/clock.ts";
import { Events } from "../support/events.ts";
import { needing } from "../support/needing.ts";
import { recordingTransport } from "../support/recording_transport.ts";
import { connectionClose, type RudeConnection, RudeServer } from "./rude_server.ts";

const needs = [{ name: "net" }] as const;
// Longer than what counts as ended at once.
const LONG_SESSION_SECONDS = 1;
const UNUSED_ADDRESS = "amqp://user:secret@127.0.0.1:1/";

/** A server that accepts every connection, and what happens there. */
class Broker extends RudeServer {
  readonly opened: Events<RudeConnection>;

  constructor() {
    const opened = new Events<RudeConnection>();
    super(async (connection) => {
      await connection.channel();
      opened.add(connection);
      await connection.idle();
    });
    this.opened = opened;
  }

  /** Closes the `count`-th connection. */
  async forceClose(count: number): Promise<void> {
    await (await this.opened.nth(count)).write(connectionClose(320, "CONNECTION_FORCED - test"));
  }
}

type Overrides = Partial<ReconnectingConnectionOptions>;

function setUp(urls: readonly string[], overrides: Overrides = {}) {
  const clock = new ManualClock();
  const sessions: AmqpSession[] = [];
  const reconnected = new Events<void>();
  const givenUp = new Events<AgentStopped>();
  const connection = new ReconnectingConnection({
    name: "test connection",
    addresses: urls.map((url) => ServerAddress.parse(url)),
    tls: {},
    clock,
    randomness: systemRandomness,
    transport: systemTransport,
    reconnectTimeoutMs: 600_000,
    setUp: (session) => {
      sessions.push(session);
      return Promise.resolve();
    },
    onReconnected: () => reconnected.add(),
    onGiveUp: (error) => givenUp.add(error),
    ...overrides,
  });
  return { clock, connection, sessions, reconnected, givenUp };
}

/** As `setUp`, with the ports of brokers, and those that are tried. */
function setUpRecorded(...brokers: Broker[]) {
  const urls = brokers.map((broker) => broker.url());
  const tried: number[] = [];
  return {
    ...setUp(urls, { transport: recordingTransport(tried) }),
    ports: urls.map((url) => Number(new URL(url).port)),
    tried,
  };
}

Deno.test(needing({ permissions: needs }, {
  name: "ReconnectingConnection.connect() takes the first address that answers",
  fn: async () => {
    await using broker = new Broker();
    const { connection, sessions } = setUp([UNUSED_ADDRESS, broker.url()]);
    assert.equal(connection.session, undefined);
    await connection.connect();
    assert.equal(connection.session, sessions[0]);
    assert.equal(await connection.established(), sessions[0]);
    await connection.close();
    assert.equal(connection.session, undefined);
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "ReconnectingConnection.connect() names all addresses, without passwords",
  fn: async () => {
    const { connection } = setUp([UNUSED_ADDRESS, "amqp://127.0.0.1:2/b"]);
    await assert.rejects(connection.connect(), (error) => {
      assert(error instanceof ConnectFailed);
      assert.match(
        error.message,
        /^Cannot connect to amqp:\/\/user:\*{6}@127\.0\.0\.1:1\/, amqp:\/\/127\.0\.0\.1:2\/b: .*ECONNREFUSED/,
      );
      assert(error.cause instanceof AmqpError);
      assert.doesNotMatch(Deno.inspect(error, { depth: 20 }), /secret/);
      return true;
    });
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "ReconnectingConnection.connect() keeps the kind of failure that setUp throws",
  fn: async () => {
    await using broker = new Broker();
    const { connection } = setUp([broker.url()], {
      setUp: () => Promise.reject(new TokenInUse("source-a")),
    });
    await assert.rejects(connection.connect(), TokenInUse);
  },
}));

Deno.test(needing({ permissions: needs }, {
  name:
    "ReconnectingConnection.connect() does not look at other addresses for what one has refused",
  fn: async () => {
    await using broker = new Broker();
    const { connection } = setUp([broker.url(), UNUSED_ADDRESS], {
      setUp: () => Promise.reject(new TokenInUse("source-a")),
    });
    await assert.rejects(connection.connect(), TokenInUse);
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "ReconnectingConnection.connect() begins with the address that has answered before",
  fn: async () => {
    await using broker = new Broker();
    const url = broker.url();
    const tried: number[] = [];
    let attempts = 0;
    const { connection } = setUp([UNUSED_ADDRESS, url], {
      transport: recordingTransport(tried),
      setUp: () => {
        return attempts++ === 0 ? Promise.reject(new TokenInUse("source-a")) : Promise.resolve();
      },
    });
    await assert.rejects(connection.connect(), TokenInUse);
    await connection.connect();
    const port = Number(new URL(url).port);
    assert.deepEqual(tried, [Number(new URL(UNUSED_ADDRESS).port), port, port]);
    await connection.close();
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "ReconnectingConnection.connect() gives a silent host ten seconds",
  fn: async () => {
    const reached = Promise.withResolvers<void>();
    await using server = new RudeServer(async (connection) => {
      await connection.greeting();
      reached.resolve();
      await connection.silence();
    });
    const { clock, connection } = setUp([server.url()]);
    const rejected = assert.rejects(connection.connect(), /no answer within 10 s$/);
    await reached.promise;
    await clock.advance(10);
    await rejected;
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "ReconnectingConnection comes back after a loss, with a new session",
  fn: async () => {
    await using broker = new Broker();
    const { clock, connection, sessions, reconnected } = setUp([broker.url("?heartbeat=0")]);
    await connection.connect();
    await broker.forceClose(1);
    await untilBackoff(clock);
    assert.equal(connection.session, undefined);

    const established = connection.established();
    await retryUntil(reconnected.nth(1), clock);
    assert.equal(sessions.length, 2);
    assert.equal(connection.session, sessions[1]);
    assert.equal(await established, sessions[1]);
    await connection.close();
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "ReconnectingConnection tries its addresses in turn",
  fn: async () => {
    await using first = new Broker();
    await using second = new Broker();
    const { clock, connection, reconnected } = setUp([first.url(), UNUSED_ADDRESS, second.url()]);
    await connection.connect();
    await first.forceClose(1);
    await untilBackoff(clock);
    await first[Symbol.asyncDispose]();
    await retryUntil(reconnected.nth(1), clock);
    await second.opened.nth(1);
    await connection.close();
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "ReconnectingConnection tries the address of its last session first",
  fn: async () => {
    await using first = new Broker();
    await using second = new Broker();
    const { clock, connection, reconnected, tried, ports: [a, b] } = setUpRecorded(first, second);
    await connection.connect();
    await clock.advance(LONG_SESSION_SECONDS);
    await first.forceClose(1);
    await retryUntil(reconnected.nth(1), clock);
    await clock.advance(LONG_SESSION_SECONDS);
    await first.forceClose(2);
    await untilBackoff(clock);
    await first[Symbol.asyncDispose]();
    await retryUntil(reconnected.nth(2), clock);
    await clock.advance(LONG_SESSION_SECONDS);
    await second.forceClose(1);
    await retryUntil(reconnected.nth(3), clock);
    assert.deepEqual(tried, [a, a, a, b, b]);
    await connection.close();
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "ReconnectingConnection leaves an address whose session has ended at once",
  fn: async () => {
    await using first = new Broker();
    await using second = new Broker();
    const { clock, connection, reconnected, tried, ports: [a, b] } = setUpRecorded(first, second);
    await connection.connect();
    await first.forceClose(1);
    await retryUntil(reconnected.nth(1), clock);
    assert.deepEqual(tried, [a, b]);
    await connection.close();
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "ReconnectingConnection tries again when setUp fails after an outage",
  fn: async () => {
    await using broker = new Broker();
    let attempts = 0;
    const { clock, connection, reconnected } = setUp([broker.url("?heartbeat=0")], {
      setUp: () => {
        attempts++;
        // As when the broker has not noticed yet that the old connection is gone.
        return attempts === 2 ? Promise.reject(new TokenInUse("source-a")) : Promise.resolve();
      },
    });
    await connection.connect();
    await broker.forceClose(1);
    await retryUntil(reconnected.nth(1), clock);
    assert.equal(attempts, 3);
    await connection.close();
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "ReconnectingConnection gives up once when an outage lasts too long",
  fn: async () => {
    await using broker = new Broker();
    const { clock, connection, givenUp } = setUp([broker.url("?heartbeat=0")]);
    await connection.connect();
    await broker.forceClose(1);
    await untilBackoff(clock);
    const rejected = assert.rejects(connection.established(), AmqpError);
    clock.stall(600);
    await clock.advance(0);

    const error = await givenUp.nth(1);
    assert(error instanceof ReconnectTimeout);
    assert.equal(error.outageSeconds, 600);
    assert.equal(error.message, "Cannot reconnect: test connection was away for 600 s");
    await rejected;
    await assert.rejects(connection.established(), /test connection was away for 600 s/);
    assert.equal(clock.sleepers, 0);
    await connection.close();
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "ReconnectingConnection.established() is given up when its signal is aborted",
  fn: async () => {
    await using broker = new Broker();
    const { clock, connection } = setUp([broker.url("?heartbeat=0")]);
    await connection.connect();
    await broker.forceClose(1);
    await untilBackoff(clock);
    const stop = new AbortController();
    const established = connection.established(stop.signal);
    stop.abort("enough");
    await assert.rejects(established, /^AmqpError: Cannot use test connection: enough$/);
    await connection.close();
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "ReconnectingConnection.established() rejects before connect and after close",
  fn: async () => {
    const { connection } = setUp([UNUSED_ADDRESS]);
    await assert.rejects(connection.established(), /: not connected$/);
    await connection.close();
    await assert.rejects(connection.established(), /: it is closed$/);
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "ReconnectingConnection.close() ends the wait for the next attempt",
  fn: async () => {
    await using broker = new Broker();
    const { clock, connection, sessions } = setUp([broker.url("?heartbeat=0")]);
    await connection.connect();
    await broker.forceClose(1);
    await untilBackoff(clock);
    await connection.close();
    assert.equal(clock.sleepers, 0);
    assert.equal(sessions.length, 1);
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "ReconnectingConnection.close() ends an attempt that is under way",
  fn: async () => {
    const steps: Record<string, (connection: RudeConnection) => Promise<unknown>> = {
      greeting: (connection) => connection.greeting(),
      handshake: (connection) => connection.handshake(),
      channel: async (connection) => {
        await connection.handshake();
        await connection.expect(20, 10);
      },
    };
    for (const [step, run] of Object.entries(steps)) {
      const reached = Promise.withResolvers<void>();
      await using server = new RudeServer(async (connection) => {
        await run(connection);
        reached.resolve();
        await connection.silence();
      });
      const { clock, connection } = setUp([server.url("?heartbeat=0")]);
      const rejected = assert.rejects(connection.connect(), /stopped while connecting/, step);
      await reached.promise;
      await connection.close();
      await rejected;
      assert.equal(clock.sleepers, 0, step);
    }
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "ReconnectingConnection.close() ends an attempt whose setUp is under way",
  fn: async () => {
    await using broker = new Broker();
    const begun = Promise.withResolvers<void>();
    const { connection } = setUp([broker.url("?heartbeat=0")], {
      setUp: async (session) => {
        begun.resolve();
        // The broker of this test never answers it.
        await session.requireExchange("metricq.management");
      },
    });
    const rejected = assert.rejects(connection.connect(), ConnectFailed);
    await begun.promise;
    await connection.close();
    await rejected;
  },
}));
