/**
 * The texts that the terminal shows of a metric.
 *
 * @module
 */

import { formatDeclared, formatRate, formatValue } from "../view/format.js";
import type { MetricView } from "../view/network_view.ts";
import { rateState } from "../view/summary.ts";
import { harmless } from "./text_width.ts";

/** The newest value. */
export function valueText({ last }: MetricView): string {
  return formatValue(last?.value);
}

/** The unit, or nothing. */
export function unitText({ metadata: { unit } }: MetricView): string {
  return typeof unit === "string" ? harmless(unit) : "";
}

/** The measured rate and, where it differs from it, the declared one. */
export function rateText(metric: MetricView): string {
  const { ratePerSecond, declaredRatePerSecond: declared = 0 } = metric;
  const measured = `${formatRate(ratePerSecond)} Hz`;
  switch (rateState(metric)) {
    case "silent":
      return "silent";
    case "gone":
      return "not declared";
    case "low":
      return `▼ ${measured} of ${formatDeclared(declared)}`;
    case "high":
      return `▲ ${measured} of ${formatDeclared(declared)}`;
    default:
      return measured;
  }
}
