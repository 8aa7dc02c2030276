// @ts-check
/// <reference lib="dom" />

/**
 * The drawing of a chart: uPlot, with axes of whole steps, and marks where lines are broken.
 *
 * @module
 */

/** @import uPlot from "npm:uplot@1.6.32" */
/** @import { ChartLine } from "./chart_line.js" */
import { formatTime } from "../../view/format.js";
import { formatMarks } from "../../view/quantity.js";
import { theme } from "./theme.js";

/** How wide the axis of the values is. */
export const AXIS_WIDTH = 58;

/** Of two that are drawn as one line, the second comes this much later: times of a table differ. */
const BREAK_MS = 0.0005;
const NO_READING_HEIGHT = 7;
const MAX_MARKS = 2000;

/**
 * @typedef {object} PlotOptions
 * @property {HTMLElement} parent
 * @property {number} width
 * @property {number} height
 * @property {readonly ChartLine[]} lines
 * @property {string} unit
 * @property {(unit: string) => void} onUnit The values of the axis have this unit, with its prefix.
 * @property {() => [startMs: number, endMs: number]} edges What is shown.
 * @property {(timeMs: number | undefined) => void} onCursor
 * @property {(oneMs: number, otherMs: number) => void} onSelect A part was dragged over.
 */

/**
 * Makes the drawing.
 *
 * @param {PlotOptions} options
 * @returns {uPlot | undefined} `undefined` if uPlot could not be loaded.
 */
export function makePlot(
  { parent, width, height, lines, unit, onUnit, edges, onCursor, onSelect },
) {
  /** @type {typeof uPlot | undefined} */
  const Plot = Reflect.get(globalThis, "uPlot");
  if (!Plot) return undefined;
  const { muted, grid, font, lines: colours } = theme();
  const ruled = { stroke: grid, width: 1 };
  const axis = { stroke: muted, font, grid: ruled, ticks: { ...ruled, size: 4 }, gap: 4 };
  let isDragged = false;
  let isEmpty = false;
  const plot = new Plot(
    {
      width,
      height,
      ms: 1,
      padding: [16, 8, 0, 0],
      legend: { show: false },
      cursor: {
        drag: { x: true, y: false, setScale: false, dist: 4 },
        points: { size: 6 },
        y: false,
        sync: { key: "time", setSeries: false, scales: ["x", null] },
      },
      scales: {
        x: { range: edges },
        y: {
          // Without values uPlot would leave the axis out, and the times of charts not stand in line.
          range: (_, lowest, highest) => {
            isEmpty = lowest === null;
            return isEmpty ? [0, 1] : Plot.rangeNum(lowest, highest, 0.1, true);
          },
        },
      },
      series: [
        {},
        ...lines.map((_, index) => ({
          stroke: colours[index % colours.length] ?? muted,
          width: 1.25,
          points: { show: false },
        })),
      ],
      axes: [
        {
          ...axis,
          size: 24,
          space: 80,
          splits: timeMarks,
          values: (plot, times) => timeLabels(plot, times),
        },
        {
          ...axis,
          size: AXIS_WIDTH,
          space: 28,
          values: (_, values) => {
            const marks = formatMarks(values, unit);
            onUnit(isEmpty ? "" : marks.unit);
            return isEmpty ? values.map(() => "") : marks.texts;
          },
        },
      ],
      hooks: {
        setCursor: [({ cursor, posToVal }) => {
          const { left = -1 } = cursor;
          onCursor(left < 0 ? undefined : posToVal(left, "x"));
        }],
        setSelect: [(plot) => {
          const { left, width } = plot.select;
          // The others in step are told of the drag, too.
          if (!isDragged || width < 1) return;
          isDragged = false;
          onSelect(plot.posToVal(left, "x"), plot.posToVal(left + width, "x"));
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        }],
        drawClear: [(plot) => drawBreaks(plot, lines, edges())],
      },
    },
    dataOf(lines),
    parent,
  );
  plot.over.addEventListener("mousedown", () => isDragged = true);
  return plot;
}

/**
 * What uPlot draws of lines.
 *
 * @param {readonly ChartLine[]} lines
 * @returns {uPlot.AlignedData}
 */
export function dataOf(lines) {
  const [only] = lines;
  if (only && lines.length === 1) return [only.series.times, only.series.values];
  /** @type {typeof uPlot} */
  const Plot = Reflect.get(globalThis, "uPlot");
  return Plot.join(lines.map(({ series: { times, values } }) => [
    times.map((timeMs, index) => timeMs === times[index - 1] ? timeMs + BREAK_MS : timeMs),
    values,
  ]));
}

/**
 * Shades gaps, and marks points without a reading at the lower edge: both would look like nothing.
 *
 * @param {uPlot} plot
 * @param {readonly ChartLine[]} lines
 * @param {[startMs: number, endMs: number]} edges
 */
function drawBreaks(plot, lines, [startMs, endMs]) {
  const { ctx, bbox } = plot;
  const { warn, gap } = theme();
  /** @param {number} timeMs */
  const x = (timeMs) =>
    Math.min(Math.max(plot.valToPos(timeMs, "x", true), bbox.left), bbox.left + bbox.width);
  ctx.save();
  for (const { series } of lines) {
    const { noReadings, gaps } = series.breaks(startMs, endMs);
    ctx.fillStyle = gap;
    for (const [fromMs, toMs] of gaps.slice(0, MAX_MARKS)) {
      const left = x(fromMs);
      ctx.fillRect(left, bbox.top, Math.max(1, x(toMs) - left), bbox.height);
    }
    ctx.fillStyle = warn;
    const height = NO_READING_HEIGHT * devicePixelRatio;
    for (const timeMs of noReadings.slice(0, MAX_MARKS)) {
      ctx.fillRect(x(timeMs) - 1, bbox.top + bbox.height - height, 2, height);
    }
  }
  ctx.restore();
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

/**
 * @param {uPlot} plot
 * @param {readonly number[]} times
 */
function timeLabels(plot, times) {
  const stepMs = (times[1] ?? Infinity) - (times[0] ?? 0);
  const decimals = stepMs >= 1000 ? 0 : stepMs >= 100 ? 1 : stepMs >= 10 ? 2 : 3;
  return times.map((timeMs) => {
    // The width of the drawing itself is the old one while it is made larger.
    const isCut = plot.valToPos(timeMs, "x") > plot.width - AXIS_WIDTH - 32;
    return isCut ? "" : formatTime(timeMs, decimals);
  });
}
