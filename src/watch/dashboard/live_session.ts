/**
 * One open page: what it is sent over its WebSocket, and when.
 *
 * @module
 */

import type { ServerSocket } from "../../http/web_socket.ts";
import { CLOSE_CODE } from "../../http/web_socket_frames.ts";
import { logger } from "../../log.ts";
import { type JsonObject, parseJsonObject } from "../../rpc/json.ts";
import type { MonotonicClock } from "../../time/clock.ts";
import type {
  AgentView,
  MetricQuery,
  MetricView,
  NetworkView,
  RpcView,
  Summary,
} from "../view/network_view.ts";
import type { ProblemWindow, ScanRequest, ScanState } from "../view/health_view.ts";
import type { ConfigurationKeeping, ConfigurationView } from "../view/configurations_view.ts";
import { Catalogue, type MetricEntry, type MetricRow } from "./catalogue.ts";
import { ChartFeed } from "./chart_feed.ts";
import { encodeSeriesFrame } from "./series_frame.ts";
import type { SeriesStatistics } from "./statistics.ts";
import { NOTHING, readForget, readQuery, readScan, readWatch } from "./watch.ts";

/** An update of the page, as JSON. What has not changed is left out. */
export interface Update {
  /** The time of day here, in ms: charts end now. */
  readonly nowMs: number;
  title?: string;
  url?: string;
  /** The part of the table that the page has asked for. */
  list?: TableList;
  /** What is to know of metrics in this part, or asked for by name, that were not there before. */
  metrics?: MetricEntry[];
  /** Those that are no longer. */
  removed?: number[];
  rows?: MetricRow[];
  /** The names that the page has asked for once. */
  found?: string[];
  summary?: Summary;
  statistics?: readonly SeriesStatistics[];
  agents?: readonly AgentView[];
  tokens?: readonly string[];
  calls?: readonly RpcView[];
  keeping?: ConfigurationKeeping;
  configuration?: ConfigurationView & { readonly token: string };
  /** How many problems there are of each kind. */
  problemCounts?: ProblemWindow["counts"];
  /** The part of their list that the page has asked for. */
  problems?: ProblemWindow;
  scan?: ScanState;
}

/** Which metrics are in the part of the table, and how large the whole is. */
export interface TableList {
  readonly total: number;
  readonly isComplete: boolean;
  readonly matching: number;
  /** How many rows are before the part. */
  readonly first: number;
  /** The metrics of the part, by the numbers that stand for them. */
  readonly ids: readonly number[];
}

/** Options of a {@linkcode LiveSession}. */
export interface LiveSessionOptions {
  readonly view: NetworkView;
  readonly clock: MonotonicClock;
  /** Ends the session. */
  readonly signal: AbortSignal;
}

const ROWS_PERIOD_MS = 200;
const LISTS_PERIOD_MS = 500;
const MAX_CALLS = 500;

/**
 * Sends updates to a page until it leaves. The page answers "ready" after it has drawn one, and gets
 * no other before: a slow or hidden page skips what it missed, and nothing piles up here.
 */
export class LiveSession {
  readonly #socket: ServerSocket;
  readonly #view: NetworkView;
  readonly #clock: MonotonicClock;
  readonly #ended = new AbortController();
  readonly #catalogue = new Catalogue();
  readonly #charts: ChartFeed;
  readonly #rowsPace = new Pace(ROWS_PERIOD_MS);
  readonly #listsPace = new Pace(LISTS_PERIOD_MS);
  readonly #sent = new Map<keyof Update, string>();
  #watch = NOTHING;
  #find: MetricQuery | undefined;
  #lastCallId = 0;
  #ready = Promise.withResolvers<void>();

  /** Starts a session. */
  constructor(socket: ServerSocket, { view, clock, signal }: LiveSessionOptions) {
    this.#socket = socket;
    this.#view = view;
    this.#clock = clock;
    this.#charts = new ChartFeed(view);
    const leave = () => this.#end(CLOSE_CODE.goingAway, "the dashboard has stopped");
    signal.addEventListener("abort", leave, { signal: this.#ended.signal });
    socket.onMessage = (message) => this.#receive(message);
    socket.onClose = () => this.#end();
    if (signal.aborted) leave();
    else void this.#run();
  }

  async #run(): Promise<void> {
    const { signal } = this.#ended;
    this.#ready.resolve();
    try {
      while (!signal.aborted) {
        await this.#ready.promise;
        // Whatever the page says: it may not have read the last one yet.
        await this.#socket.drained();
        if (signal.aborted) return;
        const startMs = this.#clock.nowMs();
        const update = await this.#news(startMs);
        if (signal.aborted) return;
        if (this.#send(startMs, update)) this.#ready = Promise.withResolvers();
        await this.#clock.sleepUntil(startMs + 1000 / this.#watch.updatesPerSecond, signal);
      }
    } catch (error) {
      logger("dashboard").error("Cannot send to page: {error}", { error });
      this.#end(CLOSE_CODE.internalError, "the dashboard has failed");
    }
  }

  #send(nowMs: number, update: Update): boolean {
    const deltas = this.#charts.next(nowMs, Date.now());
    if (deltas.length === 0 && Object.keys(update).length === 1) return false;
    // The page draws both at once: points first, then the update that completes them.
    if (deltas.length > 0) this.#socket.send(encodeSeriesFrame(deltas));
    this.#socket.send(JSON.stringify(update));
    return true;
  }

  async #news(nowMs: number): Promise<Update> {
    const update: Update = { nowMs: Date.now() };
    const statistics = this.#charts.statistics(nowMs, update.nowMs);
    if (statistics.length > 0) update.statistics = statistics;
    const listsAreDue = this.#listsPace.due(nowMs);
    if (listsAreDue || this.#rowsPace.due(nowMs)) await this.#addMetrics(update);
    if (listsAreDue) await this.#addLists(update);
    const find = this.#find;
    this.#find = undefined;
    if (find !== undefined) update.found = namesOf((await this.#view.metrics(find)).metrics);
    return update;
  }

  /** Adds what is visible of the metrics, and no other: this is what the message's size depends on. */
  async #addMetrics(update: Update): Promise<void> {
    const { table, names } = this.#watch;
    const [window, named] = await Promise.all([
      table && this.#view.metrics(table),
      this.#view.named(names),
    ]);
    const shown = window?.metrics ?? [];
    const inWindow = new Set(namesOf(shown));
    const all = [...shown, ...named.filter(({ name }) => !inWindow.has(name))];
    const { metrics, removed, rows } = this.#catalogue.changes(all);
    if (metrics.length > 0) update.metrics = metrics;
    if (removed.length > 0) update.removed = removed;
    if (rows.length > 0) update.rows = rows;
    if (window === undefined) return;
    const { total, isComplete, matching, first } = window;
    const ids = shown.map(({ name }) => this.#catalogue.idOf(name));
    this.#addIfNew(update, "list", { total, isComplete, matching, first, ids });
  }

  async #addLists(update: Update): Promise<void> {
    this.#addIfNew(update, "title", this.#view.title);
    this.#addIfNew(update, "url", this.#view.url);
    this.#addIfNew(update, "summary", await this.#view.summary());
    this.#addIfNew(update, "agents", await this.#view.agents());
    const { configurations } = this.#view;
    this.#addIfNew(update, "keeping", configurations.keeping);
    this.#addIfNew(update, "tokens", await configurations.tokens());
    await this.#addHealth(update);
    const { token } = this.#watch;
    if (token !== undefined) {
      const configuration = await configurations.get(token);
      this.#addIfNew(update, "configuration", { token, ...configuration });
    }
    const calls = this.#view.rpcs(this.#lastCallId).slice(-MAX_CALLS);
    if (calls.length > 0) update.calls = calls;
    this.#lastCallId = calls.at(-1)?.id ?? this.#lastCallId;
  }

  async #addHealth(update: Update): Promise<void> {
    const { health } = this.#view;
    const { problems } = this.#watch;
    const all = await health.problems({ count: 0 });
    this.#addIfNew(update, "problemCounts", all.counts);
    if (problems !== undefined) {
      this.#addIfNew(update, "problems", await health.problems(problems));
    }
    if (health.scan !== undefined) this.#addIfNew(update, "scan", health.scan);
  }

  #addIfNew<K extends keyof Update>(update: Update, name: K, value: NonNullable<Update[K]>): void {
    const text = JSON.stringify(value);
    if (this.#sent.get(name) === text) return;
    this.#sent.set(name, text);
    update[name] = value;
  }

  #receive(data: string | Uint8Array): void {
    if (typeof data !== "string") {
      return this.#end(CLOSE_CODE.unsupportedData, "a text is required");
    }
    let message: JsonObject;
    try {
      message = parseJsonObject(new TextEncoder().encode(data));
    } catch {
      return this.#end(CLOSE_CODE.unsupportedData, "a JSON object is required");
    }
    if (message.ready === true) this.#ready.resolve();
    else if (message.find !== undefined) this.#find = readQuery(message.find);
    else if (message.scan !== undefined) this.#scan(readScan(message.scan));
    else if (message.forget !== undefined) this.#view.health.forget(readForget(message.forget));
    else this.#show(message);
  }

  #scan(request: ScanRequest | undefined): void {
    const { health } = this.#view;
    if (request === undefined) health.cancelScan();
    else health.startScan(request);
  }

  #show(message: JsonObject): void {
    this.#watch = readWatch(message);
    this.#charts.watch(this.#watch.series, Date.now());
    // A row or a configuration that comes into view is sent at once.
    this.#rowsPace.reset();
    this.#listsPace.reset();
  }

  #end(code?: number, reason?: string): void {
    if (this.#ended.signal.aborted) return;
    this.#ended.abort();
    this.#ready.resolve();
    this.#socket.close(code, reason);
  }
}

function namesOf(metrics: readonly MetricView[]): string[] {
  return metrics.map(({ name }) => name);
}

/** Says when something is due that happens once per period. */
class Pace {
  readonly #periodMs: number;
  #dueMs = -Infinity;

  constructor(periodMs: number) {
    this.#periodMs = periodMs;
  }

  due(nowMs: number): boolean {
    if (nowMs < this.#dueMs) return false;
    this.#dueMs = nowMs + this.#periodMs;
    return true;
  }

  reset(): void {
    this.#dueMs = -Infinity;
  }
}
