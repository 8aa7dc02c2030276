// @ts-check
/// <reference lib="dom" />

/**
 * One chart of one or more metrics, with their names and numbers above it.
 *
 * @module
 */

/** @import uPlot from "npm:uplot@1.6.32" */
/** @import { ChartLine } from "./chart_line.js" */
/** @import { TimeRange } from "./range.js" */
import { chartTools } from "./chart_tools.js";
import { make, setData, setText } from "./dom.js";
import { formatTime } from "../../view/format.js";
import { formatQuantity } from "../../view/quantity.js";
import { AXIS_WIDTH, dataOf, makePlot } from "./plot.js";
import { edges, panned, zoomed } from "./range.js";
import { theme } from "./theme.js";

const HEIGHT = 150;
const ZOOM = 1.25;

/**
 * @typedef {object} ChartEvents
 * @property {(range: TimeRange | undefined) => void} onRange The user wants another range; `undefined` for now.
 * @property {(timeMs: number) => void} onPoint The keyboard has chosen a time, for all charts.
 * @property {() => void} onEnlarge The user wants it large, or small again.
 */

/** A drawing with its lines. */
export class Chart {
  isVisible = false;
  /** @type {uPlot | undefined} */
  #plot;
  #nowMs = 0;
  #width = 0;
  #height = HEIGHT;
  /** @type {number | undefined} What the keyboard has chosen. */
  #cursorMs;
  /** @type {TimeRange} */
  #range;
  #events;

  /**
   * @param {string} key Stands for the chart as long as it has the same lines.
   * @param {readonly ChartLine[]} lines At least one.
   * @param {string} title Stands above several lines; `""` for one.
   * @param {TimeRange} range
   * @param {ChartEvents} events
   */
  constructor(key, lines, title, range, events) {
    this.key = key;
    this.lines = lines;
    this.#range = range;
    this.#events = events;
    const names = lines.map(({ name }) => name).join(", ");
    this.title = title || names;
    this.plot = make("div", {
      class: "plot",
      role: "application",
      tabindex: "0",
      "aria-label": `Chart of ${names}`,
      "aria-describedby": "chart-keys",
    });
    this.reading = make("p", { class: "reading" });
    this.note = make("p", { class: "note" });
    this.axis = make("p", { class: "axis", "aria-hidden": "true" });
    this.spoken = make("p", { class: "hidden-text", "aria-live": "polite" });
    this.plot.append(this.axis, this.reading, this.note);
    this.element = make(
      "article",
      { class: "chart" },
      chartTools(this, events.onEnlarge),
      ...title ? [make("h3", { class: "title" }, title)] : [],
      make("ul", { class: "lines" }, ...lines.map(({ element }) => element)),
      this.plot,
      this.spoken,
    );
    setData(this.element, "lines", lines.length > 1 ? "several" : "one");
    this.#listen();
  }

  get unit() {
    return this.lines[0]?.unit ?? "";
  }

  /** Start and end of what is shown. */
  get edges() {
    return edges(this.#range, this.#nowMs);
  }

  /** When it was drawn last. */
  get drawnMs() {
    return this.#nowMs;
  }

  /** The drawing, if there is one. */
  get canvas() {
    return this.#plot?.ctx.canvas;
  }

  /** @param {TimeRange} range */
  setRange(range) {
    this.#range = range;
    this.restart();
    this.#draw(this.#nowMs);
  }

  /** Asks for all points again. */
  restart() {
    for (const line of this.lines) line.restart(this.#range, this.#columns());
  }

  /**
   * @param {number} width
   * @param {number} height
   */
  resize(width, height) {
    if (width === 0 || width === this.#width && height === this.#height) return;
    const isWider = width !== this.#width;
    [this.#width, this.#height] = [width, height];
    this.#plot?.setSize({ width, height });
    if (isWider) this.restart();
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
    const stepMs = this.#range.endMs === undefined ? this.#range.spanMs / this.#columns() : 0;
    if (nowMs - this.#nowMs >= Math.max(periodMs, stepMs)) this.#draw(nowMs);
  }

  destroy() {
    this.#plot?.destroy();
    this.element.remove();
  }

  /** @param {number} nowMs */
  #draw(nowMs) {
    this.#nowMs = nowMs;
    if (!this.isVisible || this.#width === 0) return;
    if (this.#plot) this.#plot.setData(dataOf(this.lines));
    else this.#plot = this.#make();
    this.#describe();
  }

  #make() {
    const plot = makePlot({
      parent: this.plot,
      width: this.#width,
      height: this.#height,
      lines: this.lines,
      unit: this.unit,
      onUnit: (unit) => setText(this.axis, unit),
      edges: () => this.edges,
      onCursor: (timeMs) => this.#show(timeMs),
      onSelect: (oneMs, otherMs) => {
        const [startMs, endMs] = [Math.min(oneMs, otherMs), Math.max(oneMs, otherMs)];
        this.#events.onRange({ spanMs: endMs - startMs, endMs });
      },
    });
    if (!plot) setText(this.note, "uPlot could not be loaded: see the program's log");
    const { lines } = theme();
    this.lines.forEach(({ swatch }, index) => {
      swatch.style.background = lines[index % lines.length] ?? "";
    });
    return plot;
  }

  /** Says why nothing is drawn. */
  #describe() {
    if (!this.#plot) return;
    const [startMs, endMs] = this.edges;
    const found = this.lines.map(({ series }) => series.breaks(startMs, endMs));
    const isEmpty = found.every(({ hasReading }) => !hasReading);
    const hasPoints = found.some(({ noReadings }) => noReadings.length > 0);
    setText(
      this.note,
      !isEmpty ? "" : hasPoints ? "No reading in this span" : "No points in this span",
    );
  }

  #columns() {
    return Math.max(100, this.#width - AXIS_WIDTH);
  }

  /**
   * Shows what is at a time, on each line.
   *
   * @param {number | undefined} timeMs
   */
  #show(timeMs) {
    const points = this.lines.map((line) =>
      timeMs === undefined ? undefined : line.nearest(timeMs, this.edges)
    );
    this.lines.forEach((line, index) => line.point(points[index]));
    const point = points.find((each) => each !== undefined);
    if (!point) return setText(this.reading, "");
    setData(this.reading, "side", this.#isInRightHalf(point.timeMs) ? "left" : "right");
    const value = this.lines.length > 1 ? "" : ` · ${formatQuantity(point.value, this.unit)}`;
    setText(this.reading, `${formatTime(point.timeMs, 3)}${value}`);
  }

  /** @param {number} timeMs */
  #isInRightHalf(timeMs) {
    const [startMs, endMs] = this.edges;
    return timeMs > (startMs + endMs) / 2;
  }

  #listen() {
    this.plot.addEventListener("dblclick", () => this.#events.onRange(undefined));
    this.plot.addEventListener("wheel", (event) => this.#turn(event), { passive: false });
    this.plot.addEventListener("keydown", (event) => this.#press(event));
    this.plot.addEventListener("blur", () => this.#cursorMs = undefined);
  }

  /** @param {WheelEvent} event */
  #turn(event) {
    const { deltaX, deltaY, ctrlKey, metaKey, shiftKey } = event;
    const across = shiftKey && deltaX === 0 ? deltaY : deltaX;
    if (shiftKey || Math.abs(deltaX) > Math.abs(deltaY)) {
      event.preventDefault();
      this.#events.onRange(panned(this.#range, Math.sign(across) * 0.1, this.#nowMs));
    } else if (ctrlKey || metaKey || this.element.dataset.large !== undefined) {
      // Without the key it scrolls the list, unless there is none.
      event.preventDefault();
      const left = event.clientX - (this.#plot?.over.getBoundingClientRect().left ?? 0);
      const atMs = this.#plot?.posToVal(left, "x") ?? this.edges[1];
      this.#events.onRange(zoomed(this.#range, deltaY > 0 ? ZOOM : 1 / ZOOM, atMs, this.#nowMs));
    }
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const [startMs, endMs] = this.edges;
    const atMs = this.#cursorMs ?? endMs;
    /** @type {Record<string, () => void>} */
    const actions = {
      ArrowLeft: () => this.#point(this.#neighbour(atMs, -1)),
      ArrowRight: () => this.#point(this.#neighbour(atMs, 1)),
      Home: () => this.#point(this.#neighbour(startMs - 1, 1)),
      End: () => this.#point(this.#neighbour(endMs + 1, -1)),
      "+": () => this.#events.onRange(zoomed(this.#range, 1 / 2, atMs, this.#nowMs)),
      "-": () => this.#events.onRange(zoomed(this.#range, 2, atMs, this.#nowMs)),
      PageUp: () => this.#events.onRange(panned(this.#range, -0.5, this.#nowMs)),
      PageDown: () => this.#events.onRange(panned(this.#range, 0.5, this.#nowMs)),
      0: () => this.#events.onRange(undefined),
      Enter: () => this.#events.onEnlarge(),
    };
    const action = actions[event.key === "=" ? "+" : event.key];
    if (!action || event.shiftKey && event.key.length > 1) return;
    event.preventDefault();
    action();
  }

  /**
   * @param {number} timeMs
   * @param {1 | -1} direction
   */
  #neighbour(timeMs, direction) {
    const times = this.lines.map(({ series }) => series.neighbour(timeMs, direction))
      .filter((each) => each !== undefined);
    return direction > 0 ? Math.min(...times) : Math.max(...times);
  }

  /**
   * Puts the cursor on a time.
   *
   * @param {number} timeMs
   */
  point(timeMs) {
    const plot = this.#plot;
    plot?.setCursor({ left: plot.valToPos(timeMs, "x"), top: 10 });
  }

  /** @param {number} timeMs */
  #point(timeMs) {
    const [startMs, endMs] = this.edges;
    if (!(timeMs >= startMs && timeMs <= endMs)) return;
    this.#cursorMs = timeMs;
    this.#events.onPoint(timeMs);
    const values = this.lines.map((line) =>
      `${this.lines.length > 1 ? `${line.name} ` : ""}${
        formatQuantity(line.nearest(timeMs, this.edges)?.value, this.unit)
      }`
    );
    setText(this.spoken, `${formatTime(timeMs, 3)} ${values.join(", ")}`);
  }
}
