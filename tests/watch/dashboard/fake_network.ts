/**
 * A made-up network, which the dashboard and the terminal show in their tests.
 *
 * @module
 */

import { ConfigurationConflict } from "../../../src/configurations/configuration_store.ts";
import { RpcError } from "../../../src/errors.ts";
import type { JsonObject } from "../../../src/rpc/json.ts";
import { sleep, systemClock } from "../../../src/time/clock.ts";
import { agentView } from "../agent_view.ts";
import { HealthList, type Scanned } from "../../../src/watch/view/health_list.ts";
import type {
  ForgetRequest,
  HealthView,
  ProblemQuery,
  ProblemWindow,
  ScanRequest,
  ScanState,
} from "../../../src/watch/view/health_view.ts";
import { MetricList } from "../../../src/watch/view/metric_list.ts";
import type { MetricStatistics } from "../../../src/watch/view/metric_store.ts";
import type {
  ConfigurationKeeping,
  ConfigurationState,
  ConfigurationsView,
} from "../../../src/watch/view/configurations_view.ts";
import type {
  AgentView,
  ExactPoints,
  MetricQuery,
  MetricView,
  MetricWindow,
  NetworkView,
  RpcView,
  SeriesView,
  Summary,
} from "../../../src/watch/view/network_view.ts";

/** A metric to make up. */
export interface FakeMetric {
  readonly name: string;
  readonly source?: string | undefined;
  readonly metadata?: JsonObject;
  /** How many points it really has each second; 0 for none. @default {10} */
  readonly rate?: number;
  /** The rate that it declares. @default {the real one} */
  readonly declaredRate?: number | undefined;
  /** Its value at a time. @default {a sine of 10 s around 50} */
  readonly value?: (timeMs: number) => number;
  readonly delayMs?: number;
  readonly gaps?: number;
}

/** How much of a metric is kept. */
const KEPT_POINTS = 400_000;

/** Over how long a rate is measured. */
const RATE_WINDOW_MS = 2000;

/** Sources "take" a configuration whose `rate` is a number over 0, and measure at that rate then. */
export class FakeNetwork implements NetworkView {
  title = "development network";
  readonly url = "amqp://127.0.0.1:5672";
  readonly #metrics = new Map<string, Metric>();
  readonly #agents = new Map<string, AgentView>();
  readonly #configurations = new Map<string, JsonObject>();
  readonly #states = new Map<string, ConfigurationState>();
  #rpcs: RpcView[] = [];
  readonly #replaced: { id: string; token: string; config: JsonObject }[] = [];
  /** What the page is told of where configurations are kept. */
  /** What sources say of their configurations, by token. */
  readonly schemas: Map<string, JsonObject | undefined> = new Map();
  askSchema: ConfigurationsView["schema"] = (token) => Promise.resolve(this.schemas.get(token));
  /** What configuring waits for. */
  beforeConfigure: Promise<void> = Promise.resolve();
  keeping: ConfigurationKeeping = {
    place: "memory",
    historyPlace: "memory",
    isWritable: true,
  };
  #nowMs: number;

  constructor(startMs: number = Date.now()) {
    this.#nowMs = startMs;
  }

  add(...metrics: FakeMetric[]): this {
    for (const metric of metrics) {
      this.#metrics.set(metric.name, new Metric(metric, this.#nowMs));
    }
    return this;
  }

  remove(name: string): void {
    this.#metrics.delete(name);
  }

  addAgent(agent: Partial<AgentView> & { token: string }, config?: JsonObject): this {
    this.#agents.set(agent.token, agentView({ heardMs: this.#nowMs, ...agent }));
    if (config) this.setConfiguration(agent.token, config);
    return this;
  }

  removeAgent(token: string): void {
    this.#agents.delete(token);
  }

  setConfiguration(token: string, config: JsonObject): void {
    this.#configurations.set(token, config);
    this.#note(token, "accepted");
  }

  addRpc(rpc: Partial<RpcView>): this {
    this.#rpcs.push({
      id: this.#rpcs.length + 1,
      timeMs: this.#nowMs,
      from: "manager",
      to: "*",
      function: "discover",
      arguments: "{}",
      error: undefined,
      ...rpc,
    });
    return this;
  }

  /** Lets time pass up to a time of day: points come. */
  advanceTo(nowMs: number): void {
    this.#nowMs = nowMs;
    for (const metric of this.#metrics.values()) metric.advanceTo(nowMs);
  }

  /** Lets time pass as it does. */
  async run(signal: AbortSignal, periodMs: number = 20): Promise<void> {
    while (!signal.aborted) {
      this.advanceTo(Date.now());
      await sleep(systemClock, periodMs, signal);
    }
  }

  metrics(query: MetricQuery): Promise<MetricWindow> {
    return Promise.resolve(this.list().window(query));
  }

  named(names: readonly string[]): Promise<readonly MetricView[]> {
    const list = this.list();
    return Promise.resolve(names.map((name) => list.view(name)));
  }

  series(metric: string, afterMs: number = -Infinity): SeriesView {
    return this.#metrics.get(metric)?.after(afterMs) ??
      { timesMs: new Float64Array(), values: new Float64Array() };
  }

  exactPoints(metric: string, startMs: number, endMs: number): ExactPoints {
    const { timesMs, values } = this.series(metric, startMs);
    const times = timesMs.filter((timeMs) => timeMs <= endMs);
    return {
      timesNs: BigInt64Array.from(times, (timeMs) => BigInt(Math.round(timeMs * 1e6))),
      values: values.slice(0, times.length),
    };
  }

  summary(): Promise<Summary> {
    return Promise.resolve(this.list().summary());
  }

  agents(): Promise<readonly AgentView[]> {
    return Promise.resolve(this.known());
  }

  /** Its agents. */
  known(): readonly AgentView[] {
    return [...this.#agents.values()];
  }

  /** All its metrics as they are now. */
  list(): MetricList {
    const list = new MetricList({
      statistics: (name) => this.#metrics.get(name)?.statistics(this.#nowMs),
      ratePerSecond: (name) => this.#metrics.get(name)?.statistics(this.#nowMs).ratePerSecond,
      followed: () => this.#metrics.keys(),
      nowMs: () => this.#nowMs,
    });
    list.declare(new Set(this.#metrics.keys()), true);
    for (const [name, metric] of this.#metrics) list.describe(name, metric.metadata());
    return list;
  }

  /** What is asked of its health; a scan is up to the test. */
  readonly health: FakeHealth = new FakeHealth(this);

  rpcs(afterId: number = 0): readonly RpcView[] {
    return this.#rpcs.filter(({ id }) => id > afterId);
  }

  tokens(): readonly string[] {
    return [...new Set([...this.#configurations.keys(), ...this.#agents.keys()])];
  }

  configuration(token: string): JsonObject | undefined {
    return this.#configurations.get(token);
  }

  configurationState(token: string): ConfigurationState | undefined {
    return this.#states.get(token);
  }

  configure(token: string, config: JsonObject): Promise<boolean> {
    const { rate } = config;
    const call = { to: token, function: "config", arguments: JSON.stringify(config) };
    if (this.#agents.has(token) && (typeof rate !== "number" || rate <= 0)) {
      const error = `rate is ${JSON.stringify(rate)}, a number over 0 is required`;
      this.addRpc({ ...call, error });
      this.#note(token, "refused", error);
      return Promise.reject(new RpcError("config", error));
    }
    this.addRpc(call);
    this.#configurations.set(token, config);
    this.#note(token, this.#agents.has(token) ? "accepted" : "kept");
    for (const metric of this.#metrics.values()) {
      if (metric.source === token && typeof rate === "number") metric.setRate(rate, this.#nowMs);
    }
    return Promise.resolve(this.#agents.has(token));
  }

  get configurations(): ConfigurationsView {
    return {
      keeping: this.keeping,
      tokens: () => Promise.resolve(this.tokens()),
      get: (token) =>
        Promise.resolve({
          config: this.#configurations.get(token),
          revision: this.#revision(token),
          state: this.#states.get(token),
          error: undefined,
        }),
      schema: (token) => this.askSchema(token),
      configure: async (token, config, revision) => {
        await this.beforeConfigure;
        if (revision !== this.#revision(token)) {
          const kept = this.#configurations.get(token);
          throw new ConfigurationConflict(
            token,
            kept && { config: kept, revision: JSON.stringify(kept) },
          );
        }
        const old = this.#configurations.get(token);
        try {
          const isTaken = await this.configure(token, config);
          if (old) this.#replaced.push({ id: `${this.#replaced.length}`, token, config: old });
          const answer = isTaken ? "accepted" : "not connected";
          return { answer, reason: undefined, keptRevision: this.#revision(token) };
        } catch (error) {
          if (!(error instanceof RpcError)) throw error;
          return { answer: "refused", reason: error.reason, keptRevision: undefined };
        }
      },
      history: (token) =>
        Promise.resolve(
          this.#replaced.filter((each) => each.token === token).toReversed()
            .map(({ id }) => ({ id, time: "2026-11-29T10:00:00Z" })),
        ),
      replaced: (_token, id) =>
        Promise.resolve(this.#replaced.find((each) => each.id === id)?.config),
    };
  }

  #revision(token: string): string | undefined {
    const config = this.#configurations.get(token);
    return config && JSON.stringify(config);
  }

  #note(token: string, status: ConfigurationState["status"], reason?: string): void {
    this.#states.set(token, { status, reason, sinceMs: this.#nowMs });
  }
}

/** Finds problems as a real network does; agents have been asked. */
class FakeHealth implements HealthView {
  readonly #network: FakeNetwork;
  scan: ScanState | undefined;
  readonly scanned: Map<string, Scanned> = new Map();
  readonly forgotten: ForgetRequest[] = [];

  constructor(network: FakeNetwork) {
    this.#network = network;
  }

  problems(query: ProblemQuery): Promise<ProblemWindow> {
    const network = this.#network;
    const agents = network.known().map(({ token, faults, ...agent }) =>
      [token, {
        ...agent,
        registered: true,
        sharing: faults.includes("token-shared") ? 2 : 1,
      }] as const
    );
    const list = new HealthList({
      list: network.list(),
      agents: () => new Map(agents),
      hasAskedAgents: () => true,
      heardForMs: () => undefined,
      heard: () => undefined,
      scanned: () => this.scanned,
      clock: systemClock,
    });
    return list.window(query);
  }

  startScan(request: ScanRequest): void {
    this.scan = {
      ...request,
      status: "running",
      total: this.#network.list().find(request.filter).length,
      scanned: 0,
      unjudged: 0,
      receiving: 0,
      points: 0,
      startedMs: Date.now(),
      endedMs: undefined,
      reason: undefined,
    };
  }

  cancelScan(): void {
    if (this.scan) this.scan = { ...this.scan, status: "cancelled", endedMs: Date.now() };
  }

  forget(what: ForgetRequest): void {
    this.forgotten.push(what);
    for (const token of what.agents) this.#network.removeAgent(token);
  }
}

class Metric {
  readonly name: string;
  readonly source: string | undefined;
  readonly #metadata: JsonObject;
  readonly #value: (timeMs: number) => number;
  readonly #delayMs: number | undefined;
  readonly #gaps: number;
  #timesMs = new Float64Array(64);
  #values = new Float64Array(64);
  #length = 0;
  #points = 0;
  #rate: number;
  #declaredRate: number | undefined;
  #nextMs: number;

  constructor(options: FakeMetric, nowMs: number) {
    const { name, source, metadata = {}, rate = 10, delayMs, gaps = 0 } = options;
    this.name = name;
    this.source = source;
    this.#metadata = metadata;
    this.#rate = rate;
    this.#declaredRate = "declaredRate" in options ? options.declaredRate : rate;
    this.#value = options.value ?? ((timeMs) => 50 + 40 * Math.sin(timeMs / 10_000 * 2 * Math.PI));
    this.#delayMs = delayMs;
    this.#gaps = gaps;
    this.#nextMs = nowMs;
  }

  setRate(rate: number, nowMs: number): void {
    this.#rate = rate;
    this.#declaredRate = rate;
    this.#nextMs = nowMs + 1000 / rate;
  }

  advanceTo(nowMs: number): void {
    if (this.#rate === 0) return;
    for (; this.#nextMs <= nowMs; this.#nextMs += 1000 / this.#rate) this.#append(this.#nextMs);
  }

  #append(timeMs: number): void {
    if (this.#length === this.#timesMs.length) {
      const first = Math.max(0, this.#length - KEPT_POINTS);
      this.#timesMs = moved(this.#timesMs, first);
      this.#values = moved(this.#values, first);
      this.#length -= first;
    }
    this.#timesMs[this.#length] = timeMs;
    this.#values[this.#length++] = this.#value(timeMs);
    this.#points++;
  }

  after(afterMs: number): SeriesView {
    const start = this.#indexAfter(afterMs);
    return {
      timesMs: this.#timesMs.slice(start, this.#length),
      values: this.#values.slice(start, this.#length),
    };
  }

  #indexAfter(timeMs: number): number {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#timesMs[middle] ?? Infinity) > timeMs) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  metadata(): JsonObject {
    return {
      ...this.source !== undefined && { source: this.source },
      ...this.#declaredRate !== undefined && { rate: this.#declaredRate },
      ...this.#metadata,
    };
  }

  statistics(nowMs: number): MetricStatistics {
    const last = this.#length - 1;
    return {
      points: this.#points,
      last: last < 0 ? undefined : {
        timeMs: this.#timesMs[last] ?? NaN,
        value: this.#values[last] ?? NaN,
      },
      ratePerSecond: (this.#length - this.#indexAfter(nowMs - RATE_WINDOW_MS)) /
        (RATE_WINDOW_MS / 1000),
      delayMs: this.#delayMs ?? (last < 0 ? undefined : 1.4),
      gaps: this.#gaps,
      disordered: 0,
    };
  }
}

/** The numbers from an index on, with room for as many again. */
function moved(numbers: Float64Array, first: number): Float64Array<ArrayBuffer> {
  const copy = new Float64Array(2 * (numbers.length - first));
  copy.set(numbers.subarray(first));
  return copy;
}
