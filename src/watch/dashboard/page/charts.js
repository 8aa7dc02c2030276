// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/**
 * The charts of the chosen metrics.
 *
 * @module
 */

/** @import { Metric } from "./metric_row.js" */
/** @import { TimeRange } from "./range.js" */
import { Chart } from "./chart.js";
import { ChartLine } from "./chart_line.js";
import { byId, setData, setText } from "./dom.js";
import { FIRST_RANGE } from "./range.js";
import { RangeControls } from "./range_controls.js";
import { onThemeChange } from "./theme.js";

/**
 * @typedef {object} ChartsState What the address holds of the charts.
 * @property {number} spanMs
 * @property {number | undefined} endMs
 * @property {boolean} isByUnit
 * @property {string | undefined} large The first metric of the chart that is large.
 */

/** A list of charts; only visible ones get points and are drawn. */
export class Charts {
  /** @type {Map<string, ChartLine>} In the order in which they were chosen. */
  #lines = new Map();
  /** @type {Map<string, Chart>} */
  #charts = new Map();
  #list = byId("charts", HTMLElement);
  #panel = byId("charts-view", HTMLElement);
  #byUnit = byId("by-unit", HTMLInputElement);
  /** @type {TimeRange} */
  #range = FIRST_RANGE;
  /** The span to go back to. */
  #chosenSpanMs = FIRST_RANGE.spanMs;
  /** @type {string | undefined} */
  #large;
  /** @type {string | undefined} */
  #toEnlarge;
  #nowMs = 0;
  #controls;
  #onChange;
  #onVisible;
  #onState;
  #seen;
  #sizes;

  /**
   * @param {object} events
   * @param {(names: ReadonlySet<string>) => void} events.onChange The set of charted metrics has changed.
   * @param {() => void} events.onVisible The visible charts or their sizes have changed.
   * @param {() => void} events.onState What the address holds has changed.
   */
  constructor({ onChange, onVisible, onState }) {
    this.#onChange = onChange;
    this.#onVisible = onVisible;
    this.#onState = onState;
    this.#seen = new IntersectionObserver((changes) => {
      for (const { target, isIntersecting } of changes) {
        const chart = this.#of(target);
        if (chart) chart.isVisible = isIntersecting;
      }
      onVisible();
    }, { rootMargin: "80px 0px" });
    this.#sizes = new ResizeObserver((changes) => {
      for (const { target, contentRect: { width, height } } of changes) {
        this.#of(target.closest(".chart"))?.resize(Math.floor(width), Math.floor(height));
      }
      onVisible();
    });
    this.#controls = new RangeControls({
      onSpan: (spanMs) => this.#chooseSpan(spanMs),
      onPause: () =>
        this.#setRange(
          this.#range.endMs === undefined
            ? { spanMs: this.#range.spanMs, endMs: this.#nowMs }
            : { spanMs: this.#chosenSpanMs, endMs: undefined },
        ),
    });
    this.#byUnit.onchange = () => {
      this.#layOut();
      this.#onState();
    };
    addEventListener("keydown", ({ key, defaultPrevented }) => {
      if (key === "Escape" && !defaultPrevented && this.#large !== undefined) {
        this.#enlarge(undefined);
      }
    });
    onThemeChange(() => this.#charts.forEach((chart) => chart.recolour()));
    this.#controls.show(this.#range, this.#nowMs);
  }

  /** The names of the metrics that have a chart. */
  get names() {
    return new Set(this.#lines.keys());
  }

  /** @returns {ChartsState} */
  get state() {
    const large = this.#large === undefined ? undefined : this.#charts.get(this.#large);
    return { ...this.#range, isByUnit: this.#byUnit.checked, large: large?.lines[0]?.name };
  }

  /**
   * Shows what a link holds.
   *
   * @param {ChartsState} state
   */
  show({ spanMs, endMs, isByUnit, large }) {
    this.#byUnit.checked = isByUnit;
    if (endMs === undefined) this.#chosenSpanMs = spanMs;
    this.#layOut();
    this.#setRange({ spanMs, endMs });
    this.#toEnlarge = large;
    this.#enlargeAsked();
  }

  /** What the visible charts ask of the program. */
  watch() {
    return this.#visible().flatMap(({ lines }) => lines.map((line) => line.watch()));
  }

  /** The metrics with visible charts. */
  visibleNames() {
    return this.#visible().flatMap(({ lines }) => lines.map(({ name }) => name));
  }

  /**
   * Adds or removes charts.
   *
   * @param {readonly Metric[]} metrics
   * @param {boolean | undefined} isCharted `undefined` toggles each.
   */
  toggle(metrics, isCharted) {
    for (const metric of metrics) {
      const { name } = metric.entry;
      const isKnown = this.#lines.has(name);
      if (isKnown && isCharted !== true) this.#lines.delete(name);
      else if (!isKnown && isCharted !== false) {
        const close = () => this.toggle([metric], false);
        this.#lines.set(name, new ChartLine(metric, this.#range, close));
      }
    }
    this.#layOut();
    this.#enlargeAsked();
    byId("charts-hint", HTMLElement).hidden = this.#lines.size > 0;
    setText(byId("charts-count", HTMLElement), this.#lines.size ? `${this.#lines.size}` : "");
    this.#onChange(this.names);
  }

  /** @param {Metric} metric */
  update(metric) {
    this.#lines.get(metric.entry.name)?.update(metric);
  }

  /**
   * @param {{ key: number, afterMs: number, times: Float64Array, values: Float64Array }} points
   */
  addPoints(points) {
    for (const line of this.#lines.values()) {
      if (line.key === points.key) line.addPoints(points);
    }
  }

  /**
   * Takes what points come to.
   *
   * @param {readonly import("../statistics.ts").SeriesStatistics[]} statistics
   */
  count(statistics) {
    const byKey = new Map(statistics.map((each) => [each[0], each]));
    for (const line of this.#lines.values()) {
      const found = byKey.get(line.key);
      if (found) line.count(found);
    }
  }

  /**
   * Draws charts that have moved, with or without new points: those first that were drawn longest ago,
   * and as many as there is time for.
   *
   * @param {number} nowMs
   * @param {number} periodMs
   * @param {() => boolean} hasTime
   */
  advance(nowMs, periodMs, hasTime) {
    this.#nowMs = nowMs;
    const oldestFirst = [...this.#charts.values()].sort((a, b) => a.drawnMs - b.drawnMs);
    for (const chart of oldestFirst) {
      chart.advance(nowMs, periodMs);
      if (!hasTime()) return;
    }
  }

  /** Asks for all points again, for a new session. */
  restart() {
    this.#charts.forEach((chart) => chart.restart());
  }

  #visible() {
    return [...this.#charts.values()].filter(({ isVisible }) => isVisible);
  }

  /** Makes the charts that the lines and the choice of their grouping require. */
  #layOut() {
    const wanted = new Map([...this.#groups()].map(([title, lines]) => [
      JSON.stringify([title, lines.map(({ name }) => name)]),
      { title, lines },
    ]));
    for (const [key, chart] of this.#charts) if (!wanted.has(key)) this.#remove(chart);
    for (const [key, { title, lines }] of wanted) {
      const chart = this.#charts.get(key) ?? this.#add(key, title, lines);
      this.#list.append(chart.element);
    }
    if (this.#large !== undefined && !this.#charts.has(this.#large)) this.#enlarge(undefined);
  }

  /** @returns {Iterable<[title: string, lines: ChartLine[]]>} */
  #groups() {
    if (!this.#byUnit.checked) {
      return [...this.#lines.values()].map((line) => ["", [line]]);
    }
    const groups = Map.groupBy(this.#lines.values(), ({ unit }) => unit);
    return [...groups].map(([unit, lines]) => [
      lines.length === 1 ? "" : `${lines.length} metrics ${unit ? `in ${unit}` : "without a unit"}`,
      lines,
    ]);
  }

  /**
   * @param {string} key
   * @param {string} title
   * @param {ChartLine[]} lines
   */
  #add(key, title, lines) {
    const chart = new Chart(key, lines, title, this.#range, {
      onRange: (range) => this.#setRange(range ?? { spanMs: this.#chosenSpanMs, endMs: undefined }),
      onPoint: (timeMs) => this.#charts.forEach((each) => each.point(timeMs)),
      onEnlarge: () => this.#enlarge(this.#large === key ? undefined : key),
    });
    this.#charts.set(key, chart);
    this.#seen.observe(chart.element);
    this.#sizes.observe(chart.plot);
    return chart;
  }

  /** @param {Chart} chart */
  #remove(chart) {
    this.#charts.delete(chart.key);
    this.#seen.unobserve(chart.element);
    this.#sizes.unobserve(chart.plot);
    chart.destroy();
  }

  /** @param {Element | null} element */
  #of(element) {
    return [...this.#charts.values()].find((chart) => chart.element === element);
  }

  /** @param {number} spanMs */
  #chooseSpan(spanMs) {
    this.#chosenSpanMs = spanMs;
    this.#setRange({ spanMs, endMs: undefined });
  }

  /** @param {TimeRange} range */
  #setRange(range) {
    this.#range = range;
    this.#charts.forEach((chart) => chart.setRange(range));
    this.#controls.show(this.#range, this.#nowMs);
    this.#onVisible();
    this.#onState();
  }

  /** A link may ask for a chart whose metric is not known yet. */
  #enlargeAsked() {
    if (this.#toEnlarge === undefined) return;
    const asked = [...this.#charts.values()].find(({ lines }) =>
      lines[0]?.name === this.#toEnlarge
    );
    if (asked === undefined) return;
    this.#toEnlarge = undefined;
    this.#enlarge(asked.key);
  }

  /** @param {string | undefined} key */
  #enlarge(key) {
    const before = this.#large === undefined ? undefined : this.#charts.get(this.#large);
    const chart = key === undefined ? undefined : this.#charts.get(key);
    this.#large = chart?.key;
    setData(this.#panel, "large", chart ? "" : undefined);
    setData(document.body, "large", chart ? "" : undefined);
    for (const each of this.#charts.values()) {
      const isLarge = each === chart;
      setData(each.element, "large", isLarge ? "" : undefined);
      each.element.querySelector(".enlarge")?.setAttribute("aria-pressed", String(isLarge));
    }
    (chart ?? before)?.element.scrollIntoView({ block: "nearest" });
    if (chart || before) this.#onState();
  }
}
