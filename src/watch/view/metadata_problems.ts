/**
 * What metadata and names alone tell of metrics.
 *
 * @module
 */

import { isRecommendedName, isSubscribable } from "../../chunk/metric_name.ts";
import { type JsonObject, type JsonValue, kindOf } from "../../rpc/json.ts";
import { Timedelta } from "../../time/timedelta.ts";
import { quote } from "../../quote.ts";
import type { ProblemKind } from "./problem_kind.ts";

/** The kinds that are found here; each has a bit of a number, so that 100 000 metrics take little room. */
export const METADATA_KINDS = [
  "name-unusable",
  "rate-wrong",
  "source-missing",
  "unit-missing",
  "rate-missing",
  "description-missing",
  "name-unusual",
] as const satisfies readonly ProblemKind[];

const bit = (kind: typeof METADATA_KINDS[number]) => 1 << METADATA_KINDS.indexOf(kind);

const MAX_DATE_CHARACTERS = 40;
// By how much rate and interval may differ: both are rounded.
const RATE_TOLERANCE = 0.01;

/** The problems of a metric, as the sum of their bits. */
export function metadataProblems(name: string, metadata: JsonObject): number {
  const { source, unit, description } = metadata;
  let found = 0;
  if (!isSubscribable(name)) found |= bit("name-unusable");
  else if (!isRecommendedName(name)) found |= bit("name-unusual");
  if (!isFilled(source)) found |= bit("source-missing");
  // "" is the unit of numbers without a dimension.
  if (typeof unit !== "string") found |= bit("unit-missing");
  if (!isFilled(description)) found |= bit("description-missing");
  if (isAbsent(metadata.rate) && isAbsent(metadata.interval)) found |= bit("rate-missing");
  else if (rateFault(metadata) !== undefined) found |= bit("rate-wrong");
  return found;
}

/** The kinds in a sum of bits. */
export function kindsIn(problems: number): readonly ProblemKind[] {
  return METADATA_KINDS.filter((kind) => (problems & bit(kind)) !== 0);
}

/** What is wrong in particular; `""` where the kind says it all. */
export function metadataDetail(kind: ProblemKind, metadata: JsonObject): string {
  if (kind === "rate-wrong") return rateFault(metadata) ?? "";
  const field =
    { "unit-missing": "unit", "description-missing": "description", "source-missing": "source" }[
      String(kind)
    ];
  const value = field === undefined ? undefined : metadata[field];
  if (field === undefined || isAbsent(value)) return "";
  return typeof value === "string" ? `its ${field} is empty` : `its ${field} is ${kindOf(value)}`;
}

/** When a metric was declared last, in ms since the Unix epoch, by the manager's `date`. */
export function declaredMs({ date }: JsonObject): number | undefined {
  if (typeof date !== "string" || date.length > MAX_DATE_CHARACTERS) return undefined;
  const timeMs = Date.parse(date);
  return Number.isNaN(timeMs) ? undefined : timeMs;
}

/** When a metric was archived, in ms since the Unix epoch; `NaN` if that is not known, `undefined` if it was not. */
export function archivedMs({ archived }: JsonObject): number | undefined {
  if (isAbsent(archived) || archived === false || archived === "") return undefined;
  return typeof archived === "string" && archived.length <= MAX_DATE_CHARACTERS
    ? Date.parse(archived)
    : NaN;
}

function rateFault({ rate, interval }: JsonObject): string | undefined {
  if (!isAbsent(rate)) {
    if (typeof rate !== "number") return `its rate is ${kindOf(rate)}, a number is required`;
    if (rate <= 0) return `its rate is ${rate} Hz, more than 0 is required`;
  }
  if (isAbsent(interval)) return undefined;
  const intervalSeconds = secondsOf(interval);
  if (intervalSeconds === undefined || intervalSeconds <= 0) {
    return `its interval is ${
      typeof interval === "string" ? quote(interval) : kindOf(interval)
    }, a duration such as "10s" is required`;
  }
  if (typeof rate !== "number" || Math.abs(rate * intervalSeconds - 1) < RATE_TOLERANCE) {
    return undefined;
  }
  return `its rate is ${rate} Hz and its interval ${intervalSeconds} s`;
}

function secondsOf(interval: JsonValue | undefined): number | undefined {
  // The reference takes a number of seconds, too.
  if (typeof interval === "number") return interval;
  if (typeof interval !== "string" || interval.length > MAX_DATE_CHARACTERS) return undefined;
  try {
    return Timedelta.fromString(interval).s;
  } catch {
    return undefined;
  }
}

function isAbsent(value: JsonValue | undefined): value is undefined | null {
  return value === undefined || value === null;
}

function isFilled(value: JsonValue | undefined): boolean {
  return typeof value === "string" && value.trim() !== "";
}
