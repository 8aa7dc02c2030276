import assert from "node:assert/strict";
import { DevNetwork } from "../../src/dev/network.ts";
import { Sink } from "../../src/sink/sink.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { HealthScan, type HealthScanOptions } from "../../src/watch/health_scan.ts";
import { LiveMetrics } from "../../src/watch/live_metrics.ts";
import { Network } from "../e2e/network.ts";
import { TestSource } from "../e2e/test_source.ts";
import { needing } from "../support/needing.ts";

const permissions = [{ name: "net" }, { name: "sys", kind: "hostname" }] as const;

/** A network with a source, a sink that scans, and the calls that this one makes. */
class Setup implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly network: DevNetwork;
  readonly source: TestSource;
  readonly sink: Sink;
  readonly calls: { function: string; metrics: number }[];
  readonly #parts: AsyncDisposableStack;

  private constructor(
    parts: Pick<Setup, "network" | "source" | "sink" | "calls">,
    stack: AsyncDisposableStack,
  ) {
    this.network = parts.network;
    this.source = parts.source;
    this.sink = parts.sink;
    this.calls = parts.calls;
    this.#parts = stack;
  }

  static async start(rates: Readonly<Record<string, number>>): Promise<Setup> {
    await using stack = new AsyncDisposableStack();
    const calls: Setup["calls"] = [];
    const network = stack.use(
      await DevNetwork.start({
        onCall: ({ from, function: name, arguments: { metrics } }) => {
          if (!from.startsWith("scan") || !name.startsWith("sink.")) return;
          calls.push({ function: name, metrics: Array.isArray(metrics) ? metrics.length : 0 });
        },
      }),
    );
    const source = stack.use(new TestSource({ url: network.url }));
    await source.connect();
    await source.declareMetrics(
      Object.fromEntries(Object.entries(rates).map(([name, rate]) => [name, { rate }])),
    );
    const sink = stack.use(new Sink({ token: "scan", url: network.url }));
    await sink.connect();
    return new Setup({ network, source, sink, calls }, stack.move());
  }

  scan(
    names: readonly string[],
    { atATime = 2, seconds = 10, ...options }: Partial<HealthScanOptions> & {
      atATime?: number;
      seconds?: number;
    } = {},
  ): { scan: HealthScan; ended: Promise<void> } {
    const request = { filter: "", atATime, seconds };
    const scan = new HealthScan({ sink: this.sink, clock: this.clock, names, request, ...options });
    return { scan, ended: scan.run() };
  }

  /** Waits for what comes over the network, while time goes on in steps. */
  async until(
    condition: () => boolean,
    stepSeconds = 0.1,
    each?: () => Promise<void>,
  ): Promise<void> {
    while (!condition()) {
      await each?.();
      await this.clock.advance(stepSeconds);
      await new Promise((resolve) => setTimeout(resolve));
    }
  }

  async send(...names: string[]): Promise<void> {
    const time = Timestamp.fromPosixNs(this.clock.wallTime().posixNs);
    for (const name of names) await this.source.send(name, time, 1);
    await this.source.flush();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#parts.disposeAsync();
  }
}

Deno.test(needing({ permissions }, {
  name: "HealthScan receives as many metrics at a time as it says, for as long, and lets them go",
  fn: async () => {
    await using setup = await Setup.start({ "a.a": 1, "b.b": 1, "c.c": 0.001, "d.d": 1 });
    const { scan, ended } = setup.scan(["a.a", "b.b", "c.c", "d.d", "e.#"]);
    let isOver = false;
    void ended.then(() => isOver = true);
    const receiving = new Set<number>();
    let secondMs = -Infinity;
    await setup.until(() => isOver, 0.1, async () => {
      receiving.add(scan.state.receiving);
      if (setup.clock.nowMs() - secondMs < 1000) return;
      secondMs = setup.clock.nowMs();
      await setup.send("a.a", "d.d");
    });
    const { status, total, scanned, unjudged } = scan.state;
    assert.deepEqual({ status, total, scanned, unjudged }, {
      status: "done",
      total: 4, // the last cannot be subscribed to
      scanned: 4,
      unjudged: 1,
    });
    assert.deepEqual([...receiving].sort(), [0, 2]);
    assert.deepEqual(
      [...scan.found].map(([name, { problems }]) => [name, problems.map(({ kind }) => kind)]),
      [["b.b", ["silent"]]],
    );
    assert.deepEqual(setup.calls, [
      { function: "sink.subscribe", metrics: 2 },
      { function: "sink.subscribe", metrics: 2 },
    ]);
    assert.equal(scan.found.get("b.b")?.problems[0]?.detail, "no point in 10 s");
  },
}));

Deno.test(needing({ permissions }, {
  name: "HealthScan can be cancelled, and keeps what it has found",
  fn: async () => {
    await using setup = await Setup.start({ "a.a": 1, "b.b": 1, "c.c": 1 });
    const { scan, ended } = setup.scan(["a.a", "b.b", "c.c"], { atATime: 1 });
    await setup.until(() => scan.state.scanned === 1);
    await setup.until(() => scan.state.receiving === 1);
    scan.cancel();
    await ended;
    const { status, scanned, receiving, reason } = scan.state;
    assert.deepEqual([status, scanned, receiving, reason], ["cancelled", 1, 0, undefined]);
    assert.deepEqual([...scan.found.keys()], ["a.a"]);
    assert.equal(setup.calls.length, 2);
  },
}));

Deno.test(needing({ permissions }, {
  name: "HealthScan ends a batch that brings too much, and goes on with fewer",
  fn: async () => {
    const names = Array.from({ length: 8 }, (_, at) => `m.metric${at}`);
    await using setup = await Setup.start(Object.fromEntries(names.map((name) => [name, 1])));
    const { scan, ended } = setup.scan(names, { atATime: 8, seconds: 10, maxBytesPerSecond: 200 });
    let isOver = false;
    void ended.then(() => isOver = true);
    let startMs = NaN;
    await setup.until(() => isOver, 0.1, async () => {
      if (scan.state.receiving > 0) {
        if (Number.isNaN(startMs)) startMs = setup.clock.nowMs();
        await setup.send(...names);
      }
    });
    assert.equal(scan.state.status, "done");
    // At 8 × 10 messages of 138 bytes a second, 2000 bytes are there within a second or two; the scan
    // then waits until that is no more than 200 bytes a second.
    const tookMs = setup.clock.nowMs() - startMs;
    assert.ok(scan.state.points * 130 / (tookMs / 1000) < 400, `${scan.state.points} in ${tookMs}`);
  },
}));

Deno.test(needing({ permissions }, {
  name: "HealthScan takes nothing for silent while its connection is lost",
  fn: async () => {
    await using setup = await Setup.start({ "a.a": 1, "b.b": 1 });
    const { scan, ended } = setup.scan(["a.a", "b.b"]);
    await setup.until(() => scan.state.receiving === 2);
    // Until then its connection for data may be on its way, whose loss ends a sink.
    await setup.until(() => scan.state.points > 0, 0.05, () => setup.send("a.a"));
    setup.network.cutConnections();
    // Not before the batch is received once more: the call, that behind the loss, and the next one.
    const isBegunAnew = () =>
      setup.calls.filter((call) => call.function === "sink.subscribe").length > 2;
    let isOver = false;
    void ended.then(() => isOver = true);
    await setup.until(() => isOver, 0.05, async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (scan.state.receiving > 0 && isBegunAnew()) await setup.send("a.a", "b.b");
    });
    assert.equal(scan.state.status, "done", `${scan.state.reason}`);
    assert.deepEqual(
      [...scan.found.values()].flatMap(({ problems }) => problems.map(({ kind }) => kind)).filter((
        kind,
      ) => kind === "silent"),
      [],
    );
  },
}));

Deno.test(needing({ permissions }, {
  name: "HealthScan ends with the reason when the manager refuses",
  fn: async () => {
    await using setup = await Setup.start({ "a.a": 1 });
    await setup.sink.stop();
    const { scan, ended } = setup.scan(["a.a"]);
    await ended;
    assert.equal(scan.state.status, "failed");
    assert.ok((scan.state.reason ?? "") !== "");
  },
}));

Deno.test(needing({ permissions }, {
  name: "HealthScan judges nothing by a time that was cut short by the end of its sink",
  fn: async () => {
    await using setup = await Setup.start({ "a.a": 1, "b.b": 1 });
    const { scan, ended } = setup.scan(["a.a", "b.b"], { atATime: 1, seconds: 60 });
    await setup.until(() => scan.state.receiving === 1);
    await setup.clock.advance(30); // long enough to take it for silent
    await setup.sink.stop();
    await ended;
    const { status, scanned } = scan.state;
    assert.deepEqual([status, scanned, [...scan.found.keys()]], ["failed", 0, []]);
  },
}));

Deno.test(needing({ peers: ["rabbitmq", "metricq"] }, {
  name: "LiveMetrics.health scans a network on RabbitMQ, and leaves no queue behind",
  fn: async () => {
    await using network = await Network.start();
    await using source = new TestSource({ token: "source-lab", url: network.url });
    await source.connect();
    await source.declareMetrics({ "lab.sends": { rate: 10 }, "lab.silent": { rate: 10 } });
    await using live = new LiveMetrics({
      join: async () => {
        const sink = new Sink({ token: "watch-test", url: network.url });
        await sink.connect();
        return sink;
      },
    });
    const { health } = live;
    await health.problems({ count: 1 });
    health.startScan({ filter: "lab", atATime: 10, seconds: 6 });
    while ((health.scan?.status ?? "running") === "running") {
      await source.send("lab.sends", Timestamp.now(), 1);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.equal(health.scan?.status, "done");
    assert.ok((health.scan?.points ?? 0) > 30);
    const { problems } = await health.problems({ kind: "silent", count: 10 });
    assert.deepEqual(problems.map(({ subject }) => subject), ["lab.silent"]);
    const { ctl, name } = network.vhost;
    const queues = await ctl("list_queues", "-q", "--vhost", name, "name");
    assert.doesNotMatch(String(queues), /watch-test.*data/);
  },
}));
