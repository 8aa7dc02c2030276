import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { setImmediate } from "node:timers";
import { AmqpSocket } from "../../src/amqp/amqp_socket.ts";
import { ServerAddress } from "../../src/amqp/server_address.ts";
import { type ByteStream, systemTransport } from "../../src/amqp/transport.ts";
import { AmqpError } from "../../src/errors.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { Events } from "../support/events.ts";
import { needing } from "../support/needing.ts";
import {
  concat,
  connectionClose,
  frame,
  method,
  OPEN_OK,
  RudeServer,
  START,
  tune,
  u32,
  u8,
} from "./rude_server.ts";

const needs = [{ name: "net" }] as const;
const CUT_OFF = /^Connection (lost|failed): /;
const NOT_AMQP = /^Connection given up: the broker sent what is not AMQP 0-9-1$/;

function makeSocket(url: string, clock = new ManualClock()): AmqpSocket {
  return new AmqpSocket(ServerAddress.parse(url), {
    name: "test",
    tls: {},
    clock,
    transport: systemTransport,
  });
}

async function failureOf(promise: Promise<unknown>): Promise<AmqpError> {
  const error = await promise.then(() => undefined, (error) => error);
  assert(error instanceof AmqpError, `${error}`);
  return error;
}

/** The end of a connection that a test holds in its hands. */
class HeldStream implements ByteStream {
  readonly written: number[] = [];
  readonly #listeners = new Map<string, (what: never) => void>();

  on(event: string, listener: (what: never) => void): void {
    this.#listeners.set(event, listener);
  }

  emit(event: string, what?: unknown): void {
    this.#listeners.get(event)?.(what as never); // as `on` was told
  }

  write(bytes: Uint8Array, onTaken?: () => void): void {
    this.written.push(...bytes);
    onTaken?.();
  }

  destroySoon(): void {
    this.emit("close");
  }

  destroy(): void {
    this.emit("close");
  }
}

Deno.test("AmqpSocket.connect() goes over the transport that it is given", async () => {
  const clock = new ManualClock();
  const stream = new HeldStream();
  const opened: unknown[] = [];
  const socket = new AmqpSocket(ServerAddress.parse("amqps://[::1]:5/"), {
    name: "test",
    tls: { cert: "mine" },
    clock,
    transport: (address, tls, onOpen) => {
      opened.push(address, tls);
      queueMicrotask(onOpen);
      return stream;
    },
  });
  const failed = assert.rejects(socket.connect(), { message: "Connection failed: it is dark" });
  await clock.advance(0);
  assert.deepEqual(opened, [{ hostname: "::1", port: 5 }, { cert: "mine" }]);
  assert.equal(String.fromCharCode(...stream.written), "AMQP\x00\x00\x09\x01");
  stream.emit("error", new Error("it is dark"));
  await failed;
});

Deno.test(needing({ permissions: needs }, {
  name: "AmqpSocket.connect() logs in, however the broker's bytes are cut",
  fn: async () => {
    const lengths = [START, tune(), OPEN_OK].map((bytes) => bytes.byteLength);
    for (const [which, length] of lengths.entries()) {
      for (let at = 1; at < length; at++) {
        await using server = new RudeServer(async (connection) => {
          await connection.greeting();
          await connection.writeCut(START, which === 0 ? at : 0);
          await connection.expect(10, 11);
          await connection.writeCut(tune(), which === 1 ? at : 0);
          await connection.expect(10, 40);
          await connection.writeCut(OPEN_OK, which === 2 ? at : 0);
          await connection.silence();
        });
        const socket = makeSocket(server.url());
        await socket.connect();
        socket.destroy();
      }
    }
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "AmqpSocket.connect() logs in when every byte comes alone, or all come at once",
  fn: async () => {
    await using singly = new RudeServer(async (connection) => {
      await connection.greeting();
      await connection.writeSingly(concat([START, tune(), OPEN_OK]));
      await connection.silence();
    });
    await using atOnce = new RudeServer(async (connection) => {
      await connection.greeting();
      await connection.write(START, tune(), OPEN_OK);
      await connection.silence();
    });
    for (const server of [singly, atOnce]) {
      const socket = makeSocket(server.url());
      await socket.connect();
      assert.equal(socket.closed, false);
      socket.destroy();
      assert.equal(await socket.ended, undefined);
    }
  },
}));

const handshakes: Record<string, readonly [answer: Uint8Array, message: RegExp]> = {
  "text of another protocol": [
    new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n"),
    NOT_AMQP,
  ],
  "another version of AMQP": [Uint8Array.of(65, 77, 81, 80, 0, 1, 0, 0), NOT_AMQP],
  "random bytes": [Uint8Array.from({ length: 5000 }, (_, i) => i * 197 % 251), NOT_AMQP],
  "a frame larger than agreed": [concat([u8(1), u8(0), u8(0), u32(131_073)]), NOT_AMQP],
  "a frame without its end": [START.with(START.byteLength - 1, 0), NOT_AMQP],
  "a method whose arguments are missing": [method(0, 10, 50), NOT_AMQP],
  "an unknown method": [method(0, 99, 99), CUT_OFF],
  "a frame of an unknown type": [frame(77, 0, u32(0)), CUT_OFF],
  "a frame on a channel that is not open": [frame(1, 12, u32(0)), CUT_OFF],
  "nothing": [new Uint8Array(0), CUT_OFF],
  "half of a frame": [START.subarray(0, 20), CUT_OFF],
  "its first frame only": [START, CUT_OFF],
};

for (const [what, [answer, message]] of Object.entries(handshakes)) {
  Deno.test(needing({ permissions: needs }, {
    name: `AmqpSocket.connect() rejects when the broker sends ${what} and leaves`,
    fn: async () => {
      await using server = new RudeServer(async (connection) => {
        await connection.greeting();
        await connection.write(answer);
      });
      const socket = makeSocket(server.url());
      const error = await failureOf(socket.connect());
      assert.match(error.message, message);
      assert.equal(await socket.ended, error);
      assert.equal(socket.closed, true);
    },
  }));
}

Deno.test(needing({ permissions: needs }, {
  name: "AmqpSocket.connect() rejects when nothing listens",
  fn: async () => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    listener.close();
    const error = await failureOf(makeSocket(`amqp://127.0.0.1:${port}/`).connect());
    assert.match(error.message, new RegExp(`^Connection failed: .*ECONNREFUSED.*${port}`));
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "AmqpSocket.connect() rejects at once when aborted",
  fn: async () => {
    const gone = Promise.withResolvers<void>();
    const stop = new AbortController();
    await using server = new RudeServer(async (connection) => {
      await connection.greeting();
      stop.abort();
      await connection.silence().finally(() => gone.resolve());
    });
    const error = await failureOf(makeSocket(server.url()).connect(stop.signal));
    assert.match(error.message, /^Cannot connect: stopped while connecting$/);
    await gone.promise;

    await failureOf(makeSocket(server.url()).connect(stop.signal));
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "AmqpSocket.connect() rejects with the broker's code and words",
  fn: async () => {
    await using server = new RudeServer(async (connection) => {
      await connection.greeting();
      await connection.write(START);
      await connection.expect(10, 11);
      await connection.write(connectionClose(403, "ACCESS_REFUSED - Login was refused"));
      await connection.silence();
    });
    const error = await failureOf(makeSocket(server.url()).connect());
    assert.equal(error.code, 403);
    assert.equal(
      error.message,
      "Broker closed the connection: ACCESS_REFUSED - Login was refused",
    );
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "AmqpSocket.ended tells why the broker closed, and the broker is answered",
  fn: async () => {
    const answered = Promise.withResolvers<void>();
    await using server = new RudeServer(async (connection) => {
      await connection.handshake();
      await connection.write(connectionClose(320, "CONNECTION_FORCED - maintenance"));
      await connection.expect(10, 51);
      answered.resolve();
    });
    const socket = makeSocket(server.url());
    await socket.connect();
    const error = await socket.ended;
    assert.equal(error?.code, 320);
    assert.equal(error.message, "Broker closed the connection: CONNECTION_FORCED - maintenance");
    await answered.promise;
  },
}));

for (
  const [what, bytes] of Object.entries({
    "what is not AMQP": new TextEncoder().encode("What time is it over there?"),
    "a frame larger than agreed": concat([u8(8), u8(0), u8(0), u32(500_000)]),
  })
) {
  Deno.test(needing({ permissions: needs }, {
    name: `AmqpSocket gives a connection up on which the broker sends ${what}`,
    fn: async () => {
      const connected = Promise.withResolvers<void>();
      const gone = Promise.withResolvers<void>();
      await using server = new RudeServer(async (connection) => {
        await connection.handshake();
        await connected.promise;
        await connection.write(bytes);
        await connection.silence().finally(() => gone.resolve());
      });
      const socket = makeSocket(server.url());
      await socket.connect();
      connected.resolve();
      const error = await socket.ended;
      assert(error instanceof AmqpError);
      assert.match(error.message, NOT_AMQP);
      await gone.promise;
    },
  }));
}

Deno.test(needing({ permissions: needs }, {
  name: "AmqpSocket gives a connection up after two heartbeat intervals of silence",
  fn: async () => {
    const heartbeats = new Events<void>();
    const gone = Promise.withResolvers<void>();
    await using server = new RudeServer(async (connection) => {
      await connection.handshake({ heartbeatSeconds: 4 });
      try {
        while (true) {
          const [type] = await connection.frame();
          if (type === 8) heartbeats.add();
        }
      } finally {
        gone.resolve();
      }
    });
    const clock = new ManualClock();
    const socket = makeSocket(server.url("?heartbeat=10"), clock);
    await socket.connect();
    await clock.advance(7.999);
    assert.equal(socket.closed, false);
    await heartbeats.nth(3); // ours, which prove nothing about the broker

    await clock.advance(0.001); // twice the broker's 4 s, which are less than our 10 s
    assert.equal((await socket.ended)?.message, "Connection lost: no sign of life for 8 s");
    await gone.promise;
    assert.equal(clock.sleepers, 0);
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "AmqpSocket keeps a silent connection whose heartbeats are off",
  fn: async () => {
    await using server = new RudeServer(async (connection) => {
      await connection.handshake();
      await connection.silence();
    });
    const clock = new ManualClock();
    const socket = makeSocket(server.url("?heartbeat=0"), clock);
    await socket.connect();
    await clock.advance(86400);
    assert.equal(socket.closed, false);
    socket.destroy();
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "AmqpSocket.blocked is the broker's reason for as long as it blocks",
  fn: async () => {
    await using server = new RudeServer(async (connection) => {
      await connection.handshake();
      await connection.write(method(0, 10, 60, u8(3), new TextEncoder().encode("low")));
      await connection.expect(20, 10);
      await connection.write(method(0, 10, 61));
      await connection.write(method(1, 20, 11, u32(0)));
      await connection.silence();
    });
    const socket = makeSocket(server.url());
    const blocked = Promise.withResolvers<string>();
    socket.onblocked = (reason) => blocked.resolve(reason);
    await socket.connect();
    assert.equal(await blocked.promise, "low");
    assert.equal(socket.blocked, "low");
    await socket.channel();
    assert.equal(socket.blocked, undefined);
    socket.destroy();
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "AmqpSocket.send() after the end does nothing",
  fn: async () => {
    await using server = new RudeServer((connection) => connection.handshake());
    const socket = makeSocket(server.url());
    await socket.connect();
    await socket.ended;
    await socket.send(new Uint8Array(10));
    assert.equal(socket.backlogBytes, 0);
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "AmqpSocket sends in order what is added while earlier bytes are being written",
  fn: async () => {
    const count = 500;
    const payload = (id: number) => concat([u32(id), new Uint8Array(id * 97 % 60_000).fill(id)]);
    const received = Promise.withResolvers<void>();
    await using server = new RudeServer(async (connection) => {
      await connection.handshake();
      for (let id = 0; id < count; id++) {
        const [, bytes] = await connection.frame();
        if (Buffer.compare(bytes, payload(id)) !== 0) received.reject(new Error(`frame ${id}`));
      }
      received.resolve();
      await connection.silence();
    });
    const socket = makeSocket(server.url());
    await socket.connect();
    for (let id = 0; id < count; id++) {
      void socket.send(frame(3, 1, payload(id)));
      if (id % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    assert(socket.backlogBytes > 0);
    await received.promise;
    socket.destroy();
  },
}));
