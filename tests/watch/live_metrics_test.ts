import assert from "node:assert/strict";
import { DevNetwork } from "../../src/dev/network.ts";
import { Sink } from "../../src/sink/sink.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { LiveMetrics } from "../../src/watch/live_metrics.ts";
import { TestSource } from "../e2e/test_source.ts";
import { until } from "../support/clock.ts";
import { needing } from "../support/needing.ts";

const permissions = [{ name: "net" }, { name: "sys", kind: "hostname" }] as const;

/** A network that is looked at from outside, by a clock that stands still. */
class Setup implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly live: LiveMetrics;
  readonly calls: string[];
  readonly source: TestSource;
  readonly #network: DevNetwork;

  private constructor(network: DevNetwork, source: TestSource, calls: string[]) {
    this.#network = network;
    this.source = source;
    this.calls = calls;
    this.live = new LiveMetrics({
      clock: this.clock,
      join: async () => {
        const sink = new Sink({ token: "watch-test", url: network.url });
        await sink.connect();
        return sink;
      },
    });
  }

  /** Starts a network with these metrics. */
  static async start(names: readonly string[]): Promise<Setup> {
    const calls: string[] = [];
    const network = await DevNetwork.start({
      onCall: ({ from, function: name, arguments: args }) => {
        if (from.startsWith("watch-test")) calls.push(`${name} ${JSON.stringify(args)}`);
      },
    });
    const source = new TestSource({ url: network.url });
    await source.connect();
    await source.declareMetrics(Object.fromEntries(names.map((name) => [name, { rate: 1 }])));
    return new Setup(network, source, calls);
  }

  /** Waits for what comes over the network, while time goes on in small steps. */
  async until(condition: () => Promise<boolean> | boolean): Promise<void> {
    while (!await condition()) {
      await this.clock.advance(0.1);
      await new Promise((resolve) => setTimeout(resolve));
    }
  }

  async send(...names: string[]): Promise<void> {
    for (const name of names) await this.source.send(name, Timestamp.now(), 1);
    await this.source.flush();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.live[Symbol.asyncDispose]();
    await this.source.stop();
    await this.#network.stop();
  }
}

/** The result of what waits for a network, while time goes on. */
async function whileTimeGoesOn<Result>(setup: Setup, work: Promise<Result>): Promise<Result> {
  let isDone = false;
  void work.finally(() => isDone = true).catch(() => {});
  await setup.until(() => isDone);
  return await work;
}

Deno.test(needing({ permissions }, {
  name: "LiveMetrics receives what is asked for, and lets it go 10 s after it was asked for last",
  fn: async () => {
    await using setup = await Setup.start(["a.one", "b.two", "c.three"]);
    const { live } = setup;
    const shown = async () => {
      const { metrics, ...window } = await live.metrics({ first: 1, count: 1 });
      return { ...window, metrics: metrics.map(({ name, points }) => [name, points]) };
    };
    assert.deepEqual(await whileTimeGoesOn(setup, shown()), {
      total: 3,
      isComplete: true,
      matching: 3,
      first: 1,
      metrics: [["b.two", 0]],
    });
    await setup.until(async () => (await live.summary()).followed === 1);
    await setup.send("a.one", "b.two", "c.three");
    await setup.until(async () => (await shown()).metrics[0]?.[1] === 1);
    assert.equal((await live.named(["c.three"]))[0]?.points, 0); // nobody has looked at it before
    await setup.until(async () => (await live.summary()).followed === 2);
    await setup.send("c.three");
    await setup.until(async () => (await live.named(["c.three"]))[0]?.points === 1);
    assert.equal(live.series("c.three").values.length, 1);

    await setup.clock.advance(8);
    await live.named(["c.three"]);
    await setup.until(async () => (await live.summary()).followed === 1);
    assert.equal(live.series("b.two").values.length, 0); // its points are given up, too
    await setup.clock.advance(11);
    await setup.until(async () => (await live.summary()).followed === 0);
    const unsubscribed = setup.calls.filter((call) => call.startsWith("sink.unsubscribe"));
    assert.match(unsubscribed[0] ?? "", /"metrics":\["b\.two"\],"end":false/);
  },
}));

Deno.test(needing({ permissions }, {
  name: "LiveMetrics asks nobody for anything while nobody looks",
  fn: async () => {
    await using setup = await Setup.start(["a.one"]);
    await setup.clock.advance(30);
    assert.deepEqual(setup.calls, []);
    await whileTimeGoesOn(setup, setup.live.metrics({ count: 10 }));
    await setup.until(() => setup.calls.some((call) => call.startsWith("sink.subscribe")));
    await setup.clock.advance(30);
    await setup.until(async () => (await setup.live.summary()).followed === 0);
    await setup.clock.advance(30);
    const before = setup.calls.length;
    await setup.clock.advance(300);
    assert.equal(setup.calls.length, before);
  },
}));

Deno.test(needing({ permissions }, {
  name: "LiveMetrics follows metrics that come, change and are declared by others",
  fn: async () => {
    await using setup = await Setup.start(["a.one"]);
    const { live, source } = setup;
    const find = async (filter: string) =>
      (await live.metrics({ filter, count: 10 })).metrics.map(({ name }) => name);
    assert.deepEqual(await whileTimeGoesOn(setup, find("")), ["a.one"]);
    await source.declareMetrics({ "b.two": { unit: "mW", description: "of the Lab" } });
    await setup.until(async () => (await find("")).length === 2);
    assert.deepEqual(await find("lab"), ["b.two"]);
    assert.deepEqual(await find("unit:mW source:source-t"), ["b.two"]);
    assert.deepEqual(await find("unit:MW"), []);
    await source.declareMetrics({ "b.two": { unit: "MW" } });
    await setup.until(async () => (await find("unit:MW")).length === 1);
    assert.deepEqual((await live.named(["no.such"])).map(({ metadata }) => metadata), [{}]);
  },
}));

Deno.test(needing({ permissions }, {
  name:
    "DevNetwork.view follows all metrics, undeclared ones too, until there are more than 10 000",
  fn: async () => {
    await using network = await DevNetwork.start();
    const { view } = network;
    await view.metrics({ count: 0 });
    await using source = new TestSource({ url: network.url });
    await source.connect();
    await source.declareMetrics(["a.declared"]);
    await source.send("b.undeclared", Timestamp.now(), 1);
    const undeclared = async () =>
      (await view.metrics({ filter: "undeclared", count: 1 })).metrics[0];
    await until(async () => (await undeclared())?.points === 1);
    assert.deepEqual((await undeclared())?.metadata, {});
    await until(async () => (await view.summary()).followed === 2);

    await source.declareMetrics(Array.from({ length: 10_000 }, (_, at) => `c.metric${at}`));
    await until(async () => {
      await source.send("b.undeclared", Timestamp.now(), 2);
      await undeclared();
      return (await view.summary()).followed < 10;
    });
    // The list is read in parts.
    await until(async () => (await view.metrics({ count: 5 })).total === 10_002);
    await until(async () => (await view.summary()).followed > 4);
    await until(async () => {
      await source.send("a.declared", Timestamp.now(), 3);
      return (await view.metrics({ count: 1 })).metrics[0]?.last?.value === 3;
    });
  },
}));

Deno.test(needing({ permissions }, {
  name: "LiveMetrics runs one scan at a time, also while it joins, and none that was cancelled",
  fn: async () => {
    await using setup = await Setup.start(["a.one", "b.two"]);
    const { health } = setup.live;
    const request = { atATime: 1, seconds: 10 };
    health.startScan({ ...request, filter: "a.one" });
    health.cancelScan();
    health.startScan({ ...request, filter: "a.one" }); // the other still joins
    await whileTimeGoesOn(setup, setup.live.metrics({ count: 0 }));
    await setup.until(() => new Promise((resolve) => setTimeout(() => resolve(true))));
    const scan = () => health.scan; // which changes behind the compiler's back
    assert.equal(scan(), undefined);
    health.startScan({ ...request, filter: "b.two" });
    health.startScan({ ...request, filter: "a.one" });
    await setup.until(() => scan()?.receiving === 1);
    health.startScan({ ...request, filter: "a.one" });
    await setup.clock.advance(0.1);
    assert.equal(scan()?.filter, "b.two");
    health.cancelScan();
    await setup.until(() => scan()?.status === "cancelled");
    assert.deepEqual(
      setup.calls.filter((call) => call.startsWith("sink.subscribe"))
        .map((call) => /"metrics":\[[^\]]*\]/.exec(call)?.[0]),
      ['"metrics":["b.two"]'],
    );
  },
}));

Deno.test(needing({ permissions }, {
  name: "LiveMetrics tries a scan again after it could not join for one",
  fn: async () => {
    await using setup = await Setup.start(["a.one"]);
    let tries = 0;
    await using live = new LiveMetrics({
      clock: setup.clock,
      join: () => {
        tries++;
        return Promise.reject(new Error("the broker is away"));
      },
    });
    const request = { filter: "", atATime: 1, seconds: 10 };
    live.health.startScan(request);
    await setup.until(() => tries === 1);
    await setup.until(() => {
      live.health.startScan(request);
      return tries > 1;
    });
    assert.equal(live.health.scan, undefined);
  },
}));
