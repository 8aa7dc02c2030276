/**
 * The metrics that a page shows: it is sent only those that have come, changed or gone.
 *
 * @module
 */

import type { JsonObject } from "../../rpc/json.ts";
import type { MetricView, PointView, Undeclared } from "../view/network_view.ts";
import { type RateState, rateState } from "../view/summary.ts";

/** What a page is sent once of a metric, while it shows it. */
export interface MetricEntry {
  /** Stands for the name in later messages. */
  readonly id: number;
  readonly name: string;
  readonly source: string | null;
  readonly declaredRate: number | null;
  readonly metadata: JsonObject;
  readonly undeclared: Undeclared | null;
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
  declaration: string;
  row: string;
}

/** The metrics that one page shows. */
export class Catalogue {
  readonly #known = new Map<string, Known>();
  #nextId = 1;

  /** What has changed of the metrics that are shown now, which the page has not been sent yet. */
  changes(
    metrics: readonly MetricView[],
  ): { metrics: MetricEntry[]; removed: number[]; rows: MetricRow[] } {
    const entries: MetricEntry[] = [];
    const rows: MetricRow[] = [];
    const gone = new Map(this.#known);
    for (const metric of metrics) {
      gone.delete(metric.name);
      const known = this.#know(metric.name);
      const { name, source = null, declaredRatePerSecond: declaredRate = null } = metric;
      const { metadata, undeclared = null } = metric;
      const entry = { id: known.id, name, source, declaredRate, metadata, undeclared };
      const declaration = JSON.stringify(entry);
      if (declaration !== known.declaration) entries.push(entry);
      known.declaration = declaration;
      const row = metricRow(known.id, metric);
      const text = JSON.stringify(row);
      if (text !== known.row) rows.push(row);
      known.row = text;
    }
    for (const name of gone.keys()) this.#known.delete(name);
    return { metrics: entries, removed: [...gone.values()].map(({ id }) => id), rows };
  }

  /** The number that stands for a metric which is shown. */
  idOf(name: string): number {
    return this.#know(name).id;
  }

  #know(name: string): Known {
    let known = this.#known.get(name);
    if (known === undefined) {
      known = { id: this.#nextId++, declaration: "", row: "" };
      this.#known.set(name, known);
    }
    return known;
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
