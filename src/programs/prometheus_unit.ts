/**
 * Units of what exporters measure, which their names end with.
 *
 * @module
 */

import type { Sample } from "./prometheus_text.ts";

/** Base units of Prometheus and OpenMetrics, as MetricQ calls them. */
const UNITS: Readonly<Record<string, string>> = {
  seconds: "s",
  bytes: "B",
  celsius: "°C",
  volts: "V",
  amperes: "A",
  joules: "J",
  watts: "W",
  meters: "m",
  grams: "g",
  hertz: "Hz",
  ratio: "",
  info: "",
};

const PER_SECOND: Readonly<Record<string, string>> = { s: "", J: "W" };

/** Endings that stand behind the unit in a name. */
const ENDING = /(?:_total|_created|_bucket|_g?sum|_g?count|_info)$/;

/**
 * The unit of a sample, `undefined` if nothing tells it.
 *
 * @param isRate Whether what is sent is how much the sample grows per second.
 */
export function unitOf({ family, name, suffix }: Sample, isRate: boolean): string | undefined {
  const word = family.unit || name.replace(ENDING, "").split("_").at(-1) || "";
  // However long or large the things are that are counted, it is a number of them.
  const isCount = /^_(?:g?count|bucket)$/.test(suffix);
  const unit = isCount ? undefined : Object.hasOwn(UNITS, word) ? UNITS[word] : family.unit;
  if (!isRate) return isCount ? "" : unit;
  return PER_SECOND[unit ?? ""] ?? (unit ? `${unit}/s` : "1/s");
}
