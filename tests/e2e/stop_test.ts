/** How a source ends. */

import assert from "node:assert/strict";
import { AgentStopped, PublishFailed } from "../../src/errors.ts";
import { IntervalSource } from "../../src/source/interval_source.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { method, RudeServer } from "../amqp/rude_server.ts";
import { until } from "../support/clock.ts";
import { Events } from "../support/events.ts";
import { LogRecords } from "../support/log_records.ts";
import { needing } from "../support/needing.ts";
import { Network } from "./network.ts";
import { METRIC, TestSource } from "./test_source.ts";

const needs = ["rabbitmq", "metricq"] as const;

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
}

Deno.test(needing({ peers: needs }, {
  name: "Source.stop() ends the task, sends partial chunks, then closes the connections",
  fn: async () => {
    await using logged = await LogRecords.capture();
    await using network = await Network.start();
    const sink = await network.sink(METRIC);
    const begun = Promise.withResolvers<void>();
    const source = new TestSource({
      url: network.url,
      chunkSize: 100,
      task: async (signal, source) => {
        await source.declareMetrics([METRIC]);
        await source.send(METRIC, Timestamp.fromPosixNs(1n), 1);
        begun.resolve();
        await whenAborted(signal);
        await source.send(METRIC, Timestamp.fromPosixNs(2n), 2);
      },
    });
    await source.connect();
    await begun.promise;
    const names = ["data connection source-test", "management connection source-test"];
    assert.deepEqual(
      (await network.connections()).filter((name) => names.includes(name)).sort(),
      names,
    );

    await source.stop();
    await source.stopped();
    const points = await sink.waitForPoints(METRIC, 2);
    assert.deepEqual(points.map(({ timeNs }) => timeNs), [1n, 2n]);
    const left = (await network.connections()).filter((name) => names.includes(name));
    assert.deepEqual(left, []);
    assert.deepEqual(logged.messages("warning"), []);
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "Source.stop() keeps the management connection until the data connection is closed",
  fn: async () => {
    const closing = Promise.withResolvers<void>();
    const mayClose = Promise.withResolvers<void>();
    await using dataBroker = new RudeServer(async (connection) => {
      await connection.channel();
      await connection.expect(40, 10);
      await connection.write(method(1, 40, 11)); // the exchange exists
      await connection.expect(85, 10);
      await connection.write(method(1, 85, 11)); // confirms are on
      await connection.expect(10, 50);
      closing.resolve();
      await mayClose.promise;
      await connection.write(method(0, 10, 51)); // closed
    });
    await using network = await Network.start({ dataServerAddress: dataBroker.url() });
    const source = new TestSource({ url: `${network.url}?heartbeat=0`, clock: new ManualClock() });
    await source.connect();
    const stopped = source.stop();
    await closing.promise;
    assert.equal((await network.manager.discover(source.token))[source.token]?.alive, true);
    mayClose.resolve();
    await stopped;
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "Source.stop() called again waits for the same end",
  fn: async () => {
    await using network = await Network.start();
    const source = new TestSource({ url: network.url });
    await source.connect();
    await Promise.all([source.stop(), source.stop(new Error("too late"))]);
    await source.stop();
    await source.stopped();
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "Source stops at the end of an await using block",
  fn: async () => {
    await using network = await Network.start();
    const sink = await network.sink(METRIC);
    const source = new TestSource({ url: network.url, chunkSize: null });
    {
      await using used = source;
      await used.connect();
      await used.send(METRIC, Timestamp.fromPosixNs(7n), 7);
    }
    await source.stopped();
    const [point] = await sink.waitForPoints(METRIC, 1);
    assert.equal(point?.value, 7);
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "Source.stop() awaited by its own task does not wait for itself",
  fn: async () => {
    await using network = await Network.start();
    const source = new TestSource({
      url: network.url,
      task: async (_, source) => {
        await source.stop();
      },
    });
    await source.connect();
    await source.stopped();
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "Source.stop() awaited by a config handler does not wait for itself",
  fn: async () => {
    await using network = await Network.start();
    const tasks = new Events<void>();
    const source = new TestSource({
      url: network.url,
      onConfig: async (_, source) => {
        await source.stop();
      },
      task: () => tasks.add(),
    });
    await assert.rejects(source.connect(), {
      name: "AgentStopped",
      message: "Cannot connect: stopped while connecting",
    });
    await source.stopped();
    assert.equal(tasks.all.length, 0);
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "Source that is stopped while it is configured never begins its task",
  fn: async () => {
    await using network = await Network.start();
    const tasks = new Events<void>();
    const source = new TestSource({
      url: network.url,
      onConfig: (_, source) => void source.stop(),
      task: () => tasks.add(),
    });
    await assert.rejects(source.connect(), AgentStopped);
    await source.stopped();
    assert.equal(tasks.all.length, 0);
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "Source stops with the error of its task",
  fn: async () => {
    await using network = await Network.start();
    const sink = await network.sink(METRIC);
    const error = new Error("the sensor is gone");
    const source = new TestSource({
      url: network.url,
      chunkSize: 10,
      task: async (_, source) => {
        await source.send(METRIC, Timestamp.fromPosixNs(1n), 1);
        throw error;
      },
    });
    await source.connect();
    await assert.rejects(source.stopped(), error);
    await sink.waitForPoints(METRIC, 1);
  },
}));

class FailingSource extends IntervalSource {
  updates = 0;
  onUpdate: (update: number) => Promise<void> | void = () => {};

  async update(): Promise<void> {
    await this.onUpdate(++this.updates);
  }
}

Deno.test(needing({ peers: needs }, {
  name: "IntervalSource goes on after PublishFailed, and stops with any other error of update",
  fn: async () => {
    await using network = await Network.start();
    const source = new FailingSource({ token: "source-test", url: network.url, period: "1ms" });
    source.onUpdate = (update) => {
      if (update < 3) throw new PublishFailed(METRIC, 1, "the outbox is full");
      throw new RangeError("out of range");
    };
    await source.connect();
    await assert.rejects(source.stopped(), { name: "RangeError", message: "out of range" });
    assert.equal(source.updates, 3);
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "IntervalSource.stop() awaited within update does not wait for itself",
  fn: async () => {
    await using network = await Network.start();
    const source = new FailingSource({ token: "source-test", url: network.url, period: "1ms" });
    source.onUpdate = (update) => update === 2 ? source.stop() : undefined;
    await source.connect();
    await source.stopped();
    assert.equal(source.updates, 2);
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "Source.stop() leaves a task that ignores its signal after stopTimeout",
  fn: async () => {
    await using logged = await LogRecords.capture();
    await using network = await Network.start();
    const sink = await network.sink(METRIC);
    const clock = new ManualClock();
    const source = new TestSource({
      url: network.url + "?heartbeat=0",
      clock,
      stopTimeout: 5,
      chunkSize: 10,
      task: () => new Promise(() => {}),
    });
    await source.connect();
    await source.declareMetrics([METRIC]);
    await source.send(METRIC, Timestamp.fromPosixNs(1n), 1);
    const stopped = source.stop();
    await clock.advance(4.999);
    assert.deepEqual(logged.messages("warning"), []);
    await clock.advance(0.001);
    await stopped;
    assert.deepEqual(logged.messages("warning"), [
      "The task of source-test did not end when it was asked to",
    ]);
    await sink.waitForPoints(METRIC, 1);
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "Source.stop() while connecting ends the attempt",
  fn: async () => {
    await using network = await Network.start();
    for (const when of ["at once", "when it is registered", "while it is configured"]) {
      const configuring = Promise.withResolvers<void>();
      const source = new TestSource({
        token: "source-hasty",
        url: network.url,
        onConfig: () => {
          configuring.resolve();
          return new Promise(() => {});
        },
      });
      const rejected = assert.rejects(source.connect(), AgentStopped, when);
      if (when === "when it is registered") {
        const { length } = network.manager.requests;
        await network.manager.request("source.register", { count: length + 1 });
      } else if (when === "while it is configured") await configuring.promise;
      await source.stop();
      await rejected;
      await source.stopped();
    }
    const names = await network.connections();
    assert.deepEqual(names.filter((name) => name.includes("source-hasty")), []);
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "Source.stop() ends although a config handler hangs that a reconnect has called",
  fn: async () => {
    await using network = await Network.start({ configs: { "source-test": { version: 1 } } });
    const hanging = Promise.withResolvers<void>();
    const clock = new ManualClock();
    const source = new TestSource({
      url: network.url + "?heartbeat=0",
      clock,
      onConfig: ({ version }) => {
        if (version === 1) return;
        hanging.resolve();
        return new Promise(() => {});
      },
    });
    await source.connect();
    await network.replaceManager(
      { configs: { "source-test": { version: 2 } } },
      () => network.closeAllConnections(),
    );
    await until(() => clock.sleepers > 0);
    await clock.advance(1);
    await hanging.promise;

    const stopped = source.stop();
    await clock.advance(10); // the default stopTimeout
    await stopped;
  },
}));
