// @ts-check
/// <reference lib="dom" />

/**
 * One row of the table of metrics.
 *
 * @module
 */

/** @import { MetricEntry, MetricRow } from "../catalogue.ts" */
import { breakable, make, setData, setText } from "./dom.js";
import {
  asText,
  formatDeclared,
  formatDelay,
  formatRate,
  formatSince,
  formatTime,
  UNKNOWN,
} from "../../view/format.js";
import { quantityParts } from "../../view/quantity.js";
import { newKey, Series } from "./series.js";
import { SPARKLINE_MS, SPARKLINE_WIDTH } from "./sparkline.js";

/** How much of a name is shown, and of its end if it is longer. */
const MAX_CHARACTERS = 90;
const END_CHARACTERS = 40;

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

/** @typedef {ReturnType<typeof makeRow>} Row */

/** @type {Omit<Metric, "entry">} Before the first numbers have come. */
export const NO_NUMBERS = {
  value: undefined,
  timeMs: undefined,
  rate: 0,
  state: "unknown",
  delayMs: undefined,
  gaps: 0,
};

/**
 * Makes the row of a metric.
 *
 * @param {MetricEntry} entry
 * @param {() => void} onToggle The user wants its chart shown, or hidden.
 */
export function makeRow(entry, onToggle) {
  const { name, source, declaredRate, metadata, undeclared } = entry;
  const isGone = undeclared !== null && undeclared.reason !== "never";
  const about = [
    isGone ? `no longer declared${undeclared.reason === "archived" ? ", archived" : ""}` : "",
    asText(metadata.description),
    source ?? "not declared",
  ];
  const button = make(
    "button",
    { type: "button", class: "metric", title: `${name}\nShow or hide the chart` },
    nameOf(name),
    make("span", { class: "about" }, about.filter(Boolean).join(" · ")),
  );
  button.onclick = onToggle;
  const value = make("span", { class: "value" }, UNKNOWN);
  const unit = make("span", { class: "second" });
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
      unit,
    ),
    make("td", { class: "trend" }, canvas),
    rate,
    delay,
    gaps,
  );
  const series = new Series(SPARKLINE_MS, gapMs(declaredRate, SPARKLINE_MS / SPARKLINE_WIDTH));
  return {
    entry,
    name,
    key: newKey(),
    series,
    element,
    button,
    canvas,
    value,
    unit,
    rate,
    measured,
    declared,
    delay,
    gaps,
  };
}

/**
 * A name, which may take two lines. Where it is too long for these its middle is left out: the end tells
 * more than what comes before.
 *
 * @param {string} name
 */
function nameOf(name) {
  const cut = name.length > MAX_CHARACTERS
    ? `${name.slice(0, MAX_CHARACTERS - END_CHARACTERS)}…${name.slice(-END_CHARACTERS)}`
    : name;
  return make("span", { class: "name" }, ...breakable(cut));
}

/**
 * Shows the newest numbers.
 *
 * @param {Row} row
 * @param {Metric} metric
 */
export function fillRow(row, metric) {
  const { value, rate, state, timeMs, delayMs, gaps, entry: { declaredRate, metadata } } = metric;
  const [number, unit] = quantityParts(value, asText(metadata.unit));
  setText(row.value, number);
  setText(row.unit, unit);
  const measured = state === "silent"
    ? "silent"
    : state === "gone"
    ? "gone"
    : `${formatRate(rate)} Hz`;
  setText(row.measured, measured);
  setData(row.element, "rate", state);
  setText(
    row.declared,
    state === "gone"
      ? goneSince(metric.entry)
      : rate === 0 && timeMs !== undefined
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

/** @param {MetricEntry} entry */
function goneSince({ undeclared }) {
  const sinceMs = undeclared?.sinceMs;
  return sinceMs === undefined ? "" : formatSince(sinceMs, Date.now());
}

/**
 * The distance of points beyond which no line joins them.
 *
 * @param {number | null} declaredRate
 * @param {number} bucketMs The time of one column of pixels.
 */
export function gapMs(declaredRate, bucketMs) {
  return declaredRate ? Math.max(5000 / declaredRate, 3 * bucketMs) : Infinity;
}
