/** A source, some of whose points the broker refuses for what they are. */

import assert from "node:assert/strict";
import { Broker } from "../../src/dev/broker/broker.ts";
import { DevNetwork } from "../../src/dev/network.ts";
import type { PointsLost } from "../../src/outbox/delivery_options.ts";
import { TestNetwork } from "../../src/testing/test_network.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { TestSource, type TestSourceOptions } from "../e2e/test_source.ts";
import { LogRecords } from "../support/log_records.ts";
import { needing } from "../support/needing.ts";
import { SpoolFolder } from "./spool_folder.ts";

const permissions = [
  { name: "net" },
  { name: "sys", kind: "hostname" },
  { name: "read" },
  { name: "write" },
] as const;

const SMALL = "test.e2e.small";
const LARGE = "test.e2e.large";
const LARGE_POINTS = 1000; // more than the limit's bytes
const LIMIT_BYTES = 4096;

/** A network whose broker has a limit, and the values that it has got. */
class LimitedNetwork implements AsyncDisposable {
  readonly values = new Map<string, number[]>();
  readonly #parts = new AsyncDisposableStack();

  static async start(): Promise<LimitedNetwork & { readonly url: string }> {
    const limited = new LimitedNetwork();
    const broker = limited.#parts.use(Broker.start({ maxMessageBytes: LIMIT_BYTES }));
    limited.#parts.use(
      await DevNetwork.start({
        server: broker.url,
        onChunk: (metric, { values }) => {
          limited.values.set(metric, [...limited.values.get(metric) ?? [], ...values]);
        },
      }),
    );
    return Object.assign(limited, { url: broker.url });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.disposeAsync();
  }
}

async function send(source: TestSource, metric: string, count: number): Promise<void> {
  const { pointsSent } = source.stats;
  for (let i = 0; i < count; i++) {
    await source.send(metric, new Timestamp(1_700_000_000 + pointsSent + i, 0), i);
  }
}

/** Waits until all is confirmed or given up; what is given up at once lets `flush` not fail. */
async function flushed(source: TestSource): Promise<void> {
  await source.flush().catch(({ name, metric }) => {
    assert.deepEqual([name, metric], ["PublishFailed", LARGE]);
  });
}

async function started(options: TestSourceOptions): Promise<TestSource> {
  const source = new TestSource(options);
  await source.connect();
  await source.declareMetrics([SMALL, LARGE]);
  source.metric(LARGE).chunkSize = LARGE_POINTS;
  return source;
}

Deno.test(needing({ permissions }, {
  name: "Source gives up a chunk that is too large for the broker, tells it, and sends all others",
  fn: async () => {
    await using logged = await LogRecords.capture();
    await using network = await LimitedNetwork.start();
    const losses: PointsLost[] = [];
    await using source = await started({
      url: network.url,
      onPointsLost: (loss) => losses.push(loss),
    });
    for (let round = 0; round < 3; round++) {
      await send(source, SMALL, 10);
      await send(source, LARGE, LARGE_POINTS);
      await send(source, SMALL, 10);
      await flushed(source);
    }
    await source.stop();
    assert.equal(network.values.get(SMALL)?.length, 60);
    assert.equal(network.values.get(LARGE), undefined);
    const { pointsConfirmed, pointsDropped, reconnects } = source.stats;
    assert.deepEqual([pointsConfirmed, pointsDropped, reconnects], [60, 3000, 0]);
    const [{ words = "" } = {}] = losses;
    assert.match(words, /^message size \d+ is larger than configured max size 4096$/);
    assert.deepEqual(
      losses,
      Array.from({ length: 3 }, () => ({ metric: LARGE, points: 1000, reason: "refused", words })),
    );
    assert.deepEqual([...logged.messages("warning"), ...logged.messages("error")], [
      `source-test gives up 1000 points of ${LARGE}, which the broker refuses: ${words}`,
      "source-test has lost 3000 points of 1 metric: the broker has refused them",
    ]);
  },
}));

Deno.test(needing({ permissions }, {
  name:
    "SourceMetric.flush() fails for what the broker refuses of its own metric, and not of another",
  fn: async () => {
    await using network = await LimitedNetwork.start();
    const source = await started({ url: network.url });
    await send(source, LARGE, LARGE_POINTS);
    await send(source, SMALL, 1);
    const refused = assert.rejects(source.metric(LARGE).flush(), { metric: LARGE });
    await source.metric(SMALL).flush();
    await refused;
    await source.stop();
    const { pointsConfirmed, pointsDropped } = source.stats;
    assert.deepEqual([pointsConfirmed, pointsDropped], [1, LARGE_POINTS]);
  },
}));

Deno.test(needing({ permissions }, {
  name: "Source with a spool does not bring back what the broker has refused for what it is",
  fn: async () => {
    await using network = await LimitedNetwork.start();
    await using folder = await SpoolFolder.make();
    const options = { url: network.url, spool: folder.file };
    const first = await started(options);
    await send(first, LARGE, LARGE_POINTS);
    await assert.rejects(first.flush(), { name: "PublishFailed" });
    await first.stop();
    const second = await started(options);
    await send(second, SMALL, 1);
    await second.flush();
    await second.stop();
    const { pointsRecovered, pointsDropped, reconnects } = second.stats;
    assert.deepEqual([pointsRecovered, pointsDropped, reconnects], [0, 0, 0]);
  },
}));

Deno.test(needing({ permissions }, {
  name: "Source does not send a metric that is forbidden until it registers again",
  fn: async () => {
    await using network = await TestNetwork.start();
    await using source = new TestSource({ url: network.url });
    network.forbid(LARGE);
    await source.connect();
    const sendBoth = async () => {
      await send(source, LARGE, 5);
      await send(source, SMALL, 5);
    };
    await sendBoth();
    await assert.rejects(source.flush(), { name: "PublishFailed", metric: LARGE });
    await sendBoth();
    await flushed(source);
    assert.equal((await network.points(SMALL, 10)).length, 10);
    assert.deepEqual([source.stats.pointsDropped, source.stats.reconnects], [10, 0]);

    network.forbid(LARGE, false);
    await send(source, LARGE, 5);
    assert.equal(source.stats.pointsDropped, 15, "the broker is not asked yet");
    network.cutConnections();
    await network.rpc("source.register", { count: 2 });
    for await (const { kind, ...event } of source.events()) {
      if (kind === "registered" && "again" in event && event.again) break;
    }
    await sendBoth();
    await source.flush();
    assert.equal((await network.points(LARGE, 5)).length, 5);
    assert.equal(source.stats.pointsDropped, 15);
  },
}));

Deno.test(needing({ permissions }, {
  name: "Source gives up each of many metrics that are forbidden, without an outage",
  fn: async () => {
    await using logged = await LogRecords.capture();
    await using network = await TestNetwork.start();
    await using source = new TestSource({ url: network.url });
    await source.connect();
    const metrics = Array.from({ length: 100 }, (_, i) => `${LARGE}.m${i}`);
    for (const metric of metrics) network.forbid(metric);
    for (const metric of [...metrics, SMALL, ...metrics]) await send(source, metric, 1);
    await assert.rejects(source.flush(), { name: "PublishFailed" });
    await network.points(SMALL, 1);
    assert.deepEqual([source.stats.pointsDropped, source.stats.reconnects], [200, 0]);
    assert.equal(logged.messages("error").length, 20);
  },
}));

Deno.test(needing({ permissions }, {
  name: 'Source with "at-most-once" counts what a refusal has cost, and goes on without an outage',
  fn: async () => {
    await using network = await LimitedNetwork.start();
    const losses: PointsLost[] = [];
    await using source = await started({
      url: network.url,
      delivery: "at-most-once",
      onPointsLost: (loss) => losses.push(loss),
    });
    const refused = new Promise<void>((resolve) => {
      void (async () => {
        for await (const { kind } of source.events()) if (kind === "points-refused") resolve();
      })();
    });
    await send(source, SMALL, 10);
    await send(source, LARGE, LARGE_POINTS);
    await refused;
    await send(source, LARGE, LARGE_POINTS);
    await send(source, SMALL, 10);
    await source.stop();
    const { pointsSent, pointsConfirmed, pointsDropped, pointsBuffered, takenBack, reconnects } =
      source.stats;
    assert.deepEqual([pointsSent, pointsBuffered, reconnects], [2020, 0, 0]);
    assert.deepEqual([pointsConfirmed, pointsDropped], [20, 2000]);
    assert.deepEqual([takenBack.points, takenBack.chunks], [1000, 1]);
    assert.equal(network.values.get(SMALL)?.length, 20);
    assert.match(losses[0]?.words ?? "", / \(without confirms, more may be lost\)$/);
  },
}));
