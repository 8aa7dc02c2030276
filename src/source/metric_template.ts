/**
 * Names of metrics, and other texts, that are put together from a configuration.
 *
 * @module
 */

import { checkMetricName } from "../chunk/metric_name.ts";

/**
 * The name of a metric from a template, such as `"{prefix}.{host}.power"`. The values stay as they
 * are: one with dots becomes several parts of the name.
 *
 * @param template The name, with placeholders in braces.
 * @param values What the placeholders stand for.
 * @throws {RangeError} If a placeholder has no value, or the network cannot carry the name.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { metricName } from "@metricq/source";
 *
 * const values = { prefix: "example.rack1", host: "node-7" };
 * assert.equal(metricName("{prefix}.{host}.power", values), "example.rack1.node-7.power");
 * ```
 */
export function metricName(
  template: string,
  values: Readonly<Record<string, string | number>>,
): string {
  const name = fill("Cannot make metric name", template, values);
  checkMetricName(name);
  return name;
}

/**
 * A text from a template, such as the description `"Power of {host} in rack {rack}"`, with the values
 * as they are.
 *
 * @param template The text, with placeholders in braces.
 * @param values What the placeholders stand for.
 * @throws {RangeError} If a placeholder has no value.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { fillTemplate } from "@metricq/source";
 *
 * const values = { host: "node-7", rack: 12 };
 * assert.equal(fillTemplate("Power of {host}, rack {rack}", values), "Power of node-7, rack 12");
 * ```
 */
export function fillTemplate(
  template: string,
  values: Readonly<Record<string, string | number>>,
): string {
  return fill("Cannot fill template", template, values);
}

function fill(
  action: string,
  template: string,
  values: Readonly<Record<string, string | number>>,
): string {
  return template.replaceAll(/\{([^{}]*)\}/g, (placeholder, key: string) => {
    const value = Object.hasOwn(values, key) ? values[key] : undefined;
    if (value !== undefined) return String(value);
    const known = Object.keys(values).map((one) => `{${one}}`).join(", ");
    throw new RangeError(
      `${action}: "${placeholder}" of "${template}" is given, ${
        known === "" ? "no placeholder is known" : `one of ${known} is required`
      }`,
    );
  });
}
