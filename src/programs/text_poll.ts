/**
 * Devices that answer with a text in which there are numbers.
 *
 * @module
 */

import * as v from "valibot";
import type { PollGroup } from "../source/poll_group.ts";
import { OwnTime } from "./own_time.ts";
import {
  describePlace,
  fullName,
  type Place,
  SCHEDULE,
  type ScheduleConfig,
  scheduleOf,
  Timeout,
} from "./schema.ts";
import { findValues, metadataOf, ValueConfig } from "./values.ts";

/** The fields that say how often to read a device, and where the numbers are. */
export const TEXT_DEVICE = {
  ...SCHEDULE,
  timeout: v.optional(Timeout),
  skipRepeated: v.optional(v.boolean()),
  time: v.optional(v.union([v.picklist(["asked", "answered"]), OwnTime])),
  values: v.record(v.string(), ValueConfig),
};

const TextDevice = v.object(TEXT_DEVICE);

/** What a configuration says for all its devices. */
export interface CommonConfig extends ScheduleConfig {
  /** What the names of all metrics begin with. */
  readonly prefix?: string | undefined;
}

/**
 * Reads a device as its configuration says.
 *
 * @param readText Gets the text.
 * @param place Which of several devices of the entry it is.
 */
export function textPoll(
  name: string,
  device: v.InferOutput<typeof TextDevice>,
  common: CommonConfig,
  readText: (signal: AbortSignal) => Promise<string>,
  place?: Place,
): PollGroup {
  const { time } = device;
  const values = Object.entries(device.values)
    .map(([key, value]) => [fullName(common.prefix, key, place), value] as const);
  const byName = Object.fromEntries(values);
  return {
    name: place === undefined ? name : `${name} (${place.host})`,
    ...scheduleOf(device, common),
    timeout: device.timeout,
    skipRepeated: device.skipRepeated,
    time: typeof time === "string" ? time : undefined,
    metrics: Object.fromEntries(
      values.map(([metric, value]) => [metric, describePlace(metadataOf(value), place)]),
    ),
    read: async (signal) =>
      findValues(byName, await readText(signal), typeof time === "string" ? undefined : time),
  };
}
