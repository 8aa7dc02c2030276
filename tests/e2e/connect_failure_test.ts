/** What a source says when it cannot connect. */

import amqplib from "amqplib";
import assert from "node:assert/strict";
import { ConnectFailed, RpcError, RpcTimeout, TokenInUse } from "../../src/errors.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { freePort } from "../peers/process.ts";
import { sharedVhost } from "../peers/shared_broker.ts";
import { retryUntil, untilBackoff } from "../support/clock.ts";
import { LogRecords } from "../support/log_records.ts";
import { needing } from "../support/needing.ts";
import { Network } from "./network.ts";
import { registrationAnswer, ScriptedManager } from "./scripted_manager.ts";
import { TestSource, type TestSourceOptions } from "./test_source.ts";

const brokerOnly = ["rabbitmq"] as const;
const needs = ["rabbitmq", "metricq"] as const;

/** The error that `connect` rejects with, and `stopped` as well. */
async function failureOf(options: TestSourceOptions): Promise<ConnectFailed> {
  const source = new TestSource(options);
  const error = await source.connect().then(() => undefined, (error) => error);
  assert(error instanceof ConnectFailed, Deno.inspect(error));
  await assert.rejects(source.stopped(), error);
  return error;
}

function withPassword(url: string, password: string): string {
  const changed = new URL(url);
  changed.password = password;
  return changed.href;
}

Deno.test(needing({ peers: needs }, {
  name: "Source.connect() rejects with TokenInUse, and the token",
  fn: async () => {
    await using network = await Network.start();
    await using first = new TestSource({ url: network.url });
    await first.connect();

    const error = await failureOf({ url: network.url });
    assert(error instanceof TokenInUse);
    assert.equal(error.token, "source-test");
    assert.equal(
      error.message,
      'Cannot connect: token "source-test" is already in use by another agent',
    );
    await first.rpc("get_metrics"); // the first one is not disturbed
  },
}));

Deno.test(needing({ peers: brokerOnly }, {
  name: "Source.connect() waits a moment for its token, which RabbitMQ 4 gives free late",
  fn: async () => {
    const { url, name } = await sharedVhost();
    const answers = { "source.register": registrationAnswer(name) };
    await using _manager = await ScriptedManager.start(url, answers);
    const before = await amqplib.connect(url);
    await (await before.createChannel()).assertQueue("source-test-rpc", { exclusive: true });
    const clock = new ManualClock();
    await using source = new TestSource({ url: `${url}?heartbeat=0`, clock });
    const connected = source.connect();
    await untilBackoff(clock);
    await before.close();
    await retryUntil(connected, clock);
    assert.equal(source.health.status, "connected");
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "Source.connect() with addUuid shares a token",
  fn: async () => {
    await using network = await Network.start();
    await using first = new TestSource({ url: network.url, addUuid: true });
    await using second = new TestSource({ url: network.url, addUuid: true });
    await Promise.all([first.connect(), second.connect()]);
  },
}));

Deno.test(needing({ peers: brokerOnly }, {
  name: "Source.connect() to a broker without a manager says that one is required",
  fn: async () => {
    const { url } = await sharedVhost();
    const error = await failureOf({ url });
    assert.equal(
      error.message,
      `Cannot connect to ${
        url.replace(":guest@", ":******@")
      }: this broker has no exchange "metricq.management" or "metricq.broadcast", a MetricQ manager that makes them is required`,
    );
    assert(error.cause instanceof Error);
  },
}));

Deno.test(needing({ peers: brokerOnly }, {
  name: "Source.connect() rejects with RpcTimeout as its cause when the manager is silent",
  fn: async () => {
    const { url } = await sharedVhost();
    await using manager = await ScriptedManager.start(url);
    const clock = new ManualClock();
    const failed = failureOf({ url: `${url}?heartbeat=0`, clock, rpcTimeout: "5s" });
    assert.equal((await manager.requests.nth(1)).function, "source.register");
    await clock.advance(5);
    const error = await failed;
    assert.equal(
      error.message,
      'Cannot start "source-test": Cannot call source.register: no answer within 5 s',
    );
    assert(error.cause instanceof RpcTimeout);
    assert.equal(error.cause.timeoutSeconds, 5);
  },
}));

const answers: Record<string, readonly [answer: unknown, message: RegExp]> = {
  "an error": [
    { error: "You are not welcome" },
    /Cannot call source\.register: You are not welcome$/,
  ],
  "another thing that is missing": [
    { error: "Database config was not found" },
    /Cannot call source\.register: Database config was not found$/,
  ],
  "nothing of what is required": [{}, /"dataServerAddress" and "dataExchange" are required/],
  "an address that is none": [
    { dataServerAddress: "metricq.example", dataExchange: "metricq.data" },
    /Cannot use server URL: "metricq\.example" is given/,
  ],
  "numbers": [{ dataServerAddress: 1, dataExchange: 2 }, /are required as texts$/],
  "an exchange that does not exist": [
    { dataServerAddress: "vhost:{vhost}", dataExchange: "absent" },
    /NOT_FOUND - no exchange 'absent'/,
  ],
  "a virtual host that does not exist": [
    { dataServerAddress: "vhost:absent", dataExchange: "metricq.data" },
    /vhost absent not found/,
  ],
};

Deno.test(needing({ peers: brokerOnly }, {
  name: "Source.connect() rejects when the manager answers source.register with",
  fn: async (t) => {
    const { url, name } = await sharedVhost();
    await using manager = await ScriptedManager.start(url);
    for (const [what, [answer, message]] of Object.entries(answers)) {
      await t.step(what, async () => {
        manager.answers = {
          "source.register": JSON.stringify(answer).replace("{vhost}", name),
        };
        const error = await failureOf({ url });
        assert.match(error.message, message);
        assert.doesNotMatch(Deno.inspect(error, { depth: 20 }), /guest:guest/);
      });
    }
  },
}));

Deno.test(needing({ peers: brokerOnly }, {
  name: "Source.connect() goes on waiting when the manager's answer to source.register is",
  fn: async (t) => {
    const { url } = await sharedVhost();
    await using manager = await ScriptedManager.start(url);
    const bodies = { "no JSON": "{", "a list": "[]", "a text": '"yes"' };
    for (const [what, body] of Object.entries(bodies)) {
      await t.step(what, async () => {
        await using logged = await LogRecords.capture();
        manager.answers = { "source.register": body };
        const clock = new ManualClock();
        const failed = failureOf({ url: `${url}?heartbeat=0`, clock });
        await logged.logged("error", /^Ignoring a message from manager: Cannot read message/);
        await clock.advance(60);
        assert((await failed).cause instanceof RpcTimeout);
      });
    }
  },
}));

Deno.test(needing({ peers: brokerOnly }, {
  name: "Source.connect() with a wrong password says so, and shows it nowhere",
  fn: async () => {
    await using logged = await LogRecords.capture();
    const { url } = await sharedVhost();
    const source = new TestSource({ url: withPassword(url, "s3cr3t") });
    const error = await source.connect().catch((error) => error);
    assert(error instanceof ConnectFailed);
    assert.match(error.message, /^Cannot connect to amqp:\/\/guest:\*{6}@.*: .*ACCESS_REFUSED/);
    assert(error.cause instanceof Error && "code" in error.cause);
    assert.equal(error.cause.code, 403);
    for (const shown of [error, source, error.cause, error.stack]) {
      assert.doesNotMatch(Deno.inspect(shown, { depth: 20, showHidden: true }), /s3cr3t/);
    }
    assert.doesNotMatch(logged.inspect(), /s3cr3t/);
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "A running source shows its password nowhere",
  fn: async () => {
    await using logged = await LogRecords.capture();
    await using network = await Network.start();
    await network.vhost.ctl("add_user", "s3cr3t-user", "s3cr3t-pass");
    await network.vhost.ctl(
      "set_permissions",
      "--vhost",
      network.vhost.name,
      "s3cr3t-user",
      ".*",
      ".*",
      ".*",
    );
    const url = new URL(network.url);
    url.username = "s3cr3t-user";
    url.password = "s3cr3t-pass";
    await using source = new TestSource({ url });
    await source.connect();
    await source.declareMetrics(["test.e2e.value"]);
    const failure = await source.rpc("no.such.function").catch((error) => error);
    assert(failure instanceof RpcError);
    await source.stop();
    for (const shown of [source, failure]) {
      assert.doesNotMatch(Deno.inspect(shown, { depth: 20, showHidden: true }), /s3cr3t-pass/);
    }
    assert.doesNotMatch(logged.inspect(), /s3cr3t-pass/);
  },
}));

Deno.test(needing({ peers: [] }, {
  name: "Source.connect() rejects when nobody listens",
  fn: async () => {
    const port = freePort();
    const error = await failureOf({ url: `amqp://me:secret@127.0.0.1:${port}/` });
    assert.match(
      error.message,
      new RegExp(`^Cannot connect to amqp://me:\\*{6}@127\\.0\\.0\\.1:${port}/: .*ECONNREFUSED`),
    );
    assert.doesNotMatch(Deno.inspect(error, { depth: 20 }), /secret/);
  },
}));

Deno.test(needing({ peers: [] }, {
  name: "Source.connect() rejects when the host does not exist",
  fn: async () => {
    const error = await failureOf({ url: "amqp://broker.invalid/" });
    assert.match(
      error.message,
      /^Cannot connect to amqp:\/\/broker\.invalid\/: Connection failed: /,
    );
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "Source.connect() takes the next of several addresses, and names all when none answers",
  fn: async () => {
    await using network = await Network.start();
    const nobody = `amqp://guest:guest@127.0.0.1:${freePort()}/`;
    await using source = new TestSource({ url: [nobody, network.url] });
    await source.connect();
    const error = await failureOf({ url: [nobody, nobody] });
    assert.match(error.message, /^Cannot connect to amqp:\S+, amqp:\S+: /);
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "Source.connect() rejects with the error of a config handler as its cause",
  fn: async () => {
    await using network = await Network.start({ configs: { "source-test": { rate: 0 } } });
    const cause = new RangeError("rate must be positive");
    const error = await failureOf({
      url: network.url,
      onConfig: () => {
        throw cause;
      },
    });
    assert.equal(error.message, 'Cannot start "source-test": rate must be positive');
    assert.equal(error.cause, cause);
    assert(!(await network.connections()).some((name) => name.includes("source-test")));
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "Source.connect() tells that nobody has entered a configuration yet",
  fn: async () => {
    await using network = await Network.start({ configs: { "source-test": {} } });
    const cause = new RangeError("rate must be positive");
    const error = await failureOf({
      url: network.url,
      onConfig: () => {
        throw cause;
      },
    });
    assert.equal(
      error.message,
      'Cannot start "source-test": its configuration is empty: rate must be positive',
    );
    assert.equal(error.cause, cause);
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "Source.connect() can be called once only",
  fn: async () => {
    await using network = await Network.start();
    await using source = new TestSource({ url: network.url });
    await source.connect();
    await assert.rejects(source.connect(), {
      name: "AgentStopped",
      message: "Cannot connect: the agent is running, a new one is required",
    });
    await source.rpc("get_metrics");
  },
}));
