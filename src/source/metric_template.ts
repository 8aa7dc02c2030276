/**
 * Names of metrics that are put together from a configuration.
 *
 * @module
 */

import { checkMetricName } from "../metric_name.ts";

/**
 * The name of a metric from a template, such as `"{prefix}.{host}.power"`. Of the values, whatever
 * the name of a metric cannot hold becomes `_`, as in `node-1`; dots are kept, so that a value may
 * be several parts of the name.
 *
 * @param template The name, with placeholders in braces.
 * @param values What the placeholders stand for.
 * @throws {RangeError} When a placeholder has no value, or the name breaks the rules for metrics.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { metricName } from "@metricq/source";
 *
 * const values = { prefix: "example.rack1", host: "node-7" };
 * assert.equal(metricName("{prefix}.{host}.power", values), "example.rack1.node_7.power");
 * ```
 */
export function metricName(
  template: string,
  values: Readonly<Record<string, string | number>>,
): string {
  const name = template.replaceAll(/\{([^{}]*)\}/g, (placeholder, key: string) => {
    const value = Object.hasOwn(values, key) ? values[key] : undefined;
    if (value === undefined) {
      const known = Object.keys(values).map((one) => `{${one}}`).join(", ");
      throw new RangeError(
        `Cannot make metric name: "${placeholder}" of "${template}" is given, one of ${known} is required`,
      );
    }
    return String(value).replaceAll(/[^a-zA-Z0-9_.]/g, "_");
  });
  checkMetricName(name);
  return name;
}
