// @ts-check
/// <reference lib="dom" />

/**
 * One chart with its heading.
 *
 * @module
 */

/** @import uPlot from "npm:uplot@1.6.32" */
/** @import { Metric } from "./metric_row.js" */
import { breakable, make, setData, setText } from "./dom.js";
import {
  asText,
  formatDeclared,
  formatDelay,
  formatRate,
  formatTime,
  formatValue,
} from "../../view/format.js";
import { gapMs } from "./metric_row.js";
import { newKey, Series } from "./series.js";
import { theme } from "./theme.js";

const HEIGHT = 150;
const AXIS_WIDTH = 58;

/** A metric drawn by uPlot. */
export class Chart {
  key = newKey();
  isVisible = false;
  /** What is drawn. */
  #series;
  /** @type {Series | undefined} Replaces `#series` as soon as its first points have come. */
  #next;
  /** @type {uPlot | undefined} */
  #plot;
  #nowMs = 0;
  #drawnSpanMs;
  #spanMs;
  #width = 0;
  /** @type {Metric} */
  #metric;

  /**
   * @param {Metric} metric
   * @param {number} spanMs
   * @param {() => void} onClose
   */
  constructor(metric, spanMs, onClose) {
    this.#metric = metric;
    this.#spanMs = spanMs;
    this.#drawnSpanMs = spanMs;
    const { name } = metric.entry;
    this.name = name;
    this.#series = new Series(spanMs);
    this.description = make("span", { class: "description" });
    this.source = make("span");
    this.value = make("span", { class: "value" });
    this.measured = make("span", { class: "measured" });
    this.rate = make("span", {}, this.measured);
    this.delay = make("span");
    this.gaps = make("span");
    this.plot = make("div", { class: "plot", role: "img", "aria-label": `Chart of ${name}` });
    this.reading = make("p", { class: "reading" });
    const close = make("button", { type: "button", class: "close" }, "✕");
    close.setAttribute("aria-label", `Close the chart of ${name}`);
    close.onclick = onClose;
    this.element = make(
      "article",
      { class: "chart" },
      make("header", {}, make("h3", {}, ...breakable(name)), this.value, close),
      make(
        "p",
        { class: "facts" },
        this.description,
        this.rate,
        this.delay,
        this.gaps,
        this.source,
      ),
      this.plot,
    );
    this.plot.append(this.reading);
    this.update(metric);
  }

  /** What this chart asks of the program. */
  watch() {
    return { key: this.key, metric: this.name, spanMs: this.#spanMs, columns: this.#columns() };
  }

  /** @param {Metric} metric */
  update(metric) {
    this.#metric = metric;
    const { value, rate, state, delayMs, gaps, entry: { declaredRate, metadata, source } } = metric;
    const unit = asText(metadata.unit);
    setText(this.value, `${formatValue(value)}${unit && ` ${unit}`}`);
    setText(
      this.measured,
      (state === "silent" ? "silent" : `${formatRate(rate)}`) +
        (declaredRate === null ? " Hz" : ` of ${formatDeclared(declaredRate)} Hz`),
    );
    setData(this.rate, "rate", state);
    setText(this.delay, `${formatDelay(delayMs)} delay`);
    setText(this.gaps, `${gaps} ${gaps === 1 ? "gap" : "gaps"}`);
    setText(this.description, asText(metadata.description));
    setText(this.source, source ?? "not declared");
  }

  /** @param {{ afterMs: number, times: Float64Array, values: Float64Array }} points */
  addPoints({ afterMs, times, values }) {
    if (this.#next) {
      this.#series = this.#next;
      this.#next = undefined;
      this.#drawnSpanMs = this.#spanMs;
    }
    this.#series.replace(afterMs, times, values);
  }

  /** @param {number} spanMs */
  setSpan(spanMs) {
    this.#spanMs = spanMs;
    this.restart();
  }

  /** Asks for all points again. The old ones stay until the new ones come. */
  restart() {
    this.key = newKey();
    this.#next = new Series(
      this.#spanMs,
      gapMs(this.#metric.entry.declaredRate, this.#spanMs / this.#columns()),
    );
  }

  /** @param {number} width */
  resize(width) {
    if (width === this.#width || width === 0) return;
    this.#width = width;
    this.#plot?.setSize({ width, height: HEIGHT });
    this.restart();
  }

  /** Draws with other colours. */
  recolour() {
    this.#plot?.destroy();
    this.#plot = undefined;
    this.#draw(this.#nowMs);
  }

  /**
   * Draws the chart if it would look different: at most once per pixel that it moves.
   *
   * @param {number} nowMs
   * @param {number} periodMs
   */
  advance(nowMs, periodMs) {
    if (nowMs - this.#nowMs >= Math.max(periodMs, this.#drawnSpanMs / this.#columns())) {
      this.#draw(nowMs);
    }
  }

  /** @param {number} nowMs */
  #draw(nowMs) {
    if (!this.isVisible || this.#width === 0) return;
    this.#nowMs = nowMs;
    this.#plot ??= this.#make();
    this.#plot?.setData([this.#series.times, this.#series.values]);
  }

  destroy() {
    this.#plot?.destroy();
    this.element.remove();
  }

  #columns() {
    return Math.max(100, this.#width - AXIS_WIDTH);
  }

  #make() {
    /** @type {typeof uPlot | undefined} */
    const Plot = Reflect.get(globalThis, "uPlot");
    if (!Plot) {
      setText(this.reading, "uPlot could not be loaded: see the program's log");
      return undefined;
    }
    const { accent, muted, grid, font } = theme();
    const line = { stroke: grid, width: 1 };
    const axis = { stroke: muted, font, grid: line, ticks: { ...line, size: 4 }, gap: 4 };
    return new Plot(
      {
        width: this.#width,
        height: HEIGHT,
        ms: 1,
        padding: [8, 8, 0, 0],
        legend: { show: false },
        cursor: { drag: { x: false, y: false }, points: { size: 6 } },
        scales: { x: { range: () => [this.#nowMs - this.#drawnSpanMs, this.#nowMs] } },
        series: [{}, { stroke: accent, width: 1.25, points: { show: false } }],
        axes: [
          {
            ...axis,
            size: 24,
            space: 80,
            splits: timeMarks,
            values: (plot, times) => times.map((timeMs) => this.#timeLabel(plot, timeMs)),
          },
          { ...axis, size: AXIS_WIDTH, space: 28, values: (_, values) => values.map(axisNumber) },
        ],
        hooks: { setCursor: [(plot) => this.#describeCursor(plot.cursor.idx ?? undefined)] },
      },
      [this.#series.times, this.#series.values],
      this.plot,
    );
  }

  /**
   * @param {uPlot} plot
   * @param {number} timeMs
   */
  #timeLabel(plot, timeMs) {
    const isCut = plot.valToPos(timeMs, "x") > plot.over.clientWidth - 24;
    return isCut ? "" : formatTime(timeMs);
  }

  /** @param {number | undefined} index */
  #describeCursor(index) {
    const timeMs = index === undefined ? undefined : this.#series.times[index];
    if (index === undefined || timeMs === undefined) return setText(this.reading, "");
    const value = formatValue(this.#series.values[index] ?? NaN);
    const unit = asText(this.#metric.entry.metadata.unit);
    setText(this.reading, `${formatTime(timeMs, 3)} · ${value}${unit && ` ${unit}`}`);
  }
}

/**
 * Whole multiples of the step. uPlot's own are off by up to a second if the axis begins between two.
 *
 * @param {uPlot} _plot
 * @param {number} _axis
 * @param {number} startMs
 * @param {number} endMs
 * @param {number} stepMs
 */
function timeMarks(_plot, _axis, startMs, endMs, stepMs) {
  const first = Math.ceil(startMs / stepMs);
  const count = Math.max(0, Math.floor(endMs / stepMs) - first + 1);
  return Array.from({ length: count }, (_, index) => (first + index) * stepMs);
}

/** @param {number} value */
function axisNumber(value) {
  const size = Math.abs(value);
  if (size >= 1e7 || (size > 0 && size < 1e-4)) return value.toExponential(1);
  return String(Number(value.toPrecision(6)));
}
