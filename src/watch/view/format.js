// @ts-check

/**
 * Numbers and times as people read them.
 *
 * @module
 */

/** What stands for something that is not known. */
export const UNKNOWN = "–";

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/**
 * A value with about five digits: steady to look at, and no more exact than it is.
 *
 * @param {number | undefined} value
 */
export function formatValue(value) {
  if (value === undefined) return UNKNOWN;
  if (Number.isNaN(value)) return "no reading";
  const size = Math.abs(value);
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (size >= 1e9 || (size > 0 && size < 1e-4)) return value.toExponential(3);
  if (Number.isInteger(value) || size >= 1e5) return whole.format(value);
  if (size >= 1000) return tenths.format(value);
  return size < 0.01
    ? value.toPrecision(3)
    : value.toFixed(size < 1 ? 4 : 4 - Math.floor(Math.log10(size)));
}

/**
 * A measured rate, without its unit.
 *
 * @param {number} rate
 */
export function formatRate(rate) {
  if (rate === 0) return "0";
  if (rate < 1) return rate.toFixed(3);
  if (rate < 10) return rate.toFixed(2);
  return rate < 100 ? rate.toFixed(1) : whole.format(rate);
}

/**
 * A declared rate, exactly, without its unit.
 *
 * @param {number} rate
 */
export function formatDeclared(rate) {
  return rate >= 1000 ? whole.format(rate) : String(Number(rate.toPrecision(4)));
}

/**
 * A short time in the unit that fits.
 *
 * @param {number | undefined} durationMs
 */
export function formatDelay(durationMs) {
  if (durationMs === undefined) return UNKNOWN;
  const size = Math.abs(durationMs);
  if (size < 10) return `${durationMs.toFixed(1)} ms`;
  if (size < 1000) return `${durationMs.toFixed(0)} ms`;
  if (size < 120_000) return `${(durationMs / 1000).toFixed(1)} s`;
  return `${(durationMs / 60_000).toFixed(0)} min`;
}

/**
 * A long time in its two largest units.
 *
 * @param {number} seconds
 */
export function formatUptime(seconds) {
  const total = Math.max(0, Math.floor(seconds));
  const parts = /** @type {const} */ ([
    [Math.floor(total / 86_400), "d"],
    [Math.floor(total / 3600) % 24, "h"],
    [Math.floor(total / 60) % 60, "min"],
    [total % 60, "s"],
  ]);
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return "0 s";
  return parts.slice(first, first + 2).filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`).join(" ");
}

/**
 * How long a part of a chart is.
 *
 * @param {number} spanMs
 */
export function formatSpan(spanMs) {
  if (spanMs < 1000) return `${Number(spanMs.toPrecision(3))} ms`;
  if (spanMs < 60_000) return `${Number((spanMs / 1000).toPrecision(3))} s`;
  return formatUptime(spanMs / 1000);
}

/**
 * The local time of day.
 *
 * @param {number} timeMs
 * @param {number} [decimals] Of the seconds, up to 3.
 */
export function formatTime(timeMs, decimals = 0) {
  const date = new Date(Math.round(timeMs)); // Date itself cuts, and makes 14.9999 a 14
  /** @param {number} number */
  const two = (number) => String(number).padStart(2, "0");
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
  if (decimals === 0) return time;
  return `${time}.${String(date.getMilliseconds()).padStart(3, "0").slice(0, decimals)}`;
}

/**
 * A JSON value as text: metadata may hold any value where a text belongs.
 *
 * @param {unknown} value
 */
export function asText(value) {
  if (typeof value === "string") return value;
  return value === undefined || value === null ? "" : JSON.stringify(value);
}

/**
 * How far a clock is ahead or behind, with how surely that is known.
 *
 * @param {{ offsetMs: number, uncertaintyMs: number }} clock
 */
export function formatOffset({ offsetMs, uncertaintyMs }) {
  const size = Math.abs(offsetMs);
  const text = size < 120_000 ? formatDelay(size) : formatUptime(size / 1000);
  return `${text} ${offsetMs < 0 ? "behind" : "ahead"}, ± ${formatDelay(uncertaintyMs)}`;
}

/**
 * Since when: the time of day, or the day where that is another.
 *
 * @param {number} timeMs
 * @param {number} nowMs
 */
export function formatSince(timeMs, nowMs) {
  const date = new Date(timeMs);
  if (Number.isNaN(date.getTime())) return UNKNOWN;
  if (date.toDateString() === new Date(nowMs).toDateString()) return formatTime(timeMs);
  /** @param {number} number */
  const two = (number) => String(number).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
