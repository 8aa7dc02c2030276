import assert from "node:assert/strict";
import fc from "fast-check";
import type { JsonObject } from "../../../src/rpc/json.ts";
import { ManualClock } from "../../../src/testing/manual_clock.ts";
import { Timestamp } from "../../../src/time/timestamp.ts";
import { AgentRegistry } from "../../../src/watch/view/agent_registry.ts";
import { HealthList, type Scanned } from "../../../src/watch/view/health_list.ts";
import { MetricList } from "../../../src/watch/view/metric_list.ts";
import { MetricStore } from "../../../src/watch/view/metric_store.ts";

const RIGHT = { source: "source-x", unit: "W", rate: 1, description: "Power" };

/** A network of metrics, some of which are received, as of a clock that stands. */
class Setup {
  readonly clock = new ManualClock();
  readonly registry = new AgentRegistry(this.clock);
  readonly store = new MetricStore({
    nowMs: () => this.clock.nowMs(),
    wallMs: () => this.clock.wallTime().posixMs,
  });
  readonly list = new MetricList({
    statistics: (name) => this.store.statistics(name),
    ratePerSecond: (name) => this.store.ratePerSecond(name),
    followed: () => this.heardSinceMs.keys(),
    nowMs: () => this.clock.nowMs(),
  });
  readonly heardSinceMs = new Map<string, number>();
  readonly scanned = new Map<string, Scanned>();
  readonly health = new HealthList({
    list: this.list,
    agents: () => this.registry.all(),
    hasAskedAgents: () => this.registry.hasAskedAll,
    heardForMs: (name) => {
      const sinceMs = this.heardSinceMs.get(name);
      return sinceMs === undefined ? undefined : this.clock.nowMs() - sinceMs;
    },
    heard: (name) => this.store.heard(name),
    scanned: () => this.scanned,
    clock: this.clock,
  });

  constructor(metrics: Readonly<Record<string, JsonObject>>) {
    this.list.declare(new Set(Object.keys(metrics)), true);
    for (const [name, metadata] of Object.entries(metrics)) this.list.describe(name, metadata);
    const asked = this.registry.ask();
    this.registry.answer(asked, "source-x", {});
    asked.reached();
    this.registry.endRound(asked);
  }

  hear(name: string): void {
    this.heardSinceMs.set(name, this.clock.nowMs());
  }

  send(name: string, value: number, aheadMs = 0): void {
    const { posixNs } = this.clock.wallTime();
    this.store.add(name, {
      timesNs: BigInt64Array.of(posixNs + BigInt(Math.round(aheadMs * 1e6))),
      values: Float64Array.of(value),
    });
  }

  /** The kinds of problems by what has them, each with its detail. */
  async found(): Promise<Record<string, Record<string, string>>> {
    this.health.renew();
    const { problems } = await this.health.window({ count: 1000 });
    const all: Record<string, Record<string, string>> = {};
    for (const { kind, subject, detail } of problems) (all[subject] ??= {})[kind] = detail;
    return all;
  }
}

Deno.test("HealthList finds what metadata and names tell", async () => {
  const { unit: _, ...noUnit } = RIGHT;
  const { rate: __, ...noRate } = RIGHT;
  const setup = new Setup({
    "rack.right": RIGHT,
    "rack.empty_unit": { ...RIGHT, unit: "" },
    "rack.interval": { ...noRate, interval: "10s" },
    "rack.seconds": { ...noRate, interval: 10 },
    "rack.both": { ...RIGHT, rate: 0.1, interval: "10s" },
    "rack.no_unit": noUnit,
    "rack.no_rate": noRate,
    "rack.wrong_unit": { ...RIGHT, unit: ["W"] },
    "rack.text_rate": { ...RIGHT, rate: "10" },
    "rack.negative": { ...RIGHT, rate: -1 },
    "rack.zero": { ...RIGHT, rate: 0 },
    "rack.bad_interval": { ...noRate, interval: "soon" },
    "rack.contradiction": { ...RIGHT, interval: "10s" },
    "rack.blank": { ...RIGHT, description: " " },
    "rack.nothing": {},
    "foo": RIGHT,
    "rack.#": RIGHT,
  });
  assert.deepEqual(await setup.found(), {
    "rack.no_unit": { "unit-missing": "" },
    "rack.no_rate": { "rate-missing": "" },
    "rack.wrong_unit": { "unit-missing": "its unit is an array" },
    "rack.text_rate": { "rate-wrong": "its rate is a string, a number is required" },
    "rack.negative": { "rate-wrong": "its rate is -1 Hz, more than 0 is required" },
    "rack.zero": { "rate-wrong": "its rate is 0 Hz, more than 0 is required" },
    "rack.bad_interval": {
      "rate-wrong": 'its interval is "soon", a duration such as "10s" is required',
    },
    "rack.contradiction": { "rate-wrong": "its rate is 1 Hz and its interval 10 s" },
    "rack.blank": { "description-missing": "its description is empty" },
    "rack.nothing": {
      "source-missing": "",
      "unit-missing": "",
      "rate-missing": "",
      "description-missing": "",
    },
    "foo": { "name-unusual": "" },
    "rack.#": { "name-unusable": "" },
  });
});

Deno.test("HealthList finds what agents tell, and sources that nobody has heard of", async () => {
  const setup = new Setup({
    "rack.one": RIGHT,
    "rack.two": { ...RIGHT, source: "source-gone" },
    "rack.three": { ...RIGHT, source: "source-gone" },
    "rack.old": { ...RIGHT, source: "source-archived", archived: "2020-01-01T00:00:00Z" },
  });
  const { registry, clock } = setup;
  clock.setWallTime(Timestamp.fromPosixMs(5_000_000));
  const asked = registry.ask();
  await clock.advance(3);
  registry.answer(asked, "source-x", { currentTime: "1970-01-01T03:00:00Z" });
  registry.answer(asked, "tool", { error: "what?" });
  const found = await setup.found();
  assert.deepEqual(found["source-gone"], { "source-gone": "2 metrics" });
  assert.equal(found["source-archived"], undefined);
  assert.deepEqual(found["source-x"], {
    "clock-wrong": "1 h 36 min ahead, ± 1.5 s",
    "answers-late": "after 3.0 s",
  });
  assert.deepEqual(found["tool"], { "answers-error": "what?", "answers-late": "after 3.0 s" });
  await clock.advance(1);
  const next = registry.ask();
  await clock.advance(10);
  next.reached();
  registry.endRound(next);
  const later = await setup.found();
  assert.deepEqual(later["source-x"], { "source-gone": "1 metric" });
  assert.deepEqual(later["tool"], { "agent-silent": "" });
  const { problems } = await setup.health.window({ filter: "tool", count: 9 });
  assert.equal(problems[0]?.sinceMs, 5_003_000);
});

Deno.test("HealthList finds what points tell of metrics that are received", async () => {
  const names = ["silent", "slow", "right", "off", "bad", "stale", "unheard"].map((name) =>
    `rack.${name}`
  );
  const setup = new Setup(Object.fromEntries(names.map((name) => [
    name,
    { ...RIGHT, ...name === "rack.slow" && { rate: 0.01 } },
  ])));
  const { clock } = setup;
  for (const name of names) if (name !== "rack.unheard") setup.hear(name);
  setup.send("rack.stale", 1);
  await clock.advance(4);
  assert.deepEqual(await setup.found(), {}); // too early to tell
  for (let second = 0; second < 20; second++) {
    setup.send("rack.right", second);
    setup.send("rack.off", second);
    setup.send("rack.bad", second % 2 === 0 ? Infinity : NaN, second === 3 ? 60_000 : 0);
    await clock.advance(0.5);
    setup.send("rack.off", second, 100);
    await clock.advance(0.5);
  }
  assert.deepEqual(await setup.found(), {
    "rack.silent": { "silent": "no point has come since it is received" },
    "rack.stale": { "silent": "" },
    "rack.off": { "off-rate": "2 of 1 Hz" },
    "rack.bad": {
      "time-future": "once",
      "time-order": "16 times",
      "not-finite": "10 times",
      "no-reading": "once",
    },
  });
  const { problems } = await setup.health.window({ kind: "silent", count: 9 });
  assert.deepEqual(problems.map(({ subject, sinceMs }) => [subject, sinceMs]), [
    ["rack.silent", 0],
    ["rack.stale", 0],
  ]);
});

Deno.test("HealthList keeps what a scan has found, until it is known better", async () => {
  const setup = new Setup({ "rack.one": RIGHT, "rack.two": RIGHT });
  const problems = [{ kind: "silent", sinceMs: undefined, detail: "no point in 5 s" }] as const;
  for (const name of ["rack.one", "rack.two"]) setup.scanned.set(name, { atMs: 77, problems });
  setup.hear("rack.two");
  for (let second = 0; second < 10; second++) {
    setup.send("rack.two", second);
    await setup.clock.advance(1);
  }
  const found = await setup.health.window({ count: 9 });
  assert.deepEqual(found.problems.map(({ subject, scannedMs }) => [subject, scannedMs]), [
    ["rack.one", 77],
  ]);
});

Deno.test("HealthList.window() is a part of the whole, sorted and filtered, whatever is declared", async () => {
  const metadata = fc.record({
    source: fc.oneof(fc.constantFrom("a", "b"), fc.jsonValue()),
    unit: fc.oneof(fc.constant("W"), fc.jsonValue()),
    rate: fc.jsonValue(),
    interval: fc.jsonValue(),
    date: fc.oneof(fc.constantFrom("2026-01-01T00:00:00Z", "2025-01-01T00:00:00Z"), fc.jsonValue()),
    archived: fc.oneof(fc.constant(undefined), fc.jsonValue()),
    description: fc.jsonValue(),
  }, { requiredKeys: [] });
  const metrics = fc.dictionary(fc.string({ unit: "binary", minLength: 1 }), metadata, {
    maxKeys: 20,
  });
  const query = fc.record({
    kind: fc.constantFrom(undefined, "unit-missing" as const),
    sort: fc.constantFrom("kind" as const, "subject" as const, "source" as const, "since" as const),
    isDescending: fc.boolean(),
    first: fc.oneof(fc.nat(30), fc.constantFrom(-1, NaN, Infinity)),
    count: fc.oneof(fc.nat(30), fc.constantFrom(-1, NaN)),
  });
  await fc.assert(fc.asyncProperty(metrics, query, async (metrics, query) => {
    const setup = new Setup(metrics as Record<string, JsonObject>);
    const part = await setup.health.window(query);
    const { first: _, ...whole } = query;
    const { problems, counts, matching } = await setup.health.window({ ...whole, count: 1000 });
    assert.equal(problems.length, matching);
    const first = query.first > 0 ? Math.min(query.first, matching) : 0;
    const count = query.count > 0 ? query.count : 0;
    assert.deepEqual(part.problems, problems.slice(first, first + count));
    const total = Object.values(counts).reduce((sum, each) => sum + each, 0);
    assert.equal(query.kind === undefined ? total : counts[query.kind] ?? 0, matching);
    if (query.sort !== "since") return;
    const times = problems.map(({ sinceMs }) => sinceMs).filter((each) => each !== undefined);
    const sorted = times.toSorted((a, b) => query.isDescending ? b - a : a - b);
    assert.deepEqual(times, sorted);
  }));
});
