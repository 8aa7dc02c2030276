/** What TypeScript accepts and refuses of sources, their options, and what they are given. */

import assert from "node:assert/strict";
import {
  type AgentEvent,
  type Duration,
  type HealthServerOptions,
  IntervalSource,
  type JsonObject,
  type Metadata,
  MetricQError,
  type MonotonicClock,
  type PointsLost,
  PublishFailed,
  RpcError,
  rpcHandler,
  Source,
  type SourceMetric,
  type SourceOptions,
  type SourceStats,
  type StandardSchema,
  type Tick,
  type Ticker,
  ticks,
  Timedelta,
  Timestamp,
  withSchema,
} from "../../mod.ts";
import { ManualClock } from "../../src/testing/mod.ts";

class Meter extends IntervalSource {
  update() {}
}

const OPTIONS = { token: "source-meter", url: "amqp://localhost/" } as const;

/** Only compiled. */
async function refusedPoints(source: Meter): Promise<void> {
  const now = Timestamp.now();
  // @ts-expect-error: a number is not a time
  await source.send("a.b", 5, 5);
  // @ts-expect-error: nor is a Date
  await source.send("a.b", new Date(), 5);
  // @ts-expect-error: nor is an instant of Temporal
  await source.send("a.b", Temporal.Now.instant(), 5);
  // @ts-expect-error: a text is not a value
  await source.send("a.b", now, "5");
  // @ts-expect-error: nor is a bigint
  await source.send("a.b", now, 5n);
  // @ts-expect-error: nor is what may be missing
  await source.send("a.b", now, [5].at(0));
  // @ts-expect-error: the time comes first
  await source.send("a.b", 5, now);
  // @ts-expect-error: a point has a value
  await source.send("a.b", now);
  // @ts-expect-error: times are 64 bits wide
  await source.sendMany("a.b", [1, 2], [1, 2]);
  // @ts-expect-error: a number says no unit
  Timestamp.from(1714564800);
  // @ts-expect-error: a Timedelta is not a time
  Timestamp.from(Timedelta.fromS(5));
  // @ts-expect-error: a time is no number
  now + 5;
}

/** Only compiled. */
function refusedOptions(): void {
  // @ts-expect-error: the token is required
  new Meter({ url: "amqp://localhost/" });
  // @ts-expect-error: so is the address
  new Meter({ token: "source-meter" });
  // @ts-expect-error: it is called chunkSize
  new Meter({ ...OPTIONS, chunksize: 10 });
  // @ts-expect-error: a text is no size
  new Meter({ ...OPTIONS, chunkSize: "10" });
  // @ts-expect-error: none of the choices
  new Meter({ ...OPTIONS, onFull: "drop" });
  // @ts-expect-error: none of the choices
  new Meter({ ...OPTIONS, onTime: "keep" });
  // @ts-expect-error: none of the choices
  new Meter({ ...OPTIONS, delivery: "exactly-once" });
  // @ts-expect-error: a duration is no boolean
  new Meter({ ...OPTIONS, period: true });
  // @ts-expect-error: nor a bigint
  new Meter({ ...OPTIONS, rpcTimeout: 5n });
  // @ts-expect-error: the hook is given one loss
  new Meter({ ...OPTIONS, onPointsLost: (metric: string, points: number) => metric + points });
  // @ts-expect-error: it is for a subclass to say what is measured
  new Source(OPTIONS);
  // @ts-expect-error: as this one is
  new IntervalSource(OPTIONS);
  // @ts-expect-error: `update` is missing
  class NoUpdate extends IntervalSource {}
  // @ts-expect-error: `task` is missing
  class NoTask extends Source {}
  void [NoUpdate, NoTask];
}

/** Only compiled. */
function refusedChanges(source: Meter, metric: SourceMetric, ticker: Ticker): void {
  // @ts-expect-error: the name on the network stays
  source.token = "other";
  // @ts-expect-error: it is told, not set
  source.stats = {};
  // @ts-expect-error: the clock is the subclass's business
  source.clock;
  // @ts-expect-error: and so is its task
  source.task(new AbortController().signal);
  // @ts-expect-error: a type, without a constructor
  new metric.constructor.SourceMetric();
  // @ts-expect-error: a size is a number, or null
  metric.chunkSize = "1";
  // @ts-expect-error: a duration, without which ticks cannot go on
  ticker.period = undefined;
  // @ts-expect-error: times do not change
  Timestamp.now().seconds = 5;
  // @ts-expect-error: the fine wait is the package's own
  const clock: MonotonicClock = { nowMs: () => 0, sleepUntil: async () => {}, approach: 5 };
  // @ts-expect-error: a clock moves by durations
  void new ManualClock().advance(5n);
  void clock;
}

/** What TypeScript refuses; what it would miss is refused when the class is made. */
function defineRefused(): unknown {
  class Refused extends IntervalSource {
    // @ts-expect-error: there is no such property
    override perid = 5;

    // @ts-expect-error: an update is given a tick
    override update(text: string) {
      void text;
    }

    // @ts-expect-error: a handler belongs to an agent
    @rpcHandler("config")
    static onConfig() {}

    // @ts-expect-error: a handler is a method
    @rpcHandler("config")
    field = 5;
  }
  return Refused;
}

class Accepted extends Source {
  @rpcHandler("config")
  onConfig({ rate = 1, names }: { rate?: number; names: readonly string[] }) {
    void [rate, names];
  }

  @rpcHandler("meter.range", "meter.limits")
  async getRange(_: JsonObject, { function: name, fromToken, signal }: {
    function: string;
    fromToken: string | undefined;
    signal: AbortSignal;
  }) {
    signal.throwIfAborted();
    return await Promise.resolve({ name, fromToken: fromToken ?? null });
  }

  async task(signal: AbortSignal) {
    const period: Duration = "100ms";
    for await (const tick of ticks({ period, signal, clock: this.clock })) {
      tick satisfies Tick;
      await this.send("example.lab.a", tick.time, tick.latenessMs);
      await this.send("example.lab.b", Timestamp.from(Temporal.Now.instant()), NaN);
    }
  }
}

/** Options that are put together elsewhere, as a program's own function does. */
function optionsFor(host: string, overrides: Partial<SourceOptions> = {}): SourceOptions {
  return { token: `source-${host}`, url: ["amqp://a/", "amqp://b/"], ...overrides };
}

/** What becomes of each event, of which the compiler knows the data. */
function describe(event: AgentEvent): string {
  switch (event.kind) {
    case "connection-lost":
      // @ts-expect-error: a loss of a connection has no points
      event.points;
      return `${event.connection}: ${event.reason}`;
    case "points-lost":
      return event.reasons.map((reason) => reason satisfies PointsLost["reason"]).join();
    default:
      return event.kind;
  }
}

/** What an error tells, of which the compiler knows the fields. */
function explain(error: unknown): string {
  if (error instanceof PublishFailed) return `${error.points satisfies number} of ${error.metric}`;
  if (error instanceof RpcError) return error.reason;
  // @ts-expect-error: other errors have no metric
  if (error instanceof MetricQError) return error.metric;
  return String(error);
}

/** A schema without a library. */
const Rate: StandardSchema<{ rate: number }> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) => ({ value: { rate: Number(Object(value).rate) } }),
  },
};

Deno.test("Sources, their options and their errors are typed as they are used", () => {
  const compiled = [refusedPoints, refusedOptions, refusedChanges, describe];
  assert.equal(compiled.length, 4);
  assert.throws(defineRefused, {
    name: "TypeError",
    message: 'Cannot use rpcHandler on "onConfig": a method of instances is required',
  });
  const source = new Accepted(optionsFor("a", { onTime: "drop", chunkSize: null }));
  source.addRpcHandler("config", withSchema(Rate, ({ rate }) => void rate.toFixed()));
  source.addRpcHandler<{ rate: number }>("config", async ({ rate }) => {
    await Promise.resolve(rate);
  });
  const stats: SourceStats = source.stats;
  const health: HealthServerOptions = { port: 0 };
  const metadata: Metadata = { unit: "W", rate: 10, location: { rack: 5 } };
  assert.deepEqual([stats.pointsSent, health.port, metadata.unit], [0, 0, "W"]);
  assert.equal(explain(new PublishFailed("a.b", 2, "full")), "2 of a.b");
  assert.equal(explain(5), "5");
});
