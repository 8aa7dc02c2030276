/** What becomes of connections to a faulty broker. */

import assert from "node:assert/strict";
import { AmqpSocket } from "../../src/amqp/amqp_socket.ts";
import {
  ReconnectingConnection,
  type ReconnectingConnectionOptions,
} from "../../src/amqp/reconnecting_connection.ts";
import { ServerAddress } from "../../src/amqp/server_address.ts";
import { systemTransport } from "../../src/amqp/transport.ts";
import { type AgentStopped, ConnectFailed } from "../../src/errors.ts";
import { systemRandomness } from "../../src/randomness.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { until, untilBackoff } from "../support/clock.ts";
import { Events } from "../support/events.ts";
import { LogRecords } from "../support/log_records.ts";
import { needing } from "../support/needing.ts";
import { openSession } from "./open_session.ts";
import {
  connectionClose,
  method,
  OPEN_OK,
  type RudeConnection,
  RudeServer,
  shortString,
  START,
  tune,
  u16,
  u32,
  u8,
} from "./rude_server.ts";

const needs = [{ name: "net" }] as const;

type Step = (connection: RudeConnection) => Promise<void>;

/** A broker that does with each connection the next of some things, and the last ever after. */
function inTurn(...steps: readonly Step[]): RudeServer {
  let count = 0;
  return new RudeServer((connection) => {
    const step = steps[Math.min(count++, steps.length - 1)];
    return step ? step(connection) : Promise.resolve();
  });
}

/** Lets the client in, and closes the connection when that has settled. */
const letInUntil = (close: Promise<void>): Step => async (connection) => {
  await connection.channel();
  await close;
  await connection.write(connectionClose(320, "CONNECTION_FORCED - test"));
  await connection.idle();
};

const refuse: Step = async (connection) => {
  await connection.greeting();
  await connection.write(START);
  await connection.expect(10, 11);
  await connection.write(connectionClose(403, "ACCESS_REFUSED - Login was refused"));
  await connection.silence();
};

const letIn: Step = async (connection) => {
  await connection.channel();
  await connection.idle();
};

function makeSocket(url: string, clock = new ManualClock()): AmqpSocket {
  return new AmqpSocket(ServerAddress.parse(url), {
    name: "test",
    tls: {},
    clock,
    transport: systemTransport,
  });
}

function setUp(
  addresses: readonly ServerAddress[],
  overrides: Partial<ReconnectingConnectionOptions> = {},
) {
  const clock = new ManualClock();
  const reconnected = new Events<void>();
  const givenUp = new Events<AgentStopped>();
  const connection = new ReconnectingConnection({
    name: "test connection",
    addresses,
    tls: {},
    clock,
    randomness: systemRandomness,
    transport: systemTransport,
    reconnectTimeoutMs: 600_000,
    setUp: () => Promise.resolve(),
    onReconnected: () => reconnected.add(),
    onGiveUp: (error) => givenUp.add(error),
    ...overrides,
  });
  return { clock, connection, reconnected, givenUp };
}

/** Steps the clock from attempt to attempt. */
async function untilGivenUp(clock: ManualClock, givenUp: Events<AgentStopped>): Promise<void> {
  const isBackingOff = () => (clock.nextDeadlineMs ?? Infinity) - clock.nowMs() <= 1000;
  while (givenUp.all.length === 0) {
    await until(() => isBackingOff() || givenUp.all.length > 0);
    await clock.advance(1);
  }
}

Deno.test(needing({ permissions: needs }, {
  name: "ReconnectingConnection gives up a broker that goes on to refuse it",
  fn: async () => {
    const close = Promise.withResolvers<void>();
    await using broker = inTurn(letInUntil(close.promise), refuse);
    const { clock, connection, givenUp } = setUp([
      ServerAddress.parse(broker.url("?heartbeat=0")),
    ]);
    await connection.connect();
    close.resolve();
    await untilGivenUp(clock, givenUp);
    assert(clock.nowMs() >= 30_000);
    const error = await givenUp.nth(1);
    assert(error instanceof ConnectFailed);
    assert.match(
      error.message,
      /^Cannot reconnect: test connection was refused \d\d times: Broker closed the connection: ACCESS_REFUSED - Login was refused$/,
    );
    await assert.rejects(connection.established(), { name: "AmqpError", message: error.message });
    assert.equal(clock.sleepers, 0);
    await connection.close();
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "ReconnectingConnection gives up a broker that lets it in and refuses it then",
  fn: async () => {
    await using broker = new RudeServer(async (connection) => {
      await connection.channel();
      await connection.expect(85, 10);
      await connection.write(method(1, 85, 11));
      await connection.write(
        method(1, 20, 40, u16(403), shortString("ACCESS_REFUSED - publish"), u16(60), u16(40)),
      );
      await connection.idle();
    });
    const { clock, connection, givenUp } = setUp(
      [ServerAddress.parse(broker.url("?heartbeat=0"))],
      {
        setUp: async (session) => {
          const listener = { onConfirm: () => {}, onWritable: () => {} };
          await session.confirmedPublisher("data", {}, listener);
        },
      },
    );
    await connection.connect();
    await untilGivenUp(clock, givenUp);
    assert(clock.nowMs() >= 30_000);
    assert.match(
      String(await givenUp.nth(1)),
      /^ConnectFailed: Cannot reconnect: test connection was refused \d\d times: .*ACCESS_REFUSED - publish$/,
    );
    await connection.close();
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "ReconnectingConnection comes back to a broker that has refused it for a moment",
  fn: async () => {
    const close = Promise.withResolvers<void>();
    await using broker = inTurn(letInUntil(close.promise), refuse, refuse, refuse, letIn);
    const { clock, connection, reconnected, givenUp } = setUp([
      ServerAddress.parse(broker.url("?heartbeat=0")),
    ]);
    await connection.connect();
    close.resolve();
    await until(() => connection.session === undefined);
    for (let attempt = 0; attempt < 4; attempt++) {
      await untilBackoff(clock);
      await clock.advance(1);
    }
    await reconnected.nth(1);
    assert.equal(givenUp.all.length, 0);
    await connection.close();
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "ReconnectingConnection tries again when a name cannot be resolved for a while",
  fn: async () => {
    await using logged = await LogRecords.capture();
    const close = Promise.withResolvers<void>();
    await using broker = inTurn(letInUntil(close.promise), letIn);
    const address = ServerAddress.parse(broker.url("?heartbeat=0"));
    const addresses = [address];
    const { clock, connection, reconnected } = setUp(addresses);
    await connection.connect();
    close.resolve();
    addresses[0] = ServerAddress.parse("amqp://broker.invalid/");
    await until(() => connection.session === undefined);
    const failures = () =>
      logged.messages("debug").filter((text) => text.includes("the host name cannot be resolved"));
    while (failures().length < 3) {
      await untilBackoff(clock);
      await clock.advance(1);
    }
    await untilBackoff(clock);
    assert.equal(reconnected.all.length, 0);
    addresses[0] = address;
    await clock.advance(1);
    await reconnected.nth(1);
    await connection.close();
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "ReconnectingConnection gives the whole of an attempt ten seconds",
  fn: async () => {
    await using broker = inTurn(letIn);
    const begun = Promise.withResolvers<void>();
    const { clock, connection } = setUp([ServerAddress.parse(broker.url("?heartbeat=0"))], {
      setUp: async (session) => {
        begun.resolve();
        await session.requireExchange("metricq.management"); // this broker never answers that
      },
    });
    const rejected = assert.rejects(connection.connect(), /no answer within 10 s$/);
    await begun.promise;
    await clock.advance(10);
    await rejected;
    assert.equal(clock.sleepers, 0);
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "AmqpSocket finds a dead peer within two intervals while it publishes",
  fn: async () => {
    const over = Promise.withResolvers<void>();
    await using broker = new RudeServer(async (connection) => {
      await connection.handshake({ heartbeatSeconds: 1 });
      await over.promise; // reads nothing more, and says nothing
    });
    const clock = new ManualClock();
    const socket = makeSocket(broker.url("?heartbeat=1"), clock);
    await socket.connect();
    for (let ms = 0; ms < 1999; ms++) {
      void socket.send(new Uint8Array(10_000));
      await clock.advance(0.001);
    }
    assert.equal(socket.closed, false);
    assert(socket.backlogBytes > 0);
    await clock.advance(0.001);
    assert.equal((await socket.ended)?.message, "Connection lost: no sign of life for 2 s");
    assert.equal(socket.backlogBytes, 0);
    over.resolve();
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "AmqpSocket reads what has arrived before it takes its peer for dead",
  fn: async () => {
    const clock = new ManualClock();
    const connected = Promise.withResolvers<void>();
    const read = Promise.withResolvers<void>();
    await using broker = new RudeServer(async (connection) => {
      await connection.handshake({ heartbeatSeconds: 1 });
      await connected.promise;
      // As when the program was suspended for a minute: its timers are due before its input is read.
      clock.stall(60);
      await clock.advance(0);
      await connection.write(method(0, 10, 61)); // any sign of life
      await connection.silence();
    });
    const socket = makeSocket(broker.url("?heartbeat=1"), clock);
    socket.onunblocked = () => read.resolve();
    await socket.connect();
    connected.resolve();
    await read.promise;
    await clock.advance(1.999);
    assert.equal(socket.closed, false);
    await clock.advance(0.001);
    assert.match(String(await socket.ended), /no sign of life/);
  },
}));

for (const [what, frameMax] of Object.entries({ "no limit": 0, "AMQP's least": 4096 })) {
  Deno.test(needing({ permissions: needs }, {
    name: `AmqpSocket.connect() takes ${what} as the size of frames`,
    fn: async () => {
      await using broker = new RudeServer(async (connection) => {
        await connection.greeting();
        await connection.write(START, tune(0, frameMax), OPEN_OK);
        await connection.silence();
      });
      const socket = makeSocket(broker.url());
      await socket.connect();
      assert.equal(socket.frameMax, frameMax || 131_072);
      socket.destroy();
    },
  }));
}

Deno.test(needing({ permissions: needs }, {
  name: "AmqpSocket gives up a broker that wants frames smaller than AMQP's least",
  fn: async () => {
    await using broker = new RudeServer(async (connection) => {
      await connection.handshake();
      await connection.write(tune(0, 4095));
      await connection.silence();
    });
    const socket = makeSocket(broker.url());
    await socket.connect();
    assert.match(String(await socket.ended), /the broker sent what is not AMQP 0-9-1$/);
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "AmqpSession gives up a broker that confirms what was never sent",
  fn: async () => {
    await using broker = new RudeServer(async (connection) => {
      await connection.channel();
      await connection.expect(85, 10);
      await connection.write(method(1, 85, 11));
      await connection.expect(60, 40);
      await connection.write(method(1, 60, 80, u32(0), u32(2), u8(1)));
      await connection.idle();
    });
    const session = await openSession(broker.url("?heartbeat=0"));
    const confirms: unknown[] = [];
    const publisher = await session.confirmedPublisher("data", {}, {
      onConfirm: (...confirm) => confirms.push(confirm),
      onWritable: () => {},
    });
    publisher.publish("test.a", new Uint8Array(1));
    assert.equal(
      (await session.ended)?.message,
      "Connection given up: message 2 is confirmed, 1 were sent",
    );
    assert.deepEqual(confirms, []);
  },
}));
