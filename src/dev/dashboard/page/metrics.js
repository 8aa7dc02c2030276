// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/**
 * The table of metrics.
 *
 * @module
 */

/** @import { MetricEntry, MetricRow } from "../catalogue.ts" */
import { breakable, byId, make, setData, setText } from "./dom.js";
import {
  asText,
  formatDeclared,
  formatDelay,
  formatRate,
  formatTime,
  formatValue,
  UNKNOWN,
} from "./format.js";
import { newKey, Series } from "./series.js";
import { drawSparkline, SPARKLINE_MS, SPARKLINE_WIDTH } from "./sparkline.js";
import { onThemeChange } from "./theme.js";

/** More rows than this are neither read nor drawn: the filter finds the others. */
const MAX_ROWS = 500;

/**
 * @typedef {object} Metric What the page knows of a metric.
 * @property {MetricEntry} entry
 * @property {number | undefined} value
 * @property {number | undefined} timeMs
 * @property {number} rate
 * @property {MetricRow[4]} state
 * @property {number | undefined} delayMs
 * @property {number} gaps
 */

/** @typedef {ReturnType<MetricsTable["makeRow"]>} Row */

/** @type {Omit<Metric, "entry">} */
const NO_NUMBERS = {
  value: undefined,
  timeMs: undefined,
  rate: 0,
  state: "unknown",
  delayMs: undefined,
  gaps: 0,
};

/** The table, its filter, and what is known of every metric. */
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
   * Names are to be charted, or no longer; `undefined`: the other way round.
   * @param {() => void} events.onVisible Other rows have become visible.
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
      if (row) fill(row, metric);
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
    const row = this.makeRow(metric.entry);
    this.#rows.set(metric.entry.id, row);
    this.#bySeries.set(row.key, row);
    this.#observer.observe(row.element);
    fill(row, metric);
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

  /** @param {MetricEntry} entry */
  makeRow({ name, source, declaredRate, metadata }) {
    const about = [asText(metadata.description), source ?? "not declared"];
    const button = make(
      "button",
      { type: "button", class: "metric", title: "Show or hide the chart" },
      make("span", { class: "name" }, ...breakable(name)),
      make("span", { class: "about" }, about.filter(Boolean).join(" · ")),
    );
    button.onclick = () => this.#onToggle([name], undefined);
    const value = make("span", { class: "value" }, UNKNOWN);
    const measured = make("span", { class: "measured" });
    const declared = make("span", { class: "second" });
    const rate = make("td", { class: "number rate" }, measured, declared);
    const canvas = make("canvas", { "aria-hidden": "true" });
    const delay = make("td", { class: "number delay" });
    const gaps = make("td", { class: "number gaps" });
    const element = make(
      "tr",
      {},
      make("td", {}, button),
      make(
        "td",
        { class: "number" },
        value,
        make("span", { class: "second" }, asText(metadata.unit)),
      ),
      make("td", { class: "trend" }, canvas),
      rate,
      delay,
      gaps,
    );
    const series = new Series(SPARKLINE_MS, gapMs(declaredRate, SPARKLINE_MS / SPARKLINE_WIDTH));
    return {
      name,
      key: newKey(),
      series,
      element,
      button,
      canvas,
      value,
      rate,
      measured,
      declared,
      delay,
      gaps,
    };
  }
}

/**
 * How far points of a metric are apart where a line should not join them.
 *
 * @param {number | null} declaredRate
 * @param {number} bucketMs The time of one column of pixels.
 */
export function gapMs(declaredRate, bucketMs) {
  return declaredRate ? Math.max(5000 / declaredRate, 3 * bucketMs) : Infinity;
}

/**
 * @param {Row} row
 * @param {Metric} metric
 */
function fill(row, metric) {
  const { value, rate, state, timeMs, delayMs, gaps, entry: { declaredRate } } = metric;
  setText(row.value, formatValue(value));
  setText(row.measured, state === "silent" ? "silent" : `${formatRate(rate)} Hz`);
  setData(row.element, "rate", state);
  setText(
    row.declared,
    rate === 0 && timeMs !== undefined
      ? `since ${formatTime(timeMs)}`
      : declaredRate === null
      ? ""
      : `of ${formatDeclared(declaredRate)} Hz`,
  );
  setText(row.delay, formatDelay(delayMs));
  setText(row.gaps, String(gaps));
  row.gaps.classList.toggle("some", gaps > 0);
  row.gaps.classList.toggle("none", gaps === 0);
}
