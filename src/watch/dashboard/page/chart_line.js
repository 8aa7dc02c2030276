// @ts-check
/// <reference lib="dom" />

/**
 * One metric in a chart: its points, and what is said of it.
 *
 * @module
 */

/** @import { Metric } from "./metric_row.js" */
/** @import { TimeRange } from "./range.js" */
import { breakable, make, setData, setText } from "./dom.js";
import { asText, formatDeclared, formatDelay, formatRate } from "../../view/format.js";
import { formatQuantity } from "../../view/quantity.js";
import { gapMs } from "./metric_row.js";
import { newKey, Series } from "./series.js";

/** A line, with its entry above the chart. */
export class ChartLine {
  key = newKey();
  /** What is drawn, and the range that it was asked for. */
  series;
  /** @type {Series | undefined} Replaces `series` as soon as its first points have come. */
  #next;
  /** @type {TimeRange} */
  #range;
  #columns = 100;
  /** @type {Metric} */
  #metric;

  /**
   * @param {Metric} metric
   * @param {TimeRange} range
   * @param {() => void} onClose
   */
  constructor(metric, range, onClose) {
    this.#metric = metric;
    this.#range = range;
    const { name } = metric.entry;
    this.name = name;
    this.series = new Series(range.spanMs);
    this.swatch = make("span", { class: "swatch", "aria-hidden": "true" });
    this.value = make("span", { class: "value" });
    this.description = make("span", { class: "description" });
    this.measured = make("span", { class: "measured" });
    this.rate = make("span", {}, this.measured);
    this.delay = make("span");
    this.gaps = make("span");
    this.source = make("span");
    this.statistics = make("p", { class: "facts statistics" });
    this.counts = ["min ", "mean ", "max ", ""].map((what, index) => {
      const number = make("b", {}, "–");
      this.statistics.append(index > 0 ? " " : "", make("span", {}, what, number));
      return number;
    });
    const close = make("button", { type: "button", class: "tool close" }, "✕");
    close.setAttribute("aria-label", `Close the chart of ${name}`);
    close.onclick = onClose;
    this.element = make(
      "li",
      { class: "line" },
      make(
        "div",
        { class: "head" },
        this.swatch,
        make("h3", {}, ...breakable(name)),
        this.value,
        close,
      ),
      make(
        "p",
        { class: "facts about" },
        this.description,
        this.rate,
        this.delay,
        this.gaps,
        this.source,
      ),
      this.statistics,
    );
    this.update(metric);
    this.count(undefined);
  }

  get unit() {
    return asText(this.#metric.entry.metadata.unit);
  }

  /** What this line asks of the program. */
  watch() {
    const { spanMs, endMs } = this.#range;
    return {
      key: this.key,
      metric: this.name,
      spanMs,
      ...endMs !== undefined && { endMs },
      columns: this.#columns,
      isCounted: true,
    };
  }

  /** @param {Metric} metric */
  update(metric) {
    this.#metric = metric;
    const { value, rate, state, delayMs, gaps, entry: { declaredRate, metadata, source } } = metric;
    if (this.value.dataset.at === undefined) setText(this.value, formatQuantity(value, this.unit));
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

  /**
   * Shows the value where the cursor is; the newest one without a cursor.
   *
   * @param {{ value: number } | undefined} point
   */
  point(point) {
    setData(this.value, "at", point && "");
    setText(this.value, formatQuantity(point ? point.value : this.#metric.value, this.unit));
  }

  /**
   * Shows what its points come to over the range.
   *
   * @param {readonly [key: number, count: number, lowest: number | null, mean: number | null, highest: number | null] | undefined} statistics
   */
  count(statistics) {
    const [, count, ...numbers] = statistics ?? [];
    const texts = numbers.map((number) => formatQuantity(number ?? undefined, this.unit));
    texts[3] = count === undefined
      ? "– points"
      : `${count.toLocaleString("en")} ${count === 1 ? "point" : "points"}`;
    this.counts.forEach((element, index) => setText(element, texts[index] ?? "–"));
  }

  /**
   * @param {{ afterMs: number, times: Float64Array, values: Float64Array }} points
   */
  addPoints({ afterMs, times, values }) {
    if (this.#next) {
      this.series = this.#next;
      this.#next = undefined;
    }
    this.series.replace(afterMs, times, values);
  }

  /**
   * Asks for all points again, of another range or with another width. The old ones stay until the new
   * ones come.
   *
   * @param {TimeRange} [range]
   * @param {number} [columns]
   */
  restart(range = this.#range, columns = this.#columns) {
    this.#range = range;
    this.#columns = columns;
    this.key = newKey();
    const { declaredRate } = this.#metric.entry;
    this.#next = new Series(range.spanMs, gapMs(declaredRate, range.spanMs / columns));
  }

  /**
   * The point that is nearest to a time, between two others.
   *
   * @param {number} timeMs
   * @param {readonly [startMs: number, endMs: number]} edges
   * @returns {{ timeMs: number, value: number } | undefined}
   */
  nearest(timeMs, [startMs, endMs]) {
    const point = this.series.nearest(timeMs);
    return point && point.timeMs >= startMs && point.timeMs <= endMs ? point : undefined;
  }
}
