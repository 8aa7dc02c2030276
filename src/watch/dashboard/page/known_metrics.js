// @ts-check

/**
 * What the page knows of metrics: of those in the table's part and of those with charts.
 *
 * @module
 */

/** @import { Update } from "../live_session.ts" */
/** @import { Metric } from "./metric_row.js" */
import { NO_NUMBERS } from "./metric_row.js";

/** Metrics by the number that stands for them in messages, and by name. */
export class KnownMetrics {
  /** @type {Map<number, Metric>} */
  #byId = new Map();
  /** @type {Map<string, Metric>} */
  #byName = new Map();

  /** Forgets everything, for a new session. */
  clear() {
    this.#byId.clear();
    this.#byName.clear();
  }

  /** @param {number} id */
  get(id) {
    return this.#byId.get(id);
  }

  /** @param {string} name */
  named(name) {
    return this.#byName.get(name);
  }

  /**
   * Takes what has changed.
   *
   * @param {Update} update
   * @returns {Set<Metric>} The metrics that have changed.
   */
  take({ metrics = [], removed = [], rows = [] }) {
    const changed = new Set();
    for (const id of removed) {
      const metric = this.#byId.get(id);
      this.#byId.delete(id);
      if (metric) this.#byName.delete(metric.entry.name);
    }
    for (const entry of metrics) {
      const metric = { ...NO_NUMBERS, ...this.#byId.get(entry.id), entry };
      this.#byId.set(entry.id, metric);
      this.#byName.set(entry.name, metric);
      changed.add(metric);
    }
    for (const [id, value, timeMs, rate, state, delayMs, gaps] of rows) {
      const metric = this.#byId.get(id);
      if (!metric) continue;
      metric.value = value === null ? undefined : Number(value);
      metric.timeMs = timeMs ?? undefined;
      metric.rate = rate;
      metric.state = state;
      metric.delayMs = delayMs ?? undefined;
      metric.gaps = gaps;
      changed.add(metric);
    }
    return changed;
  }
}
