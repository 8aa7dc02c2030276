/**
 * Metrics that are read together at a period.
 *
 * @module
 */

import { type OptionNames, refuseMisspelt } from "../option_names.ts";
import { quote } from "../quote.ts";
import { redactUrl } from "../redact_url.ts";
import { copyJsonObject, isPlainObject } from "../rpc/json.ts";
import { checkOffset, requirePrecision } from "../schedule/ticker.ts";
import type { Precision } from "../time/clock.ts";
import { requireDuration } from "../time/require_duration.ts";
import type { Duration, Timedelta } from "../time/timedelta.ts";
import type { Metadata } from "./metadata.ts";
import { chunkSizeFor, periodMetadata } from "./period.ts";
import type { Readings } from "./readings.ts";

/** The metadata of metrics, by their names. */
export type MetricsMetadata = Readonly<Record<string, Metadata>>;

/** Metrics that are read together, at a period of their own: those of a device, or of one kind. */
export interface PollGroup<Metrics extends MetricsMetadata = MetricsMetadata> {
  /**
   * Its name in the log.
   * @default {its metrics}
   */
  readonly name?: string | undefined;
  /** The time between two readings. */
  readonly period: Duration;
  /**
   * Whether it is read at round times of day, as `TicksOptions.align` tells. Otherwise the first
   * reading is at once.
   * @default {false}
   */
  readonly align?: boolean | undefined;
  /**
   * How much later than round times aligned readings are, below the period. `"spread"`: a part of the
   * period that follows from the source's token and the group's name, so that a thousand hosts do not
   * ask together at :00.
   * @default {0}
   */
  readonly offset?: Duration | "spread" | undefined;
  /**
   * The time of its points, but for values that have times of their own: `"asked"`, shortly before
   * `read` is called, of an aligned group the round time; or `"answered"`, when the reading is there.
   * @default {"asked"}
   */
  readonly time?: PointTime | undefined;
  /**
   * How exactly readings begin on time, and at what cost: see `TicksOptions.precision`. Coarse for
   * periods from 20 ms on, because a device that is asked takes longer to answer than a finer wait
   * could win; below that a coarse wait would miss deadlines.
   * @default {"coarse", below 20 ms "fine"}
   */
  readonly precision?: Precision | undefined;
  /**
   * The device that it is read from. Groups with the same one are read one at a time, and when all of
   * them fail, the log tells it once, and one attempt stands for all.
   * @default {a device of its own}
   */
  readonly device?: string | undefined;
  /**
   * The longest time for which a device that fails is left alone: a period after the first failure,
   * then two, four, and so on up to this. Meanwhile "no reading" (NaN) is sent.
   * @default {none: it is read again at the next deadline}
   */
  readonly backoff?: Duration | undefined;
  /**
   * Whether a reading with the same numbers as the one before is left out, but no more than one in a
   * row: for a device that is asked twice as often as it measures, so that no value is missed. A value
   * with a time of its own is sent once for each time in any case.
   * @default {false}
   */
  readonly skipRepeated?: boolean | undefined;
  /**
   * How long a reading may take.
   * @default {10}
   */
  readonly timeout?: Duration | undefined;
  /**
   * The metrics it gives. Added to their metadata, unless they are there: `rate` and `interval`, and
   * `chunkSize`, with which they are sent about once a second; another one that is there is used.
   */
  readonly metrics: Metrics;
  /**
   * Takes one reading, and gives up when `signal` is aborted: a {@linkcode Reading} of each of the
   * metrics. One of which there is none, or something else than a number, gets "no reading" (NaN), and
   * the log tells once which, and why; as all do when it throws. `null` is "no reading" of all,
   * `undefined` nothing to send yet.
   */
  read(
    signal: AbortSignal,
  ): NoInfer<PolledReadings<Metrics>> | PromiseLike<NoInfer<PolledReadings<Metrics>>>;
  /**
   * The metadata of a metric that a reading has and `metrics` does not list, which the device knows,
   * such as a row of a table that grows. It is declared at once, which holds up nothing else, and
   * sent from then on. When it is missing in a later reading, "no reading" (NaN) is sent once. At most
   * 20 000 such metrics are declared; without this method they are not.
   */
  describe?(metric: string): Metadata;
}

/** The names of {@linkcode PollGroup}. */
export const GROUP_OPTIONS: OptionNames<PollGroup> = {
  name: true,
  period: true,
  align: "boolean",
  offset: true,
  time: true,
  precision: true,
  device: true,
  backoff: true,
  skipRepeated: "boolean",
  timeout: true,
  metrics: true,
  read: true,
  describe: true,
};

/** What a group's `read` gives: the names are those of its metrics, where TypeScript knows them. */
export type PolledReadings<Metrics extends MetricsMetadata = MetricsMetadata> =
  | (Metrics extends unknown ? Readings<
      [keyof Metrics] extends [never] ? string : {
        // Without those that another group of a union has, and this one has not.
        [Name in keyof Metrics]: [Metrics[Name]] extends [undefined] ? never : Name & string;
      }[keyof Metrics]
    >
    : never)
  | null
  | undefined;

/** What `PollingSource.poll` takes; what the `read` of a group has to give is {@linkcode CheckedRead}'s affair. */
export interface AnyPollGroup extends Omit<PollGroup, "read"> {
  /** As {@linkcode PollGroup}'s. */
  read(signal: AbortSignal): unknown;
}

/**
 * What a group has to be by its own `metrics`, which are the names of what its `read` gives. One with
 * a method `describe` may give others as well.
 */
export type CheckedRead<Group> = Group extends
  { metrics: infer Metrics extends MetricsMetadata; read(signal: AbortSignal): infer Given }
  ? PollGroup<Metrics> & {
    readonly read: Group extends { describe: unknown } ? unknown
      : NoSurplus<Surplus<Awaited<Given>, Metrics>>;
  }
  // Not PollGroup, whose `read` would make TypeScript infer its own result from that.
  : AnyPollGroup;

/** What makes a compile error of surplus names. */
export type NoSurplus<Name> = [Name] extends [never] ? unknown : { readonly surplusName: Name };

/** The names in readings that are not those of metrics, where TypeScript knows these. */
export type Surplus<Given, Metrics> = Given extends object ? [keyof Metrics] extends [never] ? never
  : string extends keyof Given ? never
  : Exclude<keyof Given, keyof Metrics>
  : never;

/** Which time the points of a reading have. */
export type PointTime = "asked" | "answered";

const DEFAULT_TIMEOUT_SECONDS = 10;
// A coarse wait is up to 2 ms late, and that is a tenth of this.
const COARSE_FROM_MS = 20;

/** A {@linkcode PollGroup} with its defaults. */
export interface CheckedGroup extends Pick<PollGroup, "metrics" | "read"> {
  readonly name: string;
  readonly period: Timedelta;
  readonly align: boolean;
  readonly offset: Timedelta;
  readonly time: PointTime;
  readonly precision: Precision;
  readonly timeout: Timedelta;
  readonly device: string | undefined;
  readonly backoff: Timedelta | undefined;
  readonly skipRepeated: boolean;
  readonly describe: ((metric: string) => Metadata) | undefined;
}

/**
 * Fills in the defaults.
 *
 * @param token The source's, from which the offset of spread groups follows.
 * @throws {TypeError | RangeError | SyntaxError} If a duration is none above 0, the offset not below
 * the period, or precision or time not one of the texts.
 */
export function checkGroup(group: PollGroup, token: string): CheckedGroup {
  checkShape(group);
  const { metrics, name = Object.keys(metrics).join(", "), align = false, time = "asked" } = group;
  const { timeout = DEFAULT_TIMEOUT_SECONDS, backoff, device, skipRepeated = false } = group;
  const period = requireDuration(`Cannot poll ${name}`, group.period);
  const { precision = period.ms < COARSE_FROM_MS ? "fine" : "coarse" } = group;
  const offset = group.offset === "spread" ? spread(`${token} ${name}`, period) : group.offset;
  if (time !== "asked" && time !== "answered") {
    throw new TypeError(
      `Cannot poll ${name}: time ${quote(time)} is given, "asked" or "answered" is required`,
    );
  }
  return {
    // It may be the address of a device, with a key to it.
    name: redactUrl(name),
    period,
    align,
    offset: checkOffset(offset, period, align),
    time,
    precision: requirePrecision(precision),
    timeout: requireDuration(`Cannot use timeout of ${name}`, timeout),
    device,
    backoff: backoff === undefined
      ? undefined
      : requireDuration(`Cannot use backoff of ${name}`, backoff),
    skipRepeated,
    metrics,
    read: (signal) => group.read(signal),
    describe: group.describe && ((metric) => completed(period, group.describe?.(metric) ?? {})),
  };
}

/** What TypeScript would have refused. */
function checkShape(group: PollGroup): void {
  if (typeof group !== "object" || group === null) {
    throw new TypeError(`Cannot poll: ${quote(group)} is given, a group is required`);
  }
  const { name, metrics, read, describe, device } = group;
  const what = name === undefined ? "poll" : `poll ${name}`;
  refuseMisspelt(what, group, GROUP_OPTIONS);
  const action = `Cannot ${what}`;
  if (!isPlainObject(metrics)) {
    const [example = "lab.power"] = Array.isArray(metrics) ? metrics : [metrics];
    throw new TypeError(
      `${action}: metrics is ${quote(metrics)}, metadata by name is required: { ${
        quote(typeof example === "string" ? example : "lab.power")
      }: {} }`,
    );
  }
  if (typeof read !== "function") {
    throw new TypeError(`${action}: read is ${quote(read)}, a function is required`);
  }
  if (describe !== undefined && typeof describe !== "function") {
    throw new TypeError(`${action}: describe is ${quote(describe)}, a function is required`);
  }
  for (const [field, text] of Object.entries({ name, device })) {
    if (text === undefined || typeof text === "string") continue;
    throw new TypeError(`${action}: ${field} is ${quote(text)}, a text is required`);
  }
}

/** A part of a period that is another for each text, and the same at every start. */
function spread(text: string, period: Timedelta): Timedelta {
  // FNV-1a, which spreads texts that differ in one digit over the whole range.
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return period.multiply((hash >>> 0) / 2 ** 32);
}

/**
 * The metadata to declare for groups.
 *
 * @throws {RangeError} If two groups have the same metric.
 */
export function declarations(groups: readonly CheckedGroup[]): Record<string, Metadata> {
  const all: Record<string, Metadata> = {};
  for (const { period, metrics } of groups) {
    for (const [name, metadata] of Object.entries(metrics)) {
      if (Object.hasOwn(all, name)) {
        throw new RangeError(`Cannot use metric "${name}": it is there twice, once is required`);
      }
      all[name] = completed(period, copyJsonObject(metadata, `metadata of metric "${name}"`));
    }
  }
  return all;
}

function completed(period: Timedelta, metadata: Metadata): Metadata {
  return { ...periodMetadata(period), chunkSize: chunkSizeFor(period), ...metadata };
}
