/**
 * What the configurations of these programs have in common.
 *
 * @module
 */

import * as v from "valibot";
import { hostName } from "../cli/placeholders.ts";
import { errorText } from "../error_text.ts";
import { expandHosts } from "../source/expand_hosts.ts";
import { metricName } from "../source/metric_template.ts";
import { type PeriodConfig, readPeriod } from "../source/period.ts";
import type { PollGroup } from "../source/poll_group.ts";
import { requireHeaders } from "./fetch_text.ts";
import { requireDuration } from "../time/require_duration.ts";

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

/** The fields in which a configuration tells when to read. */
export const SCHEDULE = {
  interval: v.optional(v.pipe(NumberOrText, accepts((interval) => void readPeriod({ interval })))),
  period: v.optional(v.pipe(NumberOrText, accepts((period) => void readPeriod({ period })))),
  rate: v.optional(v.pipe(NumberOrText, accepts((rate) => void readPeriod({ rate })))),
  align: v.optional(v.boolean()),
};

/** Hosts: a list such as `node[1-4].example`, or several. */
export const Hosts = v.pipe(
  v.union([v.string(), v.array(v.string())]),
  accepts((hosts) => void expandHosts(hosts)),
);

/** Headers of a request. */
export const RequestHeaders = v.optional(
  v.pipe(v.record(v.string(), v.string()), accepts(requireHeaders)),
  {},
);

/** How long a reading may take. */
export const Timeout = v.pipe(
  NumberOrText,
  accepts((timeout) => void requireDuration("Cannot read timeout", timeout)),
);

/** What {@linkcode SCHEDULE} makes. */
export interface ScheduleConfig extends PeriodConfig {
  readonly align?: boolean | undefined;
}

/** When to read one device: as is said of it, or of all. */
export function scheduleOf(
  own: ScheduleConfig,
  all: ScheduleConfig,
): Pick<PollGroup, "period" | "align"> {
  return { period: readPeriod(own, readPeriod(all, 1)), align: own.align ?? all.align };
}

/** The name of a metric, in which `{host}` stands for the host that is measured, or this one. */
export function fullName(
  prefix: string | undefined,
  name: string,
  host: string | undefined = hostName(),
): string {
  return metricName(prefix ? `${prefix}.${name}` : name, host === undefined ? {} : { host });
}
