// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/**
 * The table of metrics.
 *
 * @module
 */

/** @import { MetricEntry, MetricRow } from "../catalogue.ts" */
/** @import { Metric, Row } from "./metric_row.js" */
import { byId, setData, setText } from "./dom.js";
import { asText } from "../../view/format.js";
import { fillRow, makeRow, NO_NUMBERS } from "./metric_row.js";
import { drawSparkline, SPARKLINE_MS, SPARKLINE_WIDTH } from "./sparkline.js";
import { onThemeChange } from "./theme.js";

/** The most rows that are drawn; the filter finds the other metrics. */
const MAX_ROWS = 500;

/** The table, its filter, and all that the page knows of the metrics. */
export class MetricsTable {
  /** @type {Map<number, Metric>} */
  metrics = new Map();
  /** @type {Map<number, Row>} */
  #rows = new Map();
  /** @type {Map<Element, Row>} */
  #visible = new Map();
  /** @type {Map<number, Row>} */
  #bySeries = new Map();
  #body = byId("metric-rows", HTMLTableSectionElement);
  #filter = byId("filter", HTMLInputElement);
  #charted = new Set();
  #drawnMs = 0;
  #observer;
  #onToggle;

  /**
   * @param {object} events
   * @param {(names: string[], isCharted: boolean | undefined) => void} events.onToggle
   * The user wants these metrics charted, or no longer; `undefined` toggles each.
   * @param {() => void} events.onVisible The visible rows have changed.
   */
  constructor({ onToggle, onVisible }) {
    this.#onToggle = onToggle;
    this.#observer = new IntersectionObserver((changes) => {
      for (const { target, isIntersecting } of changes) {
        const row = [...this.#rows.values()].find(({ element }) => element === target);
        if (isIntersecting && row) this.#visible.set(target, row);
        else this.#visible.delete(target);
      }
      onVisible();
    }, { rootMargin: "120px 0px" });
    this.#filter.addEventListener("input", () => this.#layOut());
    byId("chart-all", HTMLButtonElement).onclick = () => onToggle(this.#matches(), true);
    byId("chart-none", HTMLButtonElement).onclick = () => onToggle([...this.#charted], false);
    onThemeChange(() => this.#drawnMs = 0);
  }

  /** Forgets everything, for a new session. */
  clear() {
    this.metrics.clear();
    this.#rows.forEach((row) => this.#drop(row));
    this.#rows.clear();
  }

  /**
   * Takes metrics that are new or declared anew, and removes those that have gone.
   *
   * @param {readonly MetricEntry[]} entries
   * @param {readonly number[]} removed
   */
  declare(entries, removed) {
    const focused = [...this.#rows.values()].find(({ button }) =>
      button === document.activeElement
    );
    for (const entry of entries) {
      this.metrics.set(entry.id, { ...NO_NUMBERS, ...this.metrics.get(entry.id), entry });
      this.#forget(entry.id);
    }
    for (const id of removed) {
      this.metrics.delete(id);
      this.#forget(id);
    }
    if (entries.length > 0 || removed.length > 0) this.#layOut();
    // A row that was made anew has lost the focus of a keyboard.
    if (focused) this.#named(focused.name)?.button.focus({ preventScroll: true });
  }

  /**
   * Takes new numbers.
   *
   * @param {readonly MetricRow[]} rows
   */
  update(rows) {
    for (const [id, value, timeMs, rate, state, delayMs, gaps] of rows) {
      const metric = this.metrics.get(id);
      if (!metric) continue;
      metric.value = value === null ? undefined : Number(value);
      metric.timeMs = timeMs ?? undefined;
      metric.rate = rate;
      metric.state = state;
      metric.delayMs = delayMs ?? undefined;
      metric.gaps = gaps;
      const row = this.#rows.get(id);
      if (row) fillRow(row, metric);
    }
  }

  /**
   * Takes points of a sparkline.
   *
   * @param {{ key: number, afterMs: number, times: Float64Array, values: Float64Array }} points
   */
  addPoints({ key, afterMs, times, values }) {
    this.#bySeries.get(key)?.series.replace(afterMs, times, values);
  }

  /**
   * Draws the sparklines when they have moved by a pixel.
   *
   * @param {number} nowMs
   */
  advance(nowMs) {
    if (nowMs - this.#drawnMs < SPARKLINE_MS / SPARKLINE_WIDTH) return;
    this.#drawnMs = nowMs;
    for (const { canvas, series } of this.#visible.values()) {
      if (canvas.offsetParent) drawSparkline(canvas, series, nowMs);
    }
  }

  /**
   * Marks which metrics have a chart.
   *
   * @param {ReadonlySet<string>} names
   */
  mark(names) {
    this.#charted = new Set(names);
    this.#rows.forEach((row) => this.#mark(row));
    byId("chart-none", HTMLButtonElement).disabled = names.size === 0;
  }

  /** The names of the rows that can be seen, and their sparklines. */
  watch() {
    const rows = [...this.#visible.values()];
    return {
      metrics: rows.map(({ name }) => name),
      series: rows.filter(({ canvas }) => canvas.offsetParent !== null).map(({ key, name }) => ({
        key,
        metric: name,
        spanMs: SPARKLINE_MS,
        columns: SPARKLINE_WIDTH,
      })),
    };
  }

  /** @returns {string[]} The names of all metrics that the filter lets through. */
  #matches() {
    const words = this.#filter.value.toLowerCase().split(/\s+/);
    return [...this.metrics.values()].filter(({ entry }) => {
      const { name, source, metadata: { description, unit } } = entry;
      const text = [name, source, description, unit].map(asText).join("\n").toLowerCase();
      return words.every((word) => text.includes(word));
    }).map(({ entry }) => entry.name).sort();
  }

  #layOut() {
    const names = this.#matches();
    const shown = new Set(names.slice(0, MAX_ROWS));
    for (const [id, { entry }] of this.metrics) if (!shown.has(entry.name)) this.#forget(id);
    const byName = new Map([...this.metrics.values()].map((metric) => [metric.entry.name, metric]));
    /** @type {Element | null} */
    let place = this.#body.firstElementChild;
    for (const name of shown) {
      const metric = byName.get(name);
      if (!metric) continue;
      const { element } = this.#rows.get(metric.entry.id) ?? this.#add(metric);
      if (element === place) place = place.nextElementSibling;
      else this.#body.insertBefore(element, place);
    }
    this.#describe(names.length);
  }

  /** @param {number} matching */
  #describe(matching) {
    const total = this.metrics.size;
    setText(byId("shown", HTMLOutputElement), matching === total ? "" : `${matching} of ${total}`);
    const hint = byId("metrics-hint", HTMLElement);
    hint.hidden = matching > 0 && matching <= MAX_ROWS;
    setText(
      hint,
      total === 0
        ? "No metrics yet. Start a source to see its values here."
        : matching === 0
        ? "No metric matches the filter."
        : `${matching - MAX_ROWS} more: narrow the filter to see them.`,
    );
    const chartAll = byId("chart-all", HTMLButtonElement);
    chartAll.disabled = matching === 0;
    setText(chartAll, matching === total ? "Chart all" : `Chart these ${matching}`);
  }

  /** @param {Metric} metric */
  #add(metric) {
    const row = makeRow(metric.entry, () => this.#onToggle([metric.entry.name], undefined));
    this.#rows.set(metric.entry.id, row);
    this.#bySeries.set(row.key, row);
    this.#observer.observe(row.element);
    fillRow(row, metric);
    this.#mark(row);
    return row;
  }

  /** @param {number} id */
  #forget(id) {
    const row = this.#rows.get(id);
    if (row) this.#drop(row);
    this.#rows.delete(id);
  }

  /** @param {Row} row */
  #drop(row) {
    this.#observer.unobserve(row.element);
    this.#visible.delete(row.element);
    this.#bySeries.delete(row.key);
    row.element.remove();
  }

  /** @param {string} name */
  #named(name) {
    return [...this.#rows.values()].find((row) => row.name === name);
  }

  /** @param {Row} row */
  #mark(row) {
    const isCharted = this.#charted.has(row.name);
    setData(row.element, "charted", isCharted ? "" : undefined);
    row.button.setAttribute("aria-pressed", String(isCharted));
  }
}
