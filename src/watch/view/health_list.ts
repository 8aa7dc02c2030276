/**
 * The list of what is wrong on a network.
 *
 * @module
 */

import type { MonotonicClock } from "../../time/clock.ts";
import { wallTimeOf } from "../../time/clock.ts";
import { agentProblems, type FoundProblem } from "./agent_problems.ts";
import type { AgentRecord } from "./agent_registry.ts";
import type { Problem, ProblemQuery, ProblemSort, ProblemWindow } from "./health_view.ts";
import { isGone } from "./summary.ts";
import { type ListedMetric, undeclaredOf } from "./listed_metric.ts";
import { kindsIn, metadataDetail } from "./metadata_problems.ts";
import { type MetricFilter, readFilter } from "./metric_filter.ts";
import { MAX_WINDOW, type MetricList } from "./metric_list.ts";
import type { ProblemKind } from "./problem_kind.ts";
import { KIND_NAMES } from "./problem_kinds.js";
import { inBuckets } from "./sorted_by.ts";
import {
  type HeardPoints,
  judgeableAfterMs,
  type StreamProblem,
  streamProblems,
} from "./stream_problems.ts";

const LASTS_MS = 1000;
// Of the time of the process, for a list of many metrics.
const PAUSE_PER_TIME = 20;
const MAX_LISTS = 16;
// After so many metrics it is looked whether others have waited for long.
const METRICS_PER_LOOK = 200;
const MAX_SLICE_MS = 10;

/** What a scan has found of a metric. */
export interface Scanned {
  /** When, in ms since the Unix epoch. */
  readonly atMs: number;
  readonly problems: readonly StreamProblem[];
}

/** Where a {@linkcode HealthList} looks. */
export interface HealthSources {
  readonly list: MetricList;
  /** The agents that have been heard. */
  readonly agents: () => ReadonlyMap<string, AgentRecord>;
  /** Whether all agents have had the time to answer once. */
  readonly hasAskedAgents: () => boolean;
  /** For how long a metric is received; `undefined` if it is not. */
  readonly heardForMs: (name: string) => number | undefined;
  readonly heard: (name: string) => HeardPoints | undefined;
  /** What the last scan has found. */
  readonly scanned: () => ReadonlyMap<string, Scanned>;
  readonly clock: MonotonicClock;
}

interface List {
  readonly counts: Partial<Record<ProblemKind, number>>;
  readonly found: readonly FoundProblem[];
  readonly untilMs: number;
}

/** Looks through all metrics and agents, in portions between which others have their turn. */
export class HealthList {
  readonly #sources: HealthSources;
  readonly #lists = new Map<string, Promise<List>>();
  readonly #untilMs = new Map<string, number>();

  /** Begins without a list. */
  constructor(sources: HealthSources) {
    this.#sources = sources;
  }

  /** The part of the list that a query asks for, as of a moment ago. */
  async window(query: ProblemQuery): Promise<ProblemWindow> {
    const { counts, found } = await this.#list(query);
    const { first = 0, count } = query;
    const from = Math.min(Math.max(0, Math.floor(first) || 0), found.length);
    const length = Math.min(Math.max(0, Math.floor(count) || 0), MAX_WINDOW);
    return {
      counts,
      matching: found.length,
      first: from,
      problems: found.slice(from, from + length).map((each) => this.#describe(each)),
      unread: this.#sources.list.undescribedCount,
      hasAskedAgents: this.#sources.hasAskedAgents(),
    };
  }

  /** Lists anew when it is asked for next. */
  renew(): void {
    this.#untilMs.clear();
  }

  #list(query: ProblemQuery): Promise<List> {
    const { kind, filter = "", sort = "kind", isDescending = false } = query;
    const key = JSON.stringify([kind, filter, sort, isDescending]);
    const known = this.#lists.get(key);
    const { clock } = this.#sources;
    if (known !== undefined && clock.nowMs() < (this.#untilMs.get(key) ?? 0)) return known;
    // Until it is there; then for as long as it deserves.
    this.#untilMs.set(key, Infinity);
    const list = this.#build(query);
    this.#lists.delete(key); // to come last
    this.#lists.set(key, list);
    list.then(({ untilMs }) => this.#untilMs.set(key, untilMs), () => this.#untilMs.delete(key));
    const [oldest] = this.#lists.keys();
    if (this.#lists.size > MAX_LISTS && oldest !== undefined) {
      this.#lists.delete(oldest);
      this.#untilMs.delete(oldest);
    }
    return list;
  }

  async #build(
    { kind: wanted, filter: text = "", sort = "kind", isDescending = false }: ProblemQuery,
  ): Promise<List> {
    const { list, clock } = this.#sources;
    const filter = readFilter(text);
    const counts: Partial<Record<ProblemKind, number>> = {};
    const found: FoundProblem[] = [];
    const add = (problem: FoundProblem) => {
      counts[problem.kind] = (counts[problem.kind] ?? 0) + 1;
      if (wanted === undefined || problem.kind === wanted) found.push(problem);
    };
    const metricsBySource = new Map<string, number>();
    const slices = new Slices();
    for (const [at, name] of list.names().entries()) {
      if (at % METRICS_PER_LOOK === 0) await slices.pause();
      const metric = list.get(name);
      if (metric === undefined) continue;
      const source = sourceOf(metric);
      const isDeclared = metric.isDeclared && !isGone(undeclaredOf(metric));
      if (isDeclared && source !== undefined) {
        metricsBySource.set(source, (metricsBySource.get(source) ?? 0) + 1);
      }
      if (list.matches(name, filter)) this.#addMetric(name, metric, source, add);
    }
    this.#addAgents(metricsBySource, filter, add);
    const sorted = await inOrder(found, sort, isDescending, () => slices.pause());
    slices.end();
    const lastsMs = Math.max(LASTS_MS, PAUSE_PER_TIME * slices.busyMs);
    return { counts, found: sorted, untilMs: clock.nowMs() + lastsMs };
  }

  #addMetric(
    name: string,
    metric: Readonly<ListedMetric>,
    source: string | undefined,
    add: (problem: FoundProblem) => void,
  ): void {
    const undeclared = undeclaredOf(metric);
    const base = { subject: name, source, detail: "", scannedMs: undefined };
    if (isGone(undeclared)) {
      add({ ...base, kind: "undeclared", sinceMs: undeclared?.sinceMs });
    } else if (metric.isDeclared && metric.problems !== 0) {
      for (const kind of kindsIn(metric.problems)) {
        add({ ...base, kind, sinceMs: metric.declaredMs });
      }
    }
    const { heardForMs, heard, scanned, clock } = this.#sources;
    const forMs = heardForMs(name);
    const { declaredRatePerSecond } = metric;
    const now = forMs === undefined ? [] : streamProblems(
      { heardForMs: forMs, declaredRatePerSecond, undeclared, heard: heard(name) },
      wallTimeOf(clock).posixMs,
    );
    for (const problem of now) add({ ...base, ...problem });
    const known = scanned().get(name);
    // What is received for long enough is known better than a scan does.
    if (known === undefined || (forMs ?? -1) >= judgeableAfterMs(declaredRatePerSecond)) return;
    for (const problem of known.problems) {
      if (now.some(({ kind }) => kind === problem.kind)) continue;
      add({ ...base, ...problem, scannedMs: known.atMs });
    }
  }

  #addAgents(
    metricsBySource: ReadonlyMap<string, number>,
    filter: MetricFilter,
    add: (problem: FoundProblem) => void,
  ): void {
    const agents = this.#sources.agents();
    const problems = agentProblems(agents, metricsBySource, this.#sources.hasAskedAgents());
    for (const problem of problems) {
      const text = problem.subject.toLowerCase();
      if (filter.matches({ text, source: text, unit: "" })) add(problem);
    }
  }

  #describe(found: FoundProblem): Problem {
    if (found.detail !== "") return found;
    const { list } = this.#sources;
    const metric = list.get(found.subject);
    if (metric === undefined) return found;
    return { ...found, detail: detailOf(found.kind, metric) };
  }
}

function detailOf(kind: ProblemKind, metric: Readonly<ListedMetric>): string {
  if (kind !== "undeclared") return metadataDetail(kind, metric.metadata ?? {});
  switch (undeclaredOf(metric)?.reason) {
    case "removed":
      return "the manager does not list it any more";
    case "left out":
      return "its source has started anew and has not declared it";
    case "archived":
      return "it is archived";
    default:
      return "";
  }
}

function sourceOf({ metadata }: Readonly<ListedMetric>): string | undefined {
  const source = metadata?.["source"];
  return typeof source === "string" && source !== "" ? source : undefined;
}

/** Metrics come in the order of their names, and sources behind them. */
async function inOrder(
  found: readonly FoundProblem[],
  sort: ProblemSort,
  isDescending: boolean,
  pause: () => Promise<void>,
): Promise<readonly FoundProblem[]> {
  if (sort === "subject") return isDescending ? found.toReversed() : found;
  if (sort === "kind") {
    const ranks = new Map(KIND_NAMES.map((kind, rank) => [kind, rank]));
    return await inBuckets(found, ({ kind }) => ranks.get(kind), isDescending, pause);
  }
  const keyOf = sort === "since"
    ? ({ sinceMs }: FoundProblem) => sinceMs
    : ({ source }: FoundProblem) => source;
  return await inBuckets(found, keyOf, isDescending, pause);
}

/** Lets others have their turn from time to time, and counts how long the work took. */
class Slices {
  busyMs = 0;
  #startMs = performance.now();

  async pause(): Promise<void> {
    if (performance.now() - this.#startMs < MAX_SLICE_MS) return;
    this.end();
    await new Promise<void>((resolve) => setTimeout(resolve));
    this.#startMs = performance.now();
  }

  end(): void {
    this.busyMs += performance.now() - this.#startMs;
  }
}
