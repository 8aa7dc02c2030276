/**
 * The times that devices give their values.
 *
 * @module
 */

import * as v from "valibot";
import { quote } from "../quote.ts";
import { Timestamp } from "../time/timestamp.ts";
import { FINDING, hasOneWay, ONE_WAY, WAYS } from "./text_finder.ts";
import { about, told } from "./told_schema.ts";

const NANOSECONDS = { s: 1_000_000_000, ms: 1_000_000, us: 1000, ns: 1 } as const;

const TimeUnit = about(
  "What a number counts since 1970; a text in ISO 8601 has none",
  v.picklist(["s", "ms", "us", "ns"]),
);

/** Where the time of a value is, and what a number there counts since 1970. */
export const OwnTime = v.pipe(
  v.strictObject({ ...FINDING, unit: v.optional(TimeUnit, "s") }),
  told({ oneOf: WAYS.map((way) => ({ required: [way] })) }),
  v.check((finding) => hasOneWay(finding), ONE_WAY),
);

/** What {@linkcode OwnTime} makes. */
export type OwnTime = v.InferOutput<typeof OwnTime>;

/**
 * Reads a time: a number since 1970, also as text, or ISO 8601 with a zone.
 *
 * @throws {SyntaxError | RangeError} If it is neither.
 */
export function readTime(found: unknown, unit: OwnTime["unit"]): Timestamp {
  const text = typeof found === "string" ? found.trim() : found;
  if (typeof text === "string" && !NUMBER.test(text)) return Timestamp.fromIso8601(text);
  if (typeof text !== "number" && typeof text !== "string") {
    throw new SyntaxError(`${quote(text)} is given, a time is required`);
  }
  return Timestamp.fromPosixNs(toNanoseconds(text, NANOSECONDS[unit]));
}

const NUMBER = /^\d{1,20}(?:\.\d{1,20})?$/;

// Nanoseconds since 1970 do not fit into a double: whole units and the rest are converted apart.
function toNanoseconds(time: number | string, unitNs: number): bigint {
  if (!(Math.abs(Number(time) * unitNs) < 2 ** 63)) {
    throw new RangeError(`${quote(time)} is given, a time since 1970 is required`);
  }
  const [whole, part] = typeof time === "string"
    ? [time.replace(/\..*/, ""), Number(time.replace(/^\d+/, "0"))]
    : [Math.trunc(time), time % 1];
  return BigInt(whole) * BigInt(unitNs) + BigInt(Math.round(part * unitNs));
}
