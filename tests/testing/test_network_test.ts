import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import { IntervalSource, rpcHandler, Timestamp } from "../../mod.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { TestNetwork } from "../../src/testing/test_network.ts";
import { TestSource } from "../e2e/test_source.ts";
import { sharedVhost } from "../peers/shared_broker.ts";
import { needing } from "../support/needing.ts";

class Thermometer extends IntervalSource {
  @rpcHandler("config")
  async onConfig({ rate }: { rate: number }) {
    if (!(rate > 0)) throw new RangeError("a positive rate is required");
    this.period = 1 / rate;
    await this.declareMetrics({ "example.lab.heat": { rate, unit: "°C" } });
  }

  async update() {
    await this.send("example.lab.heat", Timestamp.now(), 21.5);
  }
}

const needs = [{ name: "net" }, { name: "sys", kind: "hostname" }] as const;
const token = "source-heat";

Deno.test(needing({ permissions: needs }, {
  name: "TestNetwork tests a source in a few lines",
  fn: async () => {
    await using network = await TestNetwork.start({ config: { rate: 100 } });
    await using source = new Thermometer({ token, url: network.url });
    await source.connect();

    const [point] = await network.points("example.lab.heat");
    assert.equal(point?.value, 21.5);
    assert.equal((await network.metadata("example.lab.heat"))["unit"], "°C");
    await assert.rejects(network.configure(token, { rate: 0 }), /a positive rate is required/);
  },
}));

/** A test on a network in the process, and on RabbitMQ. */
function networkTests(
  name: string,
  run: (network: TestNetwork) => Promise<void>,
): Deno.TestDefinition[] {
  return [
    needing({ permissions: needs }, {
      name,
      fn: async () => {
        await using network = await TestNetwork.start();
        await run(network);
      },
    }),
    needing({ peers: ["rabbitmq"] }, {
      name: `${name}, on RabbitMQ`,
      fn: async () => {
        await using network = await TestNetwork.start({ server: (await sharedVhost()).url });
        await run(network);
      },
    }),
  ];
}

networkTests("TestNetwork.points() are exact, and in order", async (network) => {
  await using source = new TestSource({ token, url: network.url, chunkSize: 2 });
  await source.connect();
  const times = [1_700_000_000_123_456_789n, 1_700_000_000_123_456_790n, 1_700_000_001_000_000_000n]
    .map((ns) => Timestamp.fromPosixNs(ns));
  const sent = times.map((time, i) => ({ time, value: [0.1, NaN, -0][i] ?? 0 }));
  for (const { time, value } of sent) await source.send("test.exact", time, value);
  await source.flush();
  assert.deepEqual(await network.points("test.exact", 3), sent);
  assert.deepEqual(await network.points("test.exact", 2), sent.slice(0, 2));
  assert.deepEqual(await network.points("test.exact", 1, { after: times[1] }), sent.slice(2));
}).forEach((test) => Deno.test(test));

networkTests("TestNetwork.rpc() tells the caller, the arguments and the error", async (network) => {
  await using source = new TestSource({ token, url: network.url });
  await source.connect();
  await assert.rejects(source.rpc("get_metrics", { limit: -1 }));
  await source.rpc("get_metrics", { limit: 2 });
  const { from, arguments: args } = await network.rpc("source.register");
  assert.deepEqual({ from, args }, { from: token, args: {} });
  assert.match((await network.rpc("get_metrics")).error ?? "", /"limit" is -1/);
  const second = await network.rpc("get_metrics", { from: token, count: 2 });
  assert.deepEqual([second.arguments, second.error], [{ limit: 2 }, undefined]);
}).forEach((test) => Deno.test(test));

networkTests("TestNetwork.configure() fails if no such source is connected", async (network) => {
  await using source = new TestSource({ token, url: network.url });
  await source.connect();
  await assert.rejects(network.configure("source-other", {}), {
    name: "RpcError",
    message:
      /^Cannot call config: no source with the token "source-other" is connected; calls so far: source\.register by "source-heat"/,
  });
  assert.deepEqual(await network.configure(token, { a: 1 }), {});
  assert.deepEqual(await source.configs.nth(2), { a: 1 });
}).forEach((test) => Deno.test(test));

Deno.test(needing({ permissions: needs }, {
  name: "TestNetwork tells what has come instead when it waits in vain",
  fn: async () => {
    const clock = new ManualClock();
    await using network = await TestNetwork.start({ clock });
    await using source = new TestSource({ token, url: network.url });
    await source.connect();
    for (const value of [1, 2]) await source.send("test.other", Timestamp.now(), value);
    await network.points("test.other", 2);

    const waiting = [
      network.points("test.missing", 3),
      network.metadata("test.missing"),
      network.rpc("get_metrics", { from: "x", timeoutSeconds: 10 }),
    ];
    await Promise.all([Promise.allSettled(waiting), clock.advance(10)]);
    const errors = (await Promise.allSettled(waiting)).map((result) =>
      result.status === "rejected" ? String(result.reason) : "none"
    );
    assert.equal(
      errors[0],
      'MetricQError: Cannot wait for 3 points of "test.missing": it has not come within 10 s; ' +
        '0 have come, 2 of "test.other"',
    );
    assert.match(
      errors[1] ?? "",
      /^MetricQError: Cannot wait for the declaration of "test\.missing": .*; calls so far: source\.register by "source-heat"/,
    );
    assert.match(errors[2] ?? "", /Cannot wait for call 1 of get_metrics by "x": it has not come/);
  },
}));

/** A source whose task fails when it is told to. */
class Failing extends TestSource {
  readonly failure = Promise.withResolvers<void>();

  protected override task(signal: AbortSignal): Promise<void> {
    signal.addEventListener("abort", () => this.failure.resolve());
    return this.failure.promise;
  }
}

Deno.test(needing({ permissions: needs }, {
  name: "TestNetwork ends a wait at once when an agent fails, and names agent and error",
  fn: async () => {
    await using network = await TestNetwork.start({ clock: new ManualClock() });
    for (
      const wait of [
        () => network.points("test.x", 3),
        () => network.metadata("test.x"),
        () => network.rpc("get_metrics"),
      ]
    ) {
      await using source = new Failing({ token, url: network.url });
      await source.connect();
      const waiting = wait();
      source.failure.reject(new SyntaxError("oops"));
      await assert.rejects(waiting, {
        name: "MetricQError",
        message: /^Cannot wait for .*: "source-heat" has failed: oops; /,
      });
    }
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "TestNetwork.stop() fails for an agent whose failure nothing has told of",
  fn: async () => {
    const network = await TestNetwork.start();
    const failed = new Failing({ token, url: network.url });
    const seen = new Failing({ token: "source-seen", url: network.url });
    await using other = new Failing({ token: "source-other", url: network.url });
    for (const source of [failed, seen, other]) await source.connect();
    for (const source of [failed, seen]) source.failure.reject(new SyntaxError("oops"));
    await assert.rejects(seen.stopped(), SyntaxError);
    await assert.rejects(network.stop(), {
      name: "MetricQError",
      message: '"source-heat" has failed: oops',
    });
    await network.stop(); // once is enough
    await failed.stop();
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "TestNetwork waits for nothing when all agents have failed, until another one comes",
  fn: async () => {
    await using network = await TestNetwork.start({ clock: new ManualClock() });
    await using source = new Failing({ token, url: network.url });
    await source.connect();
    source.failure.reject(new SyntaxError("oops"));
    const failure = /^Cannot wait for .*: "source-heat" has failed: oops; /;
    await assert.rejects(network.points("test.x"), { message: failure });
    await assert.rejects(network.points("test.x"), { message: failure });
    await assert.rejects(network.rpc("get_metrics"), { message: failure });

    const waiting = network.points("test.x");
    await using next = new TestSource({ token, url: network.url });
    await next.connect();
    await next.send("test.x", Timestamp.now(), 5);
    assert.equal((await waiting)[0]?.value, 5);
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "TestNetwork leaves to themselves the agents of other networks",
  fn: async () => {
    await using network = await TestNetwork.start();
    const other = await TestNetwork.start();
    await using source = new Failing({ token, url: other.url });
    await source.connect();
    source.failure.reject(new SyntaxError("oops"));
    await assert.rejects(other.points("test.x"), /"source-heat" has failed: oops/);
    await source.stop();
    await other.stop();
    await network.stop();
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "TestNetwork gives up waiting when the signal is aborted",
  fn: async () => {
    await using network = await TestNetwork.start();
    const reason = new Error("enough");
    const abort = new AbortController();
    const waiting = network.points("test.x", 1, { signal: abort.signal });
    abort.abort(reason);
    await assert.rejects(waiting, (error) => {
      assert(error instanceof Error);
      assert.match(
        error.message,
        /^Cannot wait for 1 point of "test\.x": the test has given up; /,
      );
      assert.equal(error.cause, reason);
      return true;
    });
    await assert.rejects(
      network.rpc("x", { signal: abort.signal }),
      /no agent has called the manager/,
    );
  },
}));

class Counter extends Thermometer {
  #count = 0;

  override async update() {
    await this.send("example.lab.heat", Timestamp.now(), this.#count++);
  }
}

Deno.test(needing({ permissions: needs }, {
  name: "TestNetwork.cutConnections() loses no point",
  fn: async () => {
    await using network = await TestNetwork.start({ config: { rate: 500 } });
    await using source = new Counter({ token, url: network.url });
    await source.connect();
    for (const cut of [1, 2, 3]) {
      await network.points("example.lab.heat", 1, { after: Timestamp.now() });
      assert.equal(network.cutConnections(), 2);
      await network.rpc("source.register", { count: cut + 1 });
    }
    await source.stop();

    // Unconfirmed chunks are sent again, so some points may be there twice.
    const points = await network.points("example.lab.heat", 50);
    const values = [...new Set(points.map(({ value }) => value))];
    assert.deepEqual(values, values.map((_, i) => i));
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "TestNetwork.pause() stalls everything until resume()",
  fn: async () => {
    await using network = await TestNetwork.start({ config: { rate: 100 } });
    await using source = new Thermometer({ token, url: network.url });
    await source.connect();
    network.pause();
    await source.send("example.lab.heat", Timestamp.now(), 0);
    let isFlushed = false;
    const flushed = source.flush().then(() => isFlushed = true);
    for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(isFlushed, false);
    network.resume();
    await flushed;
    assert.equal(source.stats.reconnects, 0);
    assert.equal(source.health.status, "connected");
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "TestNetwork.restart() resolves when the network is up",
  fn: async () => {
    await using network = await TestNetwork.start({ config: { rate: 100 } });
    const { url } = network;
    await using source = new Thermometer({ token, url });
    await source.connect();
    await network.restart();
    await using other = new TestSource({ token: "source-other", url });
    await other.connect();
    await network.points("example.lab.heat", 1, { after: Timestamp.now() });
  },
}));

Deno.test(needing({ peers: ["rabbitmq"] }, {
  name: "TestNetwork causes no accidents on a broker that is not its own",
  fn: async () => {
    await using network = await TestNetwork.start({ server: (await sharedVhost()).url });
    for (const accident of ["cutConnections", "pause", "resume"] as const) {
      assert.throws(() => network[accident](), TypeError);
    }
    await assert.rejects(network.restart(), {
      name: "TypeError",
      message: "Cannot restart: the network uses a broker that is not its own",
    });
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "TestNetwork.points() refuses a count that is none, such as options in its place",
  fn: async () => {
    await using network = await TestNetwork.start();
    const points = (count: unknown) => network.points("test.x", count as number);
    await assert.rejects(points({ timeoutSeconds: 1 }), {
      name: "TypeError",
      message: 'Cannot wait for points of "test.x": an object is given as their number, ' +
        "an integer of 1 or more is required",
    });
    for (const count of [0, -1, 1.5, NaN]) await assert.rejects(points(count), RangeError);
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "TestNetwork with maxMessageBytes refuses larger messages, as a broker that is set so",
  fn: async () => {
    await using network = await TestNetwork.start({ maxMessageBytes: 2000 });
    await using source = new TestSource({ token, url: network.url, chunkSize: 1000 });
    await source.connect();
    const refused = Promise.withResolvers<unknown>();
    void (async () => {
      for await (const event of source.events()) {
        if (event.kind === "points-refused") refused.resolve([event.metric, event.points]);
      }
    })();
    for (let count = 0; count < 1000; count++) await source.send("test.large", Timestamp.now(), 0);
    assert.deepEqual(await refused.promise, ["test.large", 1000]);
    await source.send("test.small", Timestamp.now(), 1);
    await source.flush();
    assert.equal((await network.points("test.small"))[0]?.value, 1);
    await assert.rejects(TestNetwork.start({ maxMessageBytes: -1 }), RangeError);
  },
}));
