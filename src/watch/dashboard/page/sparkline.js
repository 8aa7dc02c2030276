// @ts-check
/// <reference lib="dom" />

/**
 * A line without axes, the size of a word.
 *
 * @module
 */

/** @import { Series } from "./series.js" */
import { theme } from "./theme.js";

/** How far back sparklines go. */
export const SPARKLINE_MS = 60_000;
/** The size in the style sheet. */
export const SPARKLINE_WIDTH = 98;
const HEIGHT = 26;
const MARGIN = 2;

/**
 * Draws a series up to `nowMs`.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {Series} series
 * @param {number} nowMs
 */
export function drawSparkline(canvas, { times, values }, nowMs) {
  const scale = devicePixelRatio;
  if (canvas.width !== Math.round(SPARKLINE_WIDTH * scale)) {
    canvas.width = Math.round(SPARKLINE_WIDTH * scale);
    canvas.height = Math.round(HEIGHT * scale);
  }
  const context = canvas.getContext("2d");
  if (!context) return;
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, SPARKLINE_WIDTH, HEIGHT);
  const startMs = nowMs - SPARKLINE_MS;
  const { lowest, highest } = extremes(times, values, startMs);
  if (lowest > highest) return;
  const flat = lowest === highest;
  context.strokeStyle = theme().accent;
  context.lineWidth = 1.25;
  context.lineJoin = "round";
  context.beginPath();
  let isBroken = true;
  for (let index = 0; index < times.length; index++) {
    const value = values[index] ?? null;
    const timeMs = times[index] ?? 0;
    if (timeMs < startMs) continue;
    if (value === null) {
      isBroken = true;
      continue;
    }
    const x = MARGIN + (timeMs - startMs) / SPARKLINE_MS * (SPARKLINE_WIDTH - 2 * MARGIN);
    const part = flat ? 0.5 : (value - lowest) / (highest - lowest);
    const y = HEIGHT - MARGIN - part * (HEIGHT - 2 * MARGIN);
    if (isBroken) context.moveTo(x, y);
    else context.lineTo(x, y);
    isBroken = false;
  }
  context.stroke();
}

/**
 * @param {number[]} times
 * @param {(number | null)[]} values
 * @param {number} startMs
 */
function extremes(times, values, startMs) {
  let lowest = Infinity;
  let highest = -Infinity;
  values.forEach((value, index) => {
    if (value === null || (times[index] ?? 0) < startMs) return;
    if (value < lowest) lowest = value;
    if (value > highest) highest = value;
  });
  return { lowest, highest };
}
