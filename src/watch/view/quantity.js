// @ts-check

/**
 * Values with their unit, and a prefix of the SI where the unit takes one.
 *
 * @module
 */

import { formatValue } from "./format.js";

/** Units that are written with a prefix. Others, such as "%", "°C" or "kWh", stay as they are. */
const PREFIXABLE = new Set([
  ..."A b B bit bps F g Gy H Hz J K lm lx m mol N Pa s S T V W Wb".split(" "),
  ..."byte bytes Byte Bytes Bit bits flop flops Flop FLOP Flops FLOPS IOPS op ops pkt".split(" "),
  ..."packets Ohm Ω VA VAr Var var VAh Wh eV cd C sr rad Sv Bq B/s".split(" "),
]);

/** Units that are counted: a thousandth of one says nothing. */
const WHOLE = /^(?:b|B|[Bb]its?|[Bb]ytes?|bps|[Ff]lops?|FLOPS?|IOPS|ops?|pkt|packets)(?:\/|$)/;

/** Of what is long, people say minutes and days, not kiloseconds. */
const NEVER_LARGE = /^s$/;

const PREFIXES = /** @type {const} */ ([
  [1e15, "P"],
  [1e12, "T"],
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
  [1, ""],
  [1e-3, "m"],
  [1e-6, "µ"],
  [1e-9, "n"],
  [1e-12, "p"],
]);

/**
 * The prefix with which a unit is written for values of a size, and what it stands for.
 *
 * @param {number} size The largest of the values.
 * @param {string} unit
 * @returns {readonly [factor: number, prefix: string]}
 */
export function prefixOf(size, unit) {
  const [base = ""] = unit.split("/", 1);
  const magnitude = Math.abs(size);
  if (!PREFIXABLE.has(base) || !Number.isFinite(magnitude) || magnitude === 0) return [1, ""];
  // What is shown with four digits may round up to the next prefix: 999.96 W is 1 kW.
  const rounded = Number(magnitude.toPrecision(4));
  const found = PREFIXES.find(([factor]) => rounded >= factor) ?? [1e-12, "p"];
  if (found[0] < 1 && WHOLE.test(unit)) return [1, ""];
  if (found[0] > 1 && NEVER_LARGE.test(unit)) return [1, ""];
  return found;
}

/**
 * A value and its unit, such as "23.13 GB".
 *
 * @param {number | undefined} value
 * @param {string} unit `""` for none.
 */
export function formatQuantity(value, unit) {
  if (value === undefined || !Number.isFinite(value)) return formatValue(value);
  return quantityParts(value, unit).join(" ").trimEnd();
}

/**
 * A value, and its unit with a prefix.
 *
 * @param {number | undefined} value
 * @param {string} unit `""` for none.
 * @returns {[value: string, unit: string]}
 */
export function quantityParts(value, unit) {
  if (unit === "" || value === undefined) return [formatValue(value), unit];
  const [factor, prefix] = prefixOf(value, unit);
  return [factor === 1 ? formatValue(value) : digits(value / factor), `${prefix}${unit}`];
}

/**
 * The marks of an axis, with as many decimals as tell them apart, and the unit that all of them have.
 *
 * @param {readonly number[]} marks
 * @param {string} unit
 * @returns {{ texts: string[], unit: string }}
 */
export function formatMarks(marks, unit) {
  const size = Math.max(...marks.map(Math.abs));
  const [factor, prefix] = prefixOf(size, unit);
  return { texts: marks.map((mark) => plain(mark / factor)), unit: `${prefix}${unit}` };
}

/** @param {number} value */
function digits(value) {
  const size = Math.abs(value);
  return value.toFixed(size < 9.9995 ? 3 : size < 99.995 ? 2 : 1);
}

/** @param {number} value */
function plain(value) {
  const size = Math.abs(value);
  if (size >= 1e7 || (size > 0 && size < 1e-4)) return value.toExponential(1);
  return String(Number(value.toPrecision(6)));
}
