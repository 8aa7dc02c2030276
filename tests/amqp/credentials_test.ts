import assert from "node:assert/strict";
import { askCredentials } from "../../src/amqp/credentials.ts";
import { ReconnectingConnection } from "../../src/amqp/reconnecting_connection.ts";
import { ServerAddress } from "../../src/amqp/server_address.ts";
import { systemTransport } from "../../src/amqp/transport.ts";
import { AmqpError, ConnectFailed } from "../../src/errors.ts";
import { systemRandomness } from "../../src/randomness.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { untilBackoff } from "../support/clock.ts";
import { Events } from "../support/events.ts";
import { needing } from "../support/needing.ts";
import { connectionClose, method, OPEN_OK, RudeServer, START, tune, u32 } from "./rude_server.ts";

const needs = [{ name: "net" }] as const;

Deno.test("askCredentials() takes a provider that answers at once, and one that takes its time", async () => {
  const credentials = { username: "me", password: "secret" };
  assert.deepEqual(await askCredentials(() => credentials), credentials);
  assert.deepEqual(await askCredentials(() => Promise.resolve(credentials)), credentials);
});

Deno.test("askCredentials() rejects with the provider's reason, without the password", async () => {
  await assert.rejects(
    askCredentials(() => {
      throw new Error("vault://me:secret@vault/ is sealed");
    }),
    { name: "AmqpError", message: "Cannot get credentials: vault://me:******@vault/ is sealed" },
  );
});

Deno.test("askCredentials() rejects what are not credentials, and shows nothing of it", async () => {
  // As a program in JavaScript may do it.
  const given: unknown[] = [undefined, null, "secret", {}, { username: "me" }, {
    password: "secret",
  }];
  for (const credentials of given) {
    await assert.rejects(Reflect.apply(askCredentials, undefined, [() => credentials]), (error) => {
      assert(error instanceof AmqpError);
      assert.match(error.message, /^Cannot get credentials: /);
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
  }
});

Deno.test("ServerAddress.withCredentials() changes the user and nothing else", () => {
  const address = ServerAddress.parse("amqps://a:b@host:1234/data?heartbeat=3");
  const other = address.withCredentials({ username: "u%/@", password: "p:ä?#" });
  assert.equal(other.username, "u%/@");
  assert.equal(other.password, "p:ä?#");
  assert.equal(address.password, "b");
  assert.equal(String(other), "amqps://u%25%2F%40:******@host:1234/data?heartbeat=3");
});

/** A broker that notes the logins. */
class Broker extends RudeServer {
  readonly logins: Events<string>;
  readonly close: () => void;

  constructor() {
    const logins = new Events<string>();
    let close = Promise.withResolvers<void>();
    super(async (connection) => {
      await connection.greeting();
      await connection.write(START);
      const startOk = new TextDecoder().decode(await connection.expect(10, 11));
      logins.add(/\0([\w]+\0\w+)\0/.exec(startOk)?.[1]?.replace("\0", ":") ?? "");
      await connection.write(tune());
      await connection.expect(10, 40);
      await connection.write(OPEN_OK);
      await connection.expect(20, 10);
      await connection.write(method(1, 20, 11, u32(0)));
      await close.promise;
      close = Promise.withResolvers();
      await connection.write(connectionClose(320, "CONNECTION_FORCED - test"));
      await connection.idle();
    });
    this.logins = logins;
    this.close = () => close.resolve();
  }
}

Deno.test(needing({ permissions: needs }, {
  name: "ReconnectingConnection asks for credentials at every login",
  fn: async () => {
    await using broker = new Broker();
    const clock = new ManualClock();
    const passwords = ["old", "new"];
    const connection = new ReconnectingConnection({
      name: "test connection",
      addresses: [ServerAddress.parse(broker.url("?heartbeat=0"))],
      tls: {},
      credentials: () => {
        const password = passwords.shift();
        if (password === undefined) throw new Error("no more");
        return { username: "me", password };
      },
      clock,
      randomness: systemRandomness,
      transport: systemTransport,
      reconnectTimeoutMs: 600_000,
      setUp: () => Promise.resolve(),
      onGiveUp: () => {},
    });
    await connection.connect();
    assert.equal(await broker.logins.nth(1), "me:old");
    broker.close();
    await untilBackoff(clock);
    await clock.advance(1);
    assert.equal(await broker.logins.nth(2), "me:new");

    // A provider that fails is one more reason to try again.
    await connection.established();
    broker.close();
    await untilBackoff(clock);
    await clock.advance(1);
    await untilBackoff(clock);
    passwords.push("newest");
    await clock.advance(1);
    assert.equal(await broker.logins.nth(3), "me:newest");
    await connection.close();
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "ReconnectingConnection.connect() rejects when there are no credentials",
  fn: async () => {
    const clock = new ManualClock();
    const make = (credentials: () => Promise<never>) =>
      new ReconnectingConnection({
        name: "test connection",
        addresses: [ServerAddress.parse("amqp://127.0.0.1:1/")],
        tls: {},
        credentials,
        clock,
        randomness: systemRandomness,
        transport: systemTransport,
        reconnectTimeoutMs: 600_000,
        setUp: () => Promise.resolve(),
        onGiveUp: () => {},
      });
    const failing = make(() => Promise.reject(new Error("sealed")));
    await assert.rejects(failing.connect(), (error) => {
      assert(error instanceof ConnectFailed);
      assert.match(error.message, /: Cannot get credentials: sealed$/);
      return true;
    });
    const hanging = make(() => new Promise(() => {}));
    const rejected = assert.rejects(
      hanging.connect(),
      /: Cannot get credentials: no answer within 10 s$/,
    );
    await clock.advance(10);
    await rejected;
  },
}));
