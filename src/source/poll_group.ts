/**
 * Metrics that are read together at a period.
 *
 * @module
 */

import { requirePrecision } from "../schedule/ticker.ts";
import type { Precision } from "../time/clock.ts";
import { requireDuration } from "../time/require_duration.ts";
import type { Duration, Timedelta } from "../time/timedelta.ts";
import type { Metadata } from "./metadata.ts";
import { chunkSizeFor, periodMetadata } from "./period.ts";

/** What a device says: a number for each metric, or why there is none. */
export type Readings = Readonly<Record<string, number | Error>>;

/** Metrics that are read together, at a period of their own: those of a device, or of one kind. */
export interface PollGroup {
  /** How the log calls it. Default: its metrics. */
  readonly name?: string | undefined;
  /** The time between two readings. */
  readonly period: Duration;
  /**
   * Whether it is read at round times of day, as `TicksOptions.align` tells, and its points have
   * these times. Otherwise the first reading is at once, and points have the time at which the
   * reading was there.
   * @default {false}
   */
  readonly align?: boolean | undefined;
  /**
   * How exactly readings begin on time, and at what cost: see `TicksOptions.precision`. Coarse,
   * because a device that is asked takes longer to answer than a finer wait could win.
   * @default {"coarse"}
   */
  readonly precision?: Precision | undefined;
  /**
   * How long a reading may take.
   * @default {10}
   */
  readonly timeout?: Duration | undefined;
  /**
   * The metrics it gives. Added to their metadata, unless they are there: `rate` and `interval`, and
   * `chunkSize`, with which they are sent about once a second.
   */
  readonly metrics: Readonly<Record<string, Metadata>>;
  /**
   * Takes one reading, and gives up when `signal` is aborted. A metric without a number in it gets
   * "no reading" (NaN), as all do when it throws. `undefined`: nothing to send yet.
   */
  read(signal: AbortSignal): Readings | undefined | Promise<Readings | undefined>;
  /**
   * The metadata of a metric that a reading has and `metrics` does not list, as only the device knows
   * it, such as a row of a table that grows. It is declared at once, which holds up nothing else, and
   * sent from then on. When it is missing in a later reading, "no reading" (NaN) is sent once. At most
   * 20 000 are taken. Default: such metrics are left out.
   */
  describe?(metric: string): Metadata;
}

const DEFAULT_TIMEOUT_SECONDS = 10;

/** A {@linkcode PollGroup} with its defaults. */
export interface CheckedGroup extends Pick<PollGroup, "metrics" | "read"> {
  readonly name: string;
  readonly period: Timedelta;
  readonly align: boolean;
  readonly precision: Precision;
  readonly timeout: Timedelta;
  readonly describe: ((metric: string) => Metadata) | undefined;
}

/**
 * Fills in the defaults.
 *
 * @throws {TypeError | RangeError | SyntaxError} When the period or the timeout is no duration above 0,
 * or the precision none.
 */
export function checkGroup(group: PollGroup): CheckedGroup {
  const { metrics } = group;
  const {
    name = Object.keys(metrics).join(", "),
    align = false,
    precision = "coarse",
    timeout = DEFAULT_TIMEOUT_SECONDS,
  } = group;
  const period = requireDuration(`Cannot poll ${name}`, group.period);
  return {
    name,
    period,
    align,
    precision: requirePrecision(precision),
    timeout: requireDuration(`Cannot use timeout of ${name}`, timeout),
    metrics,
    read: (signal) => group.read(signal),
    describe: group.describe && ((metric) => completed(period, group.describe?.(metric) ?? {})),
  };
}

/**
 * The metadata to declare for groups.
 *
 * @throws {RangeError} When two groups have the same metric.
 */
export function declarations(groups: readonly CheckedGroup[]): Record<string, Metadata> {
  const all: Record<string, Metadata> = {};
  for (const { period, metrics } of groups) {
    for (const [name, metadata] of Object.entries(metrics)) {
      if (Object.hasOwn(all, name)) {
        throw new RangeError(`Cannot use metric "${name}": it is there twice, once is required`);
      }
      all[name] = completed(period, metadata);
    }
  }
  return all;
}

function completed(period: Timedelta, metadata: Metadata): Metadata {
  return { ...periodMetadata(period), chunkSize: chunkSizeFor(period), ...metadata };
}
