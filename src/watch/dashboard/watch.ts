/**
 * What a page asks for. It asks again after each scrolling and resizing.
 *
 * @module
 */

import { isJsonObject, type JsonObject, type JsonValue } from "../../rpc/json.ts";
import {
  type ForgetRequest,
  type ProblemQuery,
  type ProblemSort,
  SCAN_LIMITS,
  type ScanRequest,
} from "../view/health_view.ts";
import { KIND_NAMES } from "../view/problem_kinds.js";
import type { MetricQuery, MetricSort } from "../view/network_view.ts";

/** The parts of the network that a page shows. */
export interface Watch {
  /** The rows of the table that are visible; `undefined` if the table is not. */
  readonly table: MetricQuery | undefined;
  /** The metrics whose numbers are visible elsewhere, such as those of charts. */
  readonly names: readonly string[];
  /** The charts and sparklines that are visible. */
  readonly series: readonly SeriesWatch[];
  /** The token whose configuration is shown. */
  readonly token: string | undefined;
  /** The problems that are visible; `undefined` if they are not. */
  readonly problems: ProblemQuery | undefined;
  /** The most updates that the page wants per second. */
  readonly updatesPerSecond: number;
}

/** A chart. */
export interface SeriesWatch {
  /** The page's number for the chart: another span or width gets another number. */
  readonly key: number;
  readonly metric: string;
  /** How far back it goes. */
  readonly spanMs: number;
  /** Where it ends, in ms since the Unix epoch; `undefined` if it follows the time. */
  readonly endMs?: number | undefined;
  /** Whether it shows the least, the mean and the greatest of its points. */
  readonly isCounted?: boolean;
  /** The time that one column of its pixels stands for. */
  readonly bucketMs: number;
}

/** Before the page has asked for anything. */
export const NOTHING: Watch = {
  table: undefined,
  names: [],
  series: [],
  token: undefined,
  problems: undefined,
  updatesPerSecond: 20,
};

const SORTS: readonly MetricSort[] = ["name", "source", "value", "rate", "delay", "gaps"];

/** A page asks for what fits a screen; more than this does not come from our page. */
const MAX_ITEMS = 1000;
const MAX_COLUMNS = 8192;
const MAX_SPAN_MS = 24 * 3_600_000;
const MAX_UPDATES_PER_SECOND = 20;

/**
 * Reads what a page asks for. Wrong parts are left out, excess is cut: the page is ours, so the only
 * aim is that no message can do harm.
 */
export function readWatch(message: JsonObject): Watch {
  return {
    table: readQuery(message.table),
    names: list(message.names).filter((name) => typeof name === "string"),
    series: list(message.series).map(readSeries).filter((series) => series !== undefined),
    token: typeof message.token === "string" ? message.token : undefined,
    problems: readProblemQuery(message.problems),
    updatesPerSecond: clamp(number(message.updatesPerSecond), 0.1, MAX_UPDATES_PER_SECOND),
  };
}

/** Reads which metrics a page asks for; `undefined` if it asks for none. */
export function readQuery(value: JsonValue | undefined): MetricQuery | undefined {
  if (!isJsonObject(value)) return undefined;
  const { filter, sort, isDescending, first, count } = value;
  return {
    filter: typeof filter === "string" ? filter : "",
    sort: SORTS.find((each) => each === sort) ?? "name",
    isDescending: isDescending === true,
    first: clamp(number(first), 0, Number.MAX_SAFE_INTEGER, 0),
    count: clamp(number(count), 0, MAX_ITEMS, 0),
  };
}

const PROBLEM_SORTS: readonly ProblemSort[] = ["kind", "subject", "source", "since"];

/** Reads which problems a page asks for; `undefined` if it asks for none. */
function readProblemQuery(value: JsonValue | undefined): ProblemQuery | undefined {
  if (!isJsonObject(value)) return undefined;
  const { kind, filter, sort, isDescending, first, count } = value;
  return {
    kind: KIND_NAMES.find((each) => each === kind),
    filter: typeof filter === "string" ? filter : "",
    sort: PROBLEM_SORTS.find((each) => each === sort) ?? "kind",
    isDescending: isDescending === true,
    first: clamp(number(first), 0, Number.MAX_SAFE_INTEGER, 0),
    count: clamp(number(count), 0, MAX_ITEMS, 0),
  };
}

/** Reads what a page wants scanned; `undefined` if it wants the scan cancelled. */
export function readScan(value: JsonValue): ScanRequest | undefined {
  if (!isJsonObject(value)) return undefined;
  return {
    filter: typeof value.filter === "string" ? value.filter : "",
    atATime: clamp(number(value.atATime), 1, MAX_ITEMS, 100),
    seconds: clamp(number(value.seconds), 1, SCAN_LIMITS.seconds, 10),
  };
}

/** Reads what a page does not want to see any more. */
export function readForget(value: JsonValue): ForgetRequest {
  const { metrics, agents } = isJsonObject(value) ? value : {};
  const names = (given: JsonValue | undefined) =>
    list(given).filter((name) => typeof name === "string");
  return { metrics: metrics === "all" ? "all" : names(metrics), agents: names(agents) };
}

function readSeries(value: JsonValue): SeriesWatch | undefined {
  if (!isJsonObject(value) || typeof value.metric !== "string") return undefined;
  const key = number(value.key);
  const spanMs = clamp(number(value.spanMs), 1, MAX_SPAN_MS);
  const columns = clamp(number(value.columns), 1, MAX_COLUMNS);
  if (!Number.isInteger(key) || key < 0 || key >= 2 ** 32) return undefined;
  const endMs = Number.isFinite(value.endMs) ? number(value.endMs) : undefined;
  const isCounted = value.isCounted === true;
  return { key, metric: value.metric, spanMs, endMs, isCounted, bucketMs: spanMs / columns };
}

function list(value: JsonValue | undefined): JsonValue[] {
  return Array.isArray(value) ? value.slice(0, MAX_ITEMS) : [];
}

function number(value: JsonValue | undefined): number {
  return typeof value === "number" ? value : NaN;
}

/** NaN becomes `otherwise`. */
function clamp(value: number, lowest: number, highest: number, otherwise = highest): number {
  return value >= lowest ? Math.min(value, highest) : Number.isNaN(value) ? otherwise : lowest;
}
