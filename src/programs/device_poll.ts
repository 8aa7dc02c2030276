/**
 * Polling a device as its configuration says, whatever it takes to read it.
 *
 * @module
 */

import * as v from "valibot";
import type { Metadata } from "../source/metadata.ts";
import type { PollGroup } from "../source/poll_group.ts";
import {
  describePlace,
  fullName,
  type Place,
  SCHEDULE,
  type ScheduleConfig,
  scheduleOf,
  Timeout,
} from "./schema.ts";
import { about } from "./told_schema.ts";

/** The fields that a configuration has for all its devices. */
export const COMMON = {
  prefix: v.optional(about("What the names of all metrics begin with", v.string())),
  ...SCHEDULE,
};

/** What {@linkcode COMMON} makes. */
export interface CommonConfig extends ScheduleConfig {
  /** What the names of all metrics begin with. */
  readonly prefix?: string | undefined;
}

/** The fields that say of one device when it is read, and how its readings are used. */
export const DEVICE = {
  ...SCHEDULE,
  timeout: v.optional(about(
    'How long a reading may take: seconds, or a text such as "500ms"; 10 s unless given',
    Timeout,
    { unit: "s" },
  )),
  skipRepeated: v.optional(about(
    "With true the second of two readings with the same numbers is left out",
    v.boolean(),
  )),
};

/** What {@linkcode DEVICE} makes. */
export interface DeviceConfig extends ScheduleConfig {
  readonly timeout?: number | string | undefined;
  readonly skipRepeated?: boolean | undefined;
}

/** One device of an entry of a configuration. */
export interface DevicePlace {
  /** What the entry is called. */
  readonly name: string;
  /** Which of several devices of the entry it is. */
  readonly place: Place | undefined;
}

/** What is read of a device, by the full names of its metrics. */
export function valuesByMetric<Value>(
  values: Readonly<Record<string, Value>>,
  prefix: string | undefined,
  place: Place | undefined,
): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [fullName(prefix, key, place), value]),
  );
}

/**
 * The group of a device, but for how it is read.
 *
 * @param values What is read, by the full names of its metrics.
 */
export function devicePoll<Value>(
  { name, place }: DevicePlace,
  device: DeviceConfig,
  common: CommonConfig,
  values: Readonly<Record<string, Value>>,
  metadataOf: (value: Value) => Metadata,
): Omit<PollGroup, "read"> {
  return {
    name: place === undefined ? name : `${name} (${place.host})`,
    ...scheduleOf(device, common),
    timeout: device.timeout,
    skipRepeated: device.skipRepeated,
    metrics: Object.fromEntries(
      Object.entries(values).map((
        [metric, value],
      ) => [metric, describePlace(metadataOf(value), place)]),
    ),
  };
}
