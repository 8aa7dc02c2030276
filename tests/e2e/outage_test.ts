/** What a source does when its connections are lost. */

import assert from "node:assert/strict";
import { AMQPClient } from "@cloudamqp/amqp-client";
import { ReconnectTimeout } from "../../src/errors.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { sharedVhost } from "../peers/shared_broker.ts";
import { retryUntil, until } from "../support/clock.ts";
import { LogRecords } from "../support/log_records.ts";
import { needing } from "../support/needing.ts";
import { makeDatabaseQueue, readDatabaseUntil } from "./database.ts";
import { closeConnectionsOf, deleteQueue, Network } from "./network.ts";
import { registrationAnswer, ScriptedManager } from "./scripted_manager.ts";
import { METRIC, TestSource } from "./test_source.ts";

const needs = ["rabbitmq", "metricq"] as const;
const token = "source-test";

function at(ns: number): Timestamp {
  return Timestamp.fromPosixNs(BigInt(ns));
}

/** Replaces the manager while a source's connections are lost; waits until it has registered. */
async function replaceManager(
  network: Network,
  options: Parameters<Network["replaceManager"]>[0],
  loseConnections: () => Promise<unknown> = () => closeConnectionsOf(token, network.vhost),
): Promise<void> {
  // Not by what the new manager is asked: it also gets what the old one had not acknowledged.
  await using logged = await LogRecords.capture();
  await network.replaceManager(options, loseConnections);
  await logged.logged("info", /^source-test has registered again$/);
}

Deno.test(needing({ peers: needs }, {
  name: "Source comes back after an administrator has closed all connections",
  fn: async () => {
    await using network = await Network.start();
    await using source = new TestSource({ url: network.url });
    await source.connect();
    await source.declareMetrics({ [METRIC]: { unit: "W" } });

    await replaceManager(network, {}, () => network.closeAllConnections());
    // The new manager has never heard of the metric.
    const { date: _, ...metadata } = await network.manager.declared(METRIC);
    assert.deepEqual(metadata, { unit: "W", source: token, chunkSize: 1 });

    const sink = await network.sink(METRIC);
    await source.send(METRIC, at(1), 1);
    await sink.waitForPoints(METRIC, 1);
    assert.equal((await network.manager.discover(token))[token]?.alive, true);
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "Source registers again, and is not deaf, after its queue was deleted",
  fn: async () => {
    await using logged = await LogRecords.capture();
    await using network = await Network.start();
    await using source = new TestSource({ url: network.url });
    await source.connect();
    await deleteQueue(`${token}-rpc`, network.vhost);
    await logged.logged("info", /^source-test has registered again$/);
    await network.manager.setConfig(token, { version: 2 });
    assert.deepEqual(source.configs.all.at(-1), { version: 2 });
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "Source.send() during an outage resolves, and the point arrives later",
  fn: async () => {
    await using network = await Network.start();
    const sink = await network.sink(METRIC);
    const clock = new ManualClock();
    const source = new TestSource({ url: `${network.url}?heartbeat=0`, clock });
    await source.connect();
    await closeConnectionsOf(token, network.vhost);
    await clock.whenSleeping(2); // both connections, for their next attempt

    for (let i = 1; i <= 1000; i++) await source.send(METRIC, at(i), i);
    let isFlushed = false;
    const flushed = source.flush().then(() => isFlushed = true);
    assert.equal(sink.points(METRIC).length, 0);
    assert.equal(isFlushed, false);

    await clock.advance(1);
    await flushed;
    const points = await sink.waitForPoints(METRIC, 1000);
    assert.deepEqual(
      points.map(({ value }) => value),
      Array.from({ length: 1000 }, (_, i) => i + 1),
    );
    await source.stop();
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "Source applies a configuration that has changed during an outage",
  fn: async () => {
    await using network = await Network.start({ configs: { [token]: { version: 1 } } });
    await using source = new TestSource({ url: network.url });
    await source.connect();
    await replaceManager(network, { configs: { [token]: { version: 2 } } });
    assert.deepEqual(source.configs.all, [{ version: 1 }, { version: 2 }]);
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "Source applies a configuration that is again what it was before the last call",
  fn: async () => {
    await using network = await Network.start({ configs: { [token]: { version: 1 } } });
    await using source = new TestSource({ url: network.url });
    await source.connect();
    await network.manager.setConfig(token, { version: 2 });
    await replaceManager(network, { configs: { [token]: { version: 1 } } });
    assert.deepEqual(source.configs.all, [{ version: 1 }, { version: 2 }, { version: 1 }]);
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "Source does not run its config handlers again for the same configuration",
  fn: async () => {
    const configs = { [token]: { version: 1, list: [{ a: 1 }] } };
    await using network = await Network.start({ configs });
    await using source = new TestSource({ url: network.url });
    await source.connect();
    for (let outage = 0; outage < 2; outage++) await replaceManager(network, { configs });
    assert.equal(source.configs.all.length, 1);

    await network.manager.setConfig(token, { version: 2 });
    await replaceManager(network, { configs: { [token]: { version: 2 } } });
    assert.equal(source.configs.all.length, 2);
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "Source keeps going with its old configuration when it cannot use a new one",
  fn: async () => {
    await using logged = await LogRecords.capture();
    await using network = await Network.start({ configs: { [token]: { version: 1 } } });
    await using source = new TestSource({
      url: network.url,
      onConfig: ({ version }) => {
        if (version === 2) throw new RangeError("version must be 1");
      },
    });
    await source.connect();
    await network.replaceManager(
      { configs: { [token]: { version: 2 } } },
      () => closeConnectionsOf(token, network.vhost),
    );
    await logged.logged("error", /keeps the old one: version must be 1$/);
    await source.send(METRIC, at(1), 1);
    await source.flush();
    assert.equal((await network.manager.discover(token))[token]?.alive, true);
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "Source follows its data to another address that it is told after an outage",
  fn: async () => {
    const other = await sharedVhost();
    await makeDatabaseQueue(other.url);
    await using network = await Network.start();
    await using source = new TestSource({ url: network.url, chunkSize: null });
    await source.connect();
    await source.send(METRIC, at(1), 1);
    await replaceManager(network, { dataServerAddress: `vhost:${other.name}` });
    await source.send(METRIC, at(2), 2);
    await source.flush();
    assert.deepEqual(await readDatabaseUntil(other.url, 2), [[1, 2]]);
  },
}));

Deno.test(needing({ peers: ["rabbitmq"] }, {
  name: "Source connects its data again when the manager takes back an address that did not work",
  fn: async () => {
    const vhost = await sharedVhost();
    await makeDatabaseQueue(vhost.url);
    const register = registrationAnswer(vhost.name);
    await using manager = await ScriptedManager.start(vhost.url, { "source.register": register });
    await using logged = await LogRecords.capture();
    await using source = new TestSource({ url: vhost.url });
    await source.connect();

    manager.answers = { "source.register": { ...register, dataExchange: "metricq.missing" } };
    await closeConnectionsOf(token, vhost);
    await logged.logged("warning", /cannot register again yet: .*metricq\.missing/);
    manager.answers = { "source.register": register };
    await source.send(METRIC, at(1), 1);
    await source.flush();
    assert.deepEqual(await readDatabaseUntil(vhost.url, 1), [[1]]);
  },
}));

Deno.test(needing({ peers: ["rabbitmq"] }, {
  name: "Source stops with ReconnectTimeout when the address that the manager names never works",
  fn: async () => {
    const vhost = await sharedVhost();
    const register = registrationAnswer(vhost.name);
    await using manager = await ScriptedManager.start(vhost.url, { "source.register": register });
    await using logged = await LogRecords.capture();
    const clock = new ManualClock();
    const source = new TestSource({
      url: `${vhost.url}?heartbeat=0`,
      clock,
      connectionTimeout: "5s",
    });
    await source.connect();

    manager.answers = { "source.register": { ...register, dataExchange: "metricq.missing" } };
    await closeConnectionsOf(token, vhost);
    const stopped = assert.rejects(source.stopped(), (error) => {
      assert(error instanceof ReconnectTimeout);
      assert.match(error.message, /^Cannot reconnect: data connection source-test was away for/);
      assert.match(String(error.cause), /metricq\.missing/);
      return true;
    });
    await retryUntil(stopped, clock);
    // Each attempt would otherwise be a line.
    assert.equal(
      logged.messages("warning").filter((line) => /register again/.test(line)).length,
      1,
    );
  },
}));

Deno.test(needing({ peers: ["rabbitmq"] }, {
  name: "Source that registers again goes on while it has no configuration, and takes the next one",
  fn: async () => {
    const vhost = await sharedVhost();
    await makeDatabaseQueue(vhost.url);
    const register = { ...registrationAnswer(vhost.name), config: { version: 1 } };
    await using manager = await ScriptedManager.start(vhost.url, { "source.register": register });
    await using source = new TestSource({ url: vhost.url });
    await source.connect();

    manager.answers = { "source.register": { error: `Document ${token} was not found` } };
    await closeConnectionsOf(token, vhost);
    await until(() => source.health.status === "unconfigured");
    await source.send(METRIC, at(1), 1);
    await source.flush();
    assert.deepEqual(await readDatabaseUntil(vhost.url, 1), [[1]]);

    const config = { version: 2 };
    assert.deepEqual(await manager.call(token, { function: "config", ...config }), {});
    manager.answers = { "source.register": { ...register, config } };
    await until(() => source.health.status === "connected");
    assert.deepEqual(source.configs.all, [{ version: 1 }, config]);
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "Source tries again when its token is still held by the old connection",
  fn: async () => {
    await using network = await Network.start();
    const clock = new ManualClock();
    const source = new TestSource({ url: `${network.url}?heartbeat=0`, clock });
    await source.connect();
    await source.declareMetrics([METRIC]);
    await closeConnectionsOf(token, network.vhost);
    await clock.whenSleeping(2);

    // In the place of the old connection, which the broker has not noticed the end of.
    const holder = new AMQPClient(network.url);
    await holder.connect();
    await (await holder.channel()).queueDeclare(`${token}-rpc`, { exclusive: true });
    await using logged = await LogRecords.capture();
    const refusal = /^Cannot reopen management connection .*already in use/;
    await retryUntil(logged.logged("debug", refusal, 3), clock);
    await holder.close();
    await retryUntil(logged.logged("info", /^source-test has registered again$/), clock);
    await source.rpc("get_metrics");
    await source.stop();
    await source.stopped();
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "Source stops with ReconnectTimeout when an outage lasts too long",
  fn: async () => {
    await using network = await Network.start();
    const clock = new ManualClock();
    const source = new TestSource({
      url: `${network.url}?heartbeat=0`,
      clock,
      connectionTimeout: "5min",
      stopTimeout: "1s",
    });
    await source.connect();
    await closeConnectionsOf(token, network.vhost);
    await clock.whenSleeping(2);
    await source.send(METRIC, at(1), 1);
    const rejected = assert.rejects(source.stopped(), (error) => {
      assert(error instanceof ReconnectTimeout);
      assert.match(
        error.message,
        /^Cannot reconnect: (data|management) connection source-test was/,
      );
      assert.equal(error.outageSeconds, 300);
      return true;
    });
    clock.stall(300);
    await clock.advance(0);
    await clock.advance(1); // the point cannot be sent any more
    await rejected;
  },
}));

Deno.test(needing({ peers: ["rabbitmq"] }, {
  name: "Source registers again at once when the connection is lost while it registers",
  fn: async () => {
    const vhost = await sharedVhost();
    const register = registrationAnswer(vhost.name);
    await using manager = await ScriptedManager.start(vhost.url, { "source.register": register });
    await using source = new TestSource({ url: vhost.url });
    await source.connect();

    manager.answers = {};
    await closeConnectionsOf(token, vhost);
    await manager.requests.nth(2); // not answered
    manager.answers = { "source.register": { ...register, config: { version: 2 } } };
    await closeConnectionsOf(token, vhost);
    await source.configs.nth(2);
  },
}));
