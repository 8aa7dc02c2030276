/**
 * A scan: many metrics are received for a short time each, some at a time, to see what their points tell.
 *
 * @module
 */

import { coreOf } from "../agent/agent.ts";
import { isSubscribable } from "../chunk/metric_name.ts";
import { errorText } from "../error_text.ts";
import type { JsonObject } from "../rpc/json.ts";
import type { Sink } from "../sink/sink.ts";
import { type MonotonicClock, sleep, wallTimeOf } from "../time/clock.ts";
import type { Scanned } from "./view/health_list.ts";
import { SCAN_LIMITS, type ScanRequest, type ScanState } from "./view/health_view.ts";
import { MetricStore } from "./view/metric_store.ts";
import { declaredRate } from "./view/metric_view.ts";
import { judgeableAfterMs, type StreamProblem, streamProblems } from "./view/stream_problems.ts";

const MAX_SCAN_MS = 3_600_000;
/** As much may come in a second; what a batch has brought beyond is waited for before the next. */
const MAX_BYTES_PER_SECOND = 4 * 2 ** 20;
// About what a message takes on the wire beside its points, and each of these.
const BYTES_PER_CHUNK = 120;
const BYTES_PER_POINT = 10;
// Fewer and smaller messages on their way when a batch ends.
const PREFETCH_CHUNKS = 200;
/** A batch that lost its connection is received again so often. */
const MAX_TRIES = 3;

/** What a {@linkcode HealthScan} is made with. */
export interface HealthScanOptions {
  /** Receives the points; it must be connected. */
  readonly sink: Sink;
  readonly clock: MonotonicClock;
  /** The metrics to scan. */
  readonly names: readonly string[];
  readonly request: ScanRequest;
  /** How many bytes may come in a second, on average. */
  readonly maxBytesPerSecond?: number;
}

/** How a batch went. */
interface Batch {
  readonly metadata: Readonly<Record<string, JsonObject>>;
  readonly store: MetricStore;
  readonly heardForMs: number;
  readonly bytes: number;
  /** Whether it was ended before its time, as too much came. */
  readonly isTooMuch: boolean;
  /** Whether a connection was lost meanwhile: then silence says nothing. */
  readonly isTorn: boolean;
}

/** One scan, which begins when `run` is called. */
export class HealthScan {
  readonly #options: HealthScanOptions;
  readonly #names: readonly string[];
  readonly #found = new Map<string, Scanned>();
  readonly #ended = new AbortController();
  #state: ScanState;
  #atATime: number;
  #losses = 0;

  /** Takes what of a request is possible. */
  constructor(options: HealthScanOptions) {
    this.#options = options;
    const { filter, atATime, seconds } = options.request;
    // The manager refuses another with all that are asked for together, or sends all that it stands for.
    this.#names = options.names.filter(isSubscribable);
    this.#atATime = Math.round(Math.min(Math.max(1, atATime), SCAN_LIMITS.atATime));
    this.#state = {
      status: "running",
      filter,
      atATime: this.#atATime,
      seconds: Math.min(Math.max(1, seconds), SCAN_LIMITS.seconds),
      total: this.#names.length,
      scanned: 0,
      unjudged: 0,
      receiving: 0,
      points: 0,
      startedMs: wallTimeOf(options.clock).posixMs,
      endedMs: undefined,
      reason: undefined,
    };
  }

  /** How it goes on. */
  get state(): ScanState {
    return this.#state;
  }

  /** What was found until now, of metrics with problems. */
  get found(): ReadonlyMap<string, Scanned> {
    return this.#found;
  }

  /** Ends it; what is received then is let go. */
  cancel(): void {
    this.#ended.abort();
  }

  /** Scans until all are scanned, or it is cancelled. Never rejects. */
  async run(): Promise<void> {
    const { clock } = this.#options;
    const over = new AbortController();
    const stop = () => over.abort();
    this.#ended.signal.addEventListener("abort", stop);
    void sleep(clock, MAX_SCAN_MS, over.signal).then(stop);
    void this.#countLosses(over.signal);
    try {
      await this.#scan(over.signal);
      const isWhole = this.#state.scanned === this.#state.total;
      const isCancelled = this.#ended.signal.aborted;
      this.#end(
        isWhole ? "done" : isCancelled ? "cancelled" : "failed",
        isWhole || isCancelled ? undefined : `it has run for ${MAX_SCAN_MS / 60_000} minutes`,
      );
    } catch (error) {
      this.#end("failed", errorText(error));
    } finally {
      stop();
    }
  }

  async #scan(signal: AbortSignal): Promise<void> {
    const { clock, maxBytesPerSecond = MAX_BYTES_PER_SECOND } = this.#options;
    const startMs = clock.nowMs();
    let bytes = 0;
    let tries = 0;
    for (let first = 0; first < this.#names.length && !signal.aborted;) {
      const names = this.#names.slice(first, first + this.#atATime);
      const batch = await this.#receive(names, signal);
      bytes += batch.bytes;
      if (signal.aborted) return;
      if (batch.isTorn && ++tries < MAX_TRIES) continue;
      this.#judge(names, batch, tries >= MAX_TRIES);
      tries = 0;
      first += names.length;
      if (batch.isTooMuch) this.#slowDown(batch);
      // So that the average stays below what is allowed.
      await sleep(clock, startMs + bytes / maxBytesPerSecond * 1000 - clock.nowMs(), signal);
    }
  }

  /** Receives metrics for a while, and lets them go. */
  async #receive(names: readonly string[], signal: AbortSignal): Promise<Batch> {
    const { sink, clock, maxBytesPerSecond = MAX_BYTES_PER_SECOND } = this.#options;
    const forMs = this.#state.seconds * 1000;
    const store = new MetricStore({
      nowMs: () => clock.nowMs(),
      wallMs: () => wallTimeOf(clock).posixMs,
      maxPointsPerMetric: 1,
    });
    const lossesBefore = this.#losses;
    const over = new AbortController();
    await using subscription = sink.subscribe(names, {
      signal: AbortSignal.any([signal, over.signal]),
      prefetch: PREFETCH_CHUNKS,
    });
    const metadata = await subscription.metadata.catch((error) => {
      if (signal.aborted) return {};
      throw error;
    });
    this.#state = { ...this.#state, receiving: names.length };
    const startMs = clock.nowMs();
    void sleep(clock, forMs, over.signal).then(() => over.abort());
    let bytes = 0;
    let isTooMuch = false;
    for await (const chunk of subscription) {
      store.add(chunk.metric, chunk);
      bytes += BYTES_PER_CHUNK + chunk.metric.length + BYTES_PER_POINT * chunk.length;
      this.#state = { ...this.#state, points: this.#state.points + chunk.length };
      isTooMuch = bytes > maxBytesPerSecond * forMs / 1000;
      if (isTooMuch) break;
    }
    over.abort();
    coreOf(sink).stopping.throwIfAborted(); // silence says nothing then
    this.#state = { ...this.#state, receiving: 0 };
    const heardForMs = clock.nowMs() - startMs;
    return { metadata, store, heardForMs, bytes, isTooMuch, isTorn: this.#losses > lossesBefore };
  }

  #judge(names: readonly string[], batch: Batch, isUnsure: boolean): void {
    const { metadata, store, heardForMs } = batch;
    const atMs = wallTimeOf(this.#options.clock).posixMs;
    let unjudged = 0;
    for (const name of names) {
      const declaredRatePerSecond = declaredRate(metadata[name] ?? {});
      const heard = store.heard(name);
      const isShort = isUnsure || heardForMs < judgeableAfterMs(declaredRatePerSecond);
      if (isShort && heard === undefined) unjudged++;
      const metric = {
        heardForMs: isUnsure ? 0 : heardForMs,
        declaredRatePerSecond,
        undeclared: undefined,
        heard,
      };
      const problems = streamProblems(metric, atMs).map((problem) => ofScan(problem, heardForMs));
      if (problems.length > 0) this.#found.set(name, { atMs, problems });
    }
    this.#state = {
      ...this.#state,
      scanned: this.#state.scanned + names.length,
      unjudged: this.#state.unjudged + unjudged,
    };
  }

  /** Fewer at a time, as much came before the time was over. */
  #slowDown({ heardForMs }: Batch): void {
    const part = heardForMs / (this.#state.seconds * 1000);
    this.#atATime = Math.max(1, Math.floor(this.#atATime * Math.min(part, 0.9)));
  }

  /** Counts what makes silence say nothing: connections that are lost, and data with them. */
  async #countLosses(signal: AbortSignal): Promise<void> {
    for await (const { kind } of this.#options.sink.events({ signal })) {
      if (kind === "connection-lost" || kind === "data-missing") this.#losses++;
    }
  }

  #end(status: ScanState["status"], reason: string | undefined): void {
    const endedMs = wallTimeOf(this.#options.clock).posixMs;
    this.#state = { ...this.#state, status, reason, receiving: 0, endedMs };
  }
}

/** Since when it is silent a scan cannot know. */
function ofScan(problem: StreamProblem, heardForMs: number): StreamProblem {
  if (problem.kind !== "silent") return problem;
  const detail = `no point in ${Number((heardForMs / 1000).toPrecision(2))} s`;
  return { ...problem, sinceMs: undefined, detail };
}
