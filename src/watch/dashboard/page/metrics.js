// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/**
 * The table of metrics: a part of a list that the program filters and sorts.
 *
 * @module
 */

/** @import { TableList } from "../live_session.ts" */
/** @import { MetricSort } from "../../view/network_view.ts" */
/** @import { KnownMetrics } from "./known_metrics.js" */
/** @import { Metric, Row } from "./metric_row.js" */
import { byId, setData, setText } from "./dom.js";
import { fillRow, makeRow } from "./metric_row.js";
import { drawSparkline, SPARKLINE_MS, SPARKLINE_WIDTH } from "./sparkline.js";
import { rowsInView, Space } from "./table_view.js";
import { onThemeChange } from "./theme.js";

/** The most charts that are added in one go. */
const MAX_CHARTED = 100;

/** @typedef {{ filter: string, sort: MetricSort, isDescending: boolean }} TableState */

/** @type {TableList} */
const NOTHING = { total: 0, isComplete: true, matching: 0, first: 0, ids: [] };

/** The table with its filter and order. */
export class MetricsTable {
  /** @type {TableState} */
  #state = { filter: "", sort: "name", isDescending: false };
  #list = NOTHING;
  #isListed = false;
  /** @type {Map<string, Row>} */
  #rows = new Map();
  /** @type {Set<string>} */
  #charted = new Set();
  #drawnMs = 0;
  /** @type {Row[]} Those whose sparklines are to be drawn. */
  #undrawn = [];
  #body = byId("metric-rows", HTMLTableSectionElement);
  #scroller = byId("metrics-scroll", HTMLElement);
  #filter = byId("filter", HTMLInputElement);
  /** The head of the sparklines' column, which narrow pages do without. */
  #trend = byId("metric-trend", HTMLElement);
  /** @type {number | undefined} */
  #height;
  #above = new Space();
  #below = new Space();
  #known;
  #on;

  /**
   * @param {KnownMetrics} known
   * @param {object} on
   * @param {(name: string) => void} on.toggle The user wants a metric charted, or no longer.
   * @param {(count: number) => void} on.chartMatching The user wants the first that match charted.
   * @param {() => void} on.clearCharts The user wants none charted.
   * @param {() => void} on.change Other rows are to be seen.
   * @param {() => void} on.state The user has changed the filter or the order.
   */
  constructor(known, on) {
    this.#known = known;
    this.#on = on;
    this.#body.append(this.#above.element, this.#below.element);
    this.#filter.addEventListener("input", () => this.#change({ filter: this.#filter.value }));
    for (const button of document.querySelectorAll(".metrics th button")) {
      if (button instanceof HTMLElement) button.onclick = () => this.#sortBy(button);
    }
    for (const id of ["sum-off", "sum-silent", "sum-undeclared"]) {
      const button = byId(id, HTMLButtonElement);
      button.onclick = () => this.show({ filter: button.dataset.filter ?? "" });
    }
    byId("chart-all", HTMLButtonElement).onclick = () => on.chartMatching(MAX_CHARTED);
    byId("chart-none", HTMLButtonElement).onclick = () => on.clearCharts();
    // Captured, since either the table scrolls or the page.
    addEventListener("scroll", () => on.change(), { capture: true, passive: true });
    addEventListener("resize", () => on.change());
    onThemeChange(() => this.#drawnMs = 0);
    this.#markOrder();
  }

  /** The filter and the order. */
  get state() {
    return { ...this.#state };
  }

  /** How many metrics match the filter, and the names of the first that are in the page. */
  get listed() {
    return { matching: this.#list.matching, names: [...this.#rows.keys()] };
  }

  /**
   * Shows another filter or order.
   *
   * @param {Partial<TableState>} state
   */
  show(state) {
    if (state.filter !== undefined) this.#filter.value = state.filter;
    this.#change(state);
  }

  /** What the table asks of the program: its part of the list, and its sparklines. */
  watch() {
    const inView = rowsInView(this.#scroller, this.#body, this.#rowHeight());
    if (inView === undefined) return { table: undefined, series: [] };
    const rows = this.#trend.offsetParent ? [...this.#rows.values()] : [];
    const series = rows.map(({ key, name }) => ({
      key,
      metric: name,
      spanMs: SPARKLINE_MS,
      columns: SPARKLINE_WIDTH,
    }));
    return { table: { ...this.#state, ...inView }, series };
  }

  /** Forgets its rows, for a new session. */
  clear() {
    for (const { element } of this.#rows.values()) element.remove();
    this.#rows.clear();
    this.#list = NOTHING;
  }

  /** @param {TableList} list */
  setList(list) {
    this.#list = list;
    this.#isListed = true;
    this.#layOut();
  }

  /** @param {Iterable<Metric>} metrics Those that have changed. */
  update(metrics) {
    let isAnyNew = false;
    for (const metric of metrics) {
      const row = this.#rows.get(metric.entry.name);
      if (row?.entry === metric.entry) fillRow(row, metric);
      else isAnyNew ||= row !== undefined;
    }
    if (isAnyNew) this.#layOut();
  }

  /**
   * Takes points of a sparkline.
   *
   * @param {{ key: number, afterMs: number, times: Float64Array, values: Float64Array }} points
   */
  addPoints({ key, afterMs, times, values }) {
    for (const row of this.#rows.values()) {
      if (row.key !== key) continue;
      // The first are drawn at once.
      if (row.series.times.length === 0) this.#undrawn.unshift(row);
      row.series.replace(afterMs, times, values);
    }
  }

  /**
   * Draws the sparklines when they have moved by a pixel, as many in one frame as there is time for.
   *
   * @param {number} nowMs
   * @param {() => boolean} hasTime
   */
  advance(nowMs, hasTime) {
    if (nowMs - this.#drawnMs >= SPARKLINE_MS / SPARKLINE_WIDTH && this.#undrawn.length === 0) {
      this.#drawnMs = nowMs;
      if (this.#trend.offsetParent) this.#undrawn = [...this.#rows.values()];
    }
    while (hasTime()) {
      const row = this.#undrawn.shift();
      if (row === undefined) return;
      if (row.element.isConnected) drawSparkline(row.canvas, row.series, nowMs);
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

  /** @param {Partial<TableState>} state */
  #change(state) {
    const changed = { ...this.#state, ...state };
    if (JSON.stringify(changed) === JSON.stringify(this.#state)) return;
    this.#state = changed;
    this.#scroller.scrollTop = 0;
    this.#markOrder();
    this.#on.state();
    this.#on.change();
  }

  /** @param {HTMLElement} button */
  #sortBy(button) {
    const sort = /** @type {MetricSort} */ (button.dataset.sort);
    const isSame = sort === this.#state.sort;
    // Of numbers the largest matter most.
    const isDescending = isSame ? !this.#state.isDescending : sort !== "name";
    this.#change({ sort, isDescending });
  }

  #markOrder() {
    for (const button of document.querySelectorAll(".metrics th button")) {
      const isSorted = button instanceof HTMLElement && button.dataset.sort === this.#state.sort;
      const order = this.#state.isDescending ? "descending" : "ascending";
      if (isSorted) button.closest("th")?.setAttribute("aria-sort", order);
      else button.closest("th")?.removeAttribute("aria-sort");
    }
  }

  /** Puts the rows of the part in their places. */
  #layOut() {
    const { first, ids, matching, total } = this.#list;
    const focused = [...this.#rows.values()].find(({ button }) =>
      button === document.activeElement
    );
    const metrics = ids.map((id) => this.#known.get(id)).filter((each) => each !== undefined);
    const shown = new Map(metrics.map((metric) => [metric.entry.name, metric]));
    for (const [name, row] of this.#rows) {
      if (shown.get(name)?.entry === row.entry) continue;
      row.element.remove();
      this.#rows.delete(name);
    }
    /** @type {Element | null} */
    let place = this.#above.element.nextElementSibling;
    let index = first;
    for (const metric of shown.values()) {
      const { element } = this.#rows.get(metric.entry.name) ?? this.#add(metric);
      element.setAttribute("aria-rowindex", `${++index + 1}`); // the head is the first
      if (element === place) place = place.nextElementSibling;
      else this.#body.insertBefore(element, place);
    }
    const height = this.#rowHeight();
    this.#above.height = first * height;
    this.#below.height = Math.max(0, matching - first - ids.length) * height;
    this.#body.closest("table")?.setAttribute("aria-rowcount", `${matching + 1}`);
    this.#describe(matching, total);
    // A row that was made anew has lost the focus of a keyboard.
    if (focused) this.#rows.get(focused.name)?.button.focus({ preventScroll: true });
    this.#on.change();
  }

  /**
   * @param {number} matching
   * @param {number} total
   */
  #describe(matching, total) {
    const count = (/** @type {number} */ number) => number.toLocaleString("en");
    const all = `${count(total)}${this.#list.isComplete ? "" : " and more"}`;
    const isFiltered = this.#state.filter.trim() !== "";
    setText(
      byId("shown", HTMLOutputElement),
      isFiltered || !this.#list.isComplete ? `${count(matching)} of ${all}` : "",
    );
    const hint = byId("metrics-hint", HTMLElement);
    hint.hidden = !this.#isListed || matching > 0;
    setText(
      hint,
      total === 0
        ? "No metrics yet. Start a source to see its values here, such as:"
        : "No metric matches the filter.",
    );
    byId("metrics-command", HTMLElement).hidden = hint.hidden || total > 0;
    const chartAll = byId("chart-all", HTMLButtonElement);
    chartAll.disabled = matching === 0;
    setText(
      chartAll,
      matching > MAX_CHARTED
        ? `Chart the first ${MAX_CHARTED}`
        : isFiltered
        ? `Chart these ${matching}`
        : "Chart all",
    );
  }

  /** @param {Metric} metric */
  #add(metric) {
    const row = makeRow(metric.entry, () => this.#on.toggle(metric.entry.name));
    this.#rows.set(row.name, row);
    fillRow(row, metric);
    this.#mark(row);
    return row;
  }

  /** @param {Row} row */
  #mark(row) {
    const isCharted = this.#charted.has(row.name);
    setData(row.element, "charted", isCharted ? "" : undefined);
    row.button.setAttribute("aria-pressed", String(isCharted));
  }

  #rowHeight() {
    // Asking for it costs a layout, and no width of the page changes it.
    return this.#height ??= parseFloat(
      getComputedStyle(this.#body).getPropertyValue("--row-height"),
    );
  }
}
