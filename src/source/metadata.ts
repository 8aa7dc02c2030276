/**
 * Metadata of metrics.
 *
 * @module
 */

/**
 * What is said about a metric when it is declared. Any further fields are passed on as they are.
 *
 * @example
 * ```ts
 * import type { Metadata } from "@metricq/source";
 *
 * const power: Metadata = { description: "Power of rack 1", unit: "W", rate: 10, rack: 1 };
 * ```
 */
export interface Metadata {
  /** What is measured, in words. */
  readonly description?: string | undefined;
  /** The SI symbol of the unit, such as `"W"`; `""` for a number without one. */
  readonly unit?: string | undefined;
  /** Points per second, in Hz. */
  readonly rate?: number | undefined;
  /** The exact time between points, such as `"3s"`. */
  readonly interval?: string | undefined;
  /** What a value is valid for: the time since the last point, until the next, or the point itself. */
  readonly scope?: "last" | "next" | "point" | undefined;
  /** The physical quantity, such as `"power"`. */
  readonly quantity?: string | undefined;
  /** Further fields: what JSON can carry. */
  readonly [field: string]: unknown;
}
