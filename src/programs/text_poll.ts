/**
 * Devices that answer with a text in which there are numbers.
 *
 * @module
 */

import * as v from "valibot";
import type { PollGroup } from "../source/poll_group.ts";
import { type CommonConfig, DEVICE, devicePoll, valuesByMetric } from "./device_poll.ts";
import { OwnTime } from "./own_time.ts";
import { AT_LEAST_ONE, type Place } from "./schema.ts";
import { about } from "./told_schema.ts";
import { findValues, metadataOf, ValueConfig } from "./values.ts";

/** The fields that say how often to read a device, and where the numbers are. */
export const TEXT_DEVICE = {
  ...DEVICE,
  time: v.optional(about(
    'The time of the points: "asked" unless given, "answered", or where the text has it',
    v.union([v.picklist(["asked", "answered"]), OwnTime]),
  )),
  values: about(
    "Where the numbers are, by the names of their metrics behind prefix",
    v.pipe(v.record(v.string(), ValueConfig), v.minEntries(1, AT_LEAST_ONE)),
  ),
};

const TextDevice = v.object(TEXT_DEVICE);

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
  const values = valuesByMetric(device.values, common.prefix, place);
  return {
    ...devicePoll({ name, place }, device, common, values, metadataOf),
    time: typeof time === "string" ? time : undefined,
    read: async (signal) =>
      findValues(values, await readText(signal), typeof time === "string" ? undefined : time),
  };
}
