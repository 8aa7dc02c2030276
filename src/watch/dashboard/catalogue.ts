/**
 * The metrics that a page knows: it is sent only those that have come, changed or gone.
 *
 * @module
 */

import type { JsonObject } from "../../rpc/json.ts";
import type { MetricView, PointView } from "../view/network_view.ts";
import { type RateState, rateState } from "../view/summary.ts";

/** What a page is sent once of a metric. */
export interface MetricEntry {
  /** Stands for the name in later messages. */
  readonly id: number;
  readonly name: string;
  readonly source: string | null;
  readonly declaredRate: number | null;
  readonly metadata: JsonObject;
}

/** What a page is sent repeatedly: times in ms, the rate in Hz. */
export type MetricRow = readonly [
  id: number,
  value: number | string | null,
  timeMs: number | null,
  rate: number,
  state: RateState,
  delayMs: number | null,
  gaps: number,
];

interface Known {
  readonly id: number;
  readonly declaration: string;
  row: string;
}

/** The metrics that one page knows. */
export class Catalogue {
  readonly #known = new Map<string, Known>();
  #nextId = 1;

  /** What has changed since the last call, which the page has not been sent yet. */
  changes(metrics: readonly MetricView[]): { metrics: MetricEntry[]; removed: number[] } {
    const entries: MetricEntry[] = [];
    const gone = new Map(this.#known);
    for (const { name, source = null, declaredRatePerSecond = null, metadata } of metrics) {
      gone.delete(name);
      const known = this.#known.get(name);
      const declaration = JSON.stringify([source, declaredRatePerSecond, metadata]);
      if (known?.declaration === declaration) continue;
      const id = known?.id ?? this.#nextId++;
      this.#known.set(name, { id, declaration, row: known?.row ?? "" });
      entries.push({ id, name, source, declaredRate: declaredRatePerSecond, metadata });
    }
    for (const name of gone.keys()) this.#known.delete(name);
    return { metrics: entries, removed: [...gone.values()].map(({ id }) => id) };
  }

  /** The rows of the named metrics that differ from those sent last. */
  rows(metrics: readonly MetricView[], names: ReadonlySet<string>): MetricRow[] {
    const rows: MetricRow[] = [];
    for (const metric of metrics) {
      const known = names.has(metric.name) ? this.#known.get(metric.name) : undefined;
      if (known === undefined) continue;
      const row = metricRow(known.id, metric);
      const text = JSON.stringify(row);
      if (text === known.row) continue;
      known.row = text;
      rows.push(row);
    }
    return rows;
  }
}

function metricRow(id: number, metric: MetricView): MetricRow {
  const { last, ratePerSecond, delayMs = null, gaps } = metric;
  const time = last?.timeMs ?? null;
  return [id, value(last), time, round(ratePerSecond), rateState(metric), round(delayMs), gaps];
}

/** In JSON, which has neither NaN nor Infinity: as text there. */
function value(point: PointView | undefined): number | string | null {
  if (point === undefined) return null;
  return Number.isFinite(point.value) ? point.value : String(point.value);
}

function round<T extends number | null>(value: T): T | number {
  return value === null ? value : Number(value.toPrecision(4));
}
