/**
 * What the dashboard and the terminal show of a network, and what they can ask of it. Both know the
 * network by this interface only, and ask for what is on the screen: a real network has 100 000 metrics.
 *
 * @module
 */

import type { JsonObject } from "../../rpc/json.ts";
import type { AgentFault } from "./agent_faults.ts";
import type { ClockOffset } from "./agent_registry.ts";
import type { HealthView } from "./health_view.ts";
import type { ConfigurationsView } from "./configurations_view.ts";

/** A metric as the network knows it. */
export interface MetricView {
  /** The metric's name. */
  readonly name: string;
  /** The token of the source that declared it; `undefined` if points came without a declaration. */
  readonly source: string | undefined;
  /** As declared, `{}` without a declaration. Its text is not trusted: it must not be shown as HTML. */
  readonly metadata: JsonObject;
  /** How many points have arrived since the metric is followed. */
  readonly points: number;
  /** The newest point; `undefined` before the first. */
  readonly last: PointView | undefined;
  /** Points per second over the last seconds; 0 if it was silent. */
  readonly ratePerSecond: number;
  /** The declared rate in Hz, from the metadata's `rate` or `interval`, if there is one. */
  readonly declaredRatePerSecond: number | undefined;
  /** The median of how long after their own time points arrived, in ms, over the last seconds. */
  readonly delayMs: number | undefined;
  /** How often the distance between two points was over twice the usual one. */
  readonly gaps: number;
  /** Why it does not count as declared; `undefined` if it does, and of a metric that is not listed. */
  readonly undeclared?: Undeclared | undefined;
}

/** Why a metric does not count as declared. */
export interface Undeclared {
  /**
   * `"never"`: points came of it alone. `"removed"`: the manager has ceased to list it. `"left out"`:
   * its source has started anew and declared others since. `"archived"`: its metadata says so.
   */
  readonly reason: "never" | "removed" | "left out" | "archived";
  /** Since when, in ms since the Unix epoch, where that is known. */
  readonly sinceMs: number | undefined;
}

/** One point. Times are milliseconds since the Unix epoch, exact to about a microsecond. */
export interface PointView {
  /** When it was measured. */
  readonly timeMs: number;
  /** NaN for "no reading". */
  readonly value: number;
}

/** The newest points of a metric, in two arrays of the same length, oldest first. */
export interface SeriesView {
  /** When they were measured, in ms since the Unix epoch. */
  readonly timesMs: Float64Array;
  /** NaN for "no reading". */
  readonly values: Float64Array;
}

/** Points as they were sent, in two arrays of the same length, oldest first. */
export interface ExactPoints {
  /** When they were measured, in ns since the Unix epoch. */
  readonly timesNs: BigInt64Array;
  /** NaN for "no reading". */
  readonly values: Float64Array;
}

/** A source (or another agent) as the network knows it. */
export interface AgentView {
  /** Its token. */
  readonly token: string;
  /** Whether it answered the last `discover`. */
  readonly alive: boolean;
  /** Its last answer to `discover`, unless that is an error. */
  readonly discovered: JsonObject | undefined;
  /** How many metrics it has declared. */
  readonly metrics: number;
  /** When it answered or registered last, in ms since the Unix epoch. */
  readonly heardMs: number;
  /** How long its last answer took; `undefined` before the first. */
  readonly answerMs: number | undefined;
  /** How its clock goes beside the one of this program; `undefined` if it has not told. */
  readonly clock: ClockOffset | undefined;
  /** The error that it has answered last, if it was one. */
  readonly error: string | undefined;
  /** What is wrong with it, by its answers. */
  readonly faults: readonly AgentFault[];
}

/** A remote procedure call that the manager has made or answered. */
export interface RpcView {
  /** Counts up from 1: what is newer has a larger number. */
  readonly id: number;
  /** Milliseconds since the Unix epoch. */
  readonly timeMs: number;
  /** The token of the agent that called. */
  readonly from: string;
  /** The token of the agent that was called, or `"*"` for a broadcast. */
  readonly to: string;
  /** The function that was called. */
  readonly function: string;
  /** The arguments as JSON, cut to a few hundred characters. */
  readonly arguments: string;
  /** The error that was answered, if one was. */
  readonly error: string | undefined;
}

/** What a list of metrics is sorted by. Metrics without such a number come last, by name. */
export type MetricSort = "name" | "source" | "value" | "rate" | "delay" | "gaps";

/** A part of the sorted and filtered list of metrics, such as what fits a screen. */
export interface MetricQuery {
  /**
   * Which metrics: words that occur in the name, source, unit or description; `source:` with how the
   * source's token begins; `unit:` with the unit; `silent`, `off-rate` and `not-declared`.
   * @default {"", all}
   */
  readonly filter?: string | undefined;
  /**
   * What they are sorted by; equal ones by name.
   * @default {"name"}
   */
  readonly sort?: MetricSort | undefined;
  /**
   * Whether the largest come first.
   * @default {false}
   */
  readonly isDescending?: boolean | undefined;
  /**
   * How many metrics of the list come before the part.
   * @default {0}
   */
  readonly first?: number | undefined;
  /** The most metrics to get, 1000 at most. */
  readonly count: number;
}

/** What a query finds. */
export interface MetricWindow {
  /** How many metrics are listed. */
  readonly total: number;
  /** `false` where the network has more than are listed. */
  readonly isComplete: boolean;
  /** How many match the filter. */
  readonly matching: number;
  /** How many of these come before the part. */
  readonly first: number;
  /** The part that was asked for, as far as there is one. */
  readonly metrics: readonly MetricView[];
}

/** The state of the metrics in a few numbers. */
export interface Summary {
  /** How many metrics are listed. */
  readonly metrics: number;
  /** Of how many the points are received now: the other numbers are about these. */
  readonly followed: number;
  /** Their points, summed up. */
  readonly pointsPerSecond: number;
  /** How many have a declared rate and are silent. */
  readonly silent: number;
  /** How many send, but not at the declared rate. */
  readonly offRate: number;
  /** How many were declared once and have gone since. */
  readonly undeclared: number;
}

/**
 * The metrics of a network. To ask for some is to follow them: their points are received from then on,
 * and no longer than for 10 seconds after they were asked for last. Several pages and terminals add up.
 */
export interface MetricsView {
  /** Finds metrics, and follows what is in the part that was asked for. */
  metrics(query: MetricQuery): Promise<MetricWindow>;
  /** Metrics by name, one for each that is given, and follows them; at most 1000. */
  named(names: readonly string[]): Promise<readonly MetricView[]>;
  /**
   * The newest points of a metric that are newer than `afterMs` (default: those that are kept), and
   * follows it.
   */
  series(metric: string, afterMs?: number): SeriesView;
  /** Sums up the metrics. */
  summary(): Promise<Summary>;
  /** The agents that have registered or answered `discover`, by token. */
  agents(): Promise<readonly AgentView[]>;
}

/** A network, seen from outside. */
export interface NetworkView extends MetricsView {
  /** What kind of network it is, as the page's title has it: `"development network"` or `"network"`. */
  readonly title: string;
  /** The AMQP address that sources connect to, without a password. */
  readonly url: string;
  /** The points of a metric from `startMs` to `endMs`, as far as they are kept. */
  exactPoints(metric: string, startMs: number, endMs: number): ExactPoints;
  /** The newest calls with an id over `afterId`, oldest first; a bounded number is kept. */
  rpcs(afterId?: number): readonly RpcView[];
  /** What is wrong with its metrics and agents. */
  readonly health: HealthView;
  /** The configurations of its sources. */
  readonly configurations: ConfigurationsView;
}
