/**
 * Instants of other kinds than `Timestamp`, and how to convert them.
 *
 * @module
 */

import { quote } from "../quote.ts";

/**
 * What has an instant in nanoseconds since 1970: a `Temporal.Instant` or `Temporal.ZonedDateTime`.
 */
export interface Instant {
  /** The nanoseconds. */
  readonly epochNanoseconds: bigint;
}

/** `Temporal.Instant` where TypeScript knows it, otherwise `unknown`. */
export type TemporalInstant = typeof globalThis extends
  { readonly Temporal: { readonly Instant: { fromEpochNanoseconds(ns: bigint): infer Made } } }
  ? Made
  : unknown;

/** Whether something is an {@linkcode Instant}. */
export function isInstant(value: unknown): value is Instant {
  return typeof value === "object" && value !== null && "epochNanoseconds" in value &&
    typeof value.epochNanoseconds === "bigint";
}

/** The error for what is given in a Timestamp's place; it names the way to make one of it. */
export function timestampRequired(action: string, given: unknown): TypeError {
  const [shown, way] = describeTime(given);
  const hint = way === undefined ? "" : `: ${way} makes one`;
  return new TypeError(`${action}: ${shown} is given, a Timestamp is required${hint}`);
}

function describeTime(given: unknown): [shown: string, way?: string] {
  switch (typeof given) {
    case "number":
      return [quote(given), "Timestamp.fromPosixMs or Timestamp.fromPosixSeconds"];
    case "bigint":
      return [quote(given), "Timestamp.fromPosixNs"];
    case "string":
      return [quote(given), "Timestamp.fromIso8601"];
  }
  const tag = Object.prototype.toString.call(given).slice("[object ".length, -1);
  const shown = tag === "Date" || tag.startsWith("Temporal.") ? `a ${tag}` : quote(given);
  return given instanceof Date || isInstant(given) ? [shown, "Timestamp.from"] : [shown];
}
