/**
 * What the configurations of these programs have in common.
 *
 * @module
 */

import * as v from "valibot";
import { errorText } from "../rpc/message.ts";
import { hostName } from "../cli/placeholders.ts";
import { metricName } from "../config/metric_template.ts";
import { type PeriodConfig, readPeriod } from "../config/period.ts";
import { Timedelta } from "../time/timedelta.ts";

/** Requires of a value that a function takes it without throwing; the error says what is wrong. */
export function accepts<Value>(take: (value: Value) => void): v.RawCheckAction<Value> {
  return v.rawCheck<Value>(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    try {
      take(dataset.value);
    } catch (error) {
      // The name of the field stands before it: once is enough for "Cannot read …".
      addIssue({ message: errorText(error).replace(/^Cannot [^:]*: /, "") });
    }
  });
}

const NumberOrText = v.union([v.number(), v.string()]);

/** The fields in which a configuration tells a period. */
export const PERIOD = {
  interval: v.optional(v.pipe(NumberOrText, accepts((interval) => void readPeriod({ interval })))),
  period: v.optional(v.pipe(NumberOrText, accepts((period) => void readPeriod({ period })))),
  rate: v.optional(v.pipe(NumberOrText, accepts((rate) => void readPeriod({ rate })))),
};

/** A period above 0 as a Timedelta. */
export const Timeout = v.pipe(
  NumberOrText,
  accepts((interval) => void readPeriod({ interval })),
  v.transform((timeout) => Timedelta.from(timeout)),
);

/** How long a reading may take unless its configuration says otherwise. */
export const DEFAULT_TIMEOUT: Timedelta = Timedelta.fromS(10);

/** The period of one device: its own, or that of all. */
export function periodOf(own: PeriodConfig, all: PeriodConfig): Timedelta {
  return readPeriod(own, readPeriod(all, 1));
}

/** The name of a metric, in which `{host}` stands for this host. */
export function fullName(prefix: string | undefined, name: string): string {
  const host = hostName();
  return metricName(prefix ? `${prefix}.${name}` : name, host === undefined ? {} : { host });
}

/** Whether something is permitted; never asks. */
export function isPermitted(permission: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(permission).state === "granted";
}
