// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/**
 * The charts of the chosen metrics.
 *
 * @module
 */

/** @import { Metric } from "./metric_row.js" */
import { Chart } from "./chart.js";
import { byId, setText } from "./dom.js";
import { onThemeChange } from "./theme.js";

/** A list of charts; only visible ones get points and are drawn. */
export class Charts {
  /** @type {Map<string, Chart>} */
  #charts = new Map();
  #list = byId("charts", HTMLElement);
  #pause = byId("pause", HTMLButtonElement);
  #isPaused = false;
  #spanMs = 60_000;
  #onChange;
  #onVisible;
  #seen;
  #sizes;

  /**
   * @param {object} events
   * @param {(names: ReadonlySet<string>) => void} events.onChange The set of charted metrics has changed.
   * @param {() => void} events.onVisible The visible charts or their sizes have changed.
   */
  constructor({ onChange, onVisible }) {
    this.#onChange = onChange;
    this.#onVisible = onVisible;
    this.#seen = new IntersectionObserver((changes) => {
      for (const { target, isIntersecting } of changes) {
        const chart = this.#of(target);
        if (chart) chart.isVisible = isIntersecting;
      }
      onVisible();
    }, { rootMargin: "80px 0px" });
    this.#sizes = new ResizeObserver((changes) => {
      for (const { target, contentRect } of changes) {
        this.#of(target.closest(".chart"))?.resize(Math.floor(contentRect.width));
      }
      onVisible();
    });
    byId("span", HTMLFieldSetElement).addEventListener("change", ({ target }) => {
      if (target instanceof HTMLInputElement) this.#setSpan(Number(target.value));
    });
    this.#pause.onclick = () => this.#setPaused(!this.#isPaused);
    onThemeChange(() => this.#charts.forEach((chart) => chart.recolour()));
  }

  /** The names of the metrics that have a chart. */
  get names() {
    return new Set(this.#charts.keys());
  }

  /** What the visible charts ask of the program. */
  watch() {
    if (this.#isPaused) return [];
    return [...this.#charts.values()].filter(({ isVisible }) => isVisible).map((chart) =>
      chart.watch()
    );
  }

  /** The metrics with visible charts. */
  visibleNames() {
    return [...this.#charts.values()].filter(({ isVisible }) => isVisible).map(({ name }) => name);
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
      const chart = this.#charts.get(name);
      if (chart && isCharted !== true) this.#remove(chart);
      else if (!chart && isCharted !== false) this.#add(metric);
    }
    byId("charts-hint", HTMLElement).hidden = this.#charts.size > 0;
    setText(byId("charts-count", HTMLElement), this.#charts.size ? `${this.#charts.size}` : "");
    this.#onChange(this.names);
  }

  /** @param {Metric} metric */
  update(metric) {
    this.#charts.get(metric.entry.name)?.update(metric);
  }

  /**
   * @param {{ key: number, afterMs: number, times: Float64Array, values: Float64Array }} points
   */
  addPoints(points) {
    for (const chart of this.#charts.values()) {
      if (chart.key === points.key) chart.addPoints(points);
    }
  }

  /**
   * Draws all charts that have moved, with or without new points.
   *
   * @param {number} nowMs
   * @param {number} periodMs
   */
  advance(nowMs, periodMs) {
    if (this.#isPaused) return;
    for (const chart of this.#charts.values()) chart.advance(nowMs, periodMs);
  }

  /** Asks for all points again, for a new session. */
  restart() {
    this.#charts.forEach((chart) => chart.restart());
  }

  /** @param {Metric} metric */
  #add(metric) {
    const chart = new Chart(metric, this.#spanMs, () => this.toggle([metric], false));
    this.#charts.set(chart.name, chart);
    this.#list.append(chart.element);
    this.#seen.observe(chart.element);
    this.#sizes.observe(chart.plot);
  }

  /** @param {Chart} chart */
  #remove(chart) {
    this.#charts.delete(chart.name);
    this.#seen.unobserve(chart.element);
    this.#sizes.unobserve(chart.plot);
    chart.destroy();
  }

  /** @param {Element | null} element */
  #of(element) {
    return [...this.#charts.values()].find((chart) => chart.element === element);
  }

  /** @param {number} spanMs */
  #setSpan(spanMs) {
    this.#spanMs = spanMs;
    this.#charts.forEach((chart) => chart.setSpan(spanMs));
    this.#setPaused(false);
  }

  /** @param {boolean} isPaused */
  #setPaused(isPaused) {
    if (this.#isPaused && !isPaused) this.restart();
    this.#isPaused = isPaused;
    this.#pause.setAttribute("aria-pressed", String(isPaused));
    setText(this.#pause, isPaused ? "Paused" : "Pause");
    this.#onVisible();
  }
}
