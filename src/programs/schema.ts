/**
 * What the configurations of these programs have in common.
 *
 * @module
 */

import * as v from "valibot";
import { type Address, parseAddress } from "../address.ts";
import { hostName } from "../cli/placeholders.ts";
import { errorText } from "../error_text.ts";
import { expandHosts } from "../source/expand_hosts.ts";
import { metricName } from "../source/metric_template.ts";
import { type PeriodConfig, readPeriod } from "../source/period.ts";
import { counted } from "../quote.ts";
import type { Metadata } from "../source/metadata.ts";
import type { PollGroup } from "../source/poll_group.ts";
import { requireDuration } from "../time/require_duration.ts";
import { requireHeaders } from "./http_request.ts";
import { about, told } from "./told_schema.ts";

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

/** What is required of a list that would leave a device, or a part of it, without any value. */
export const AT_LEAST_ONE = "at least one is required";

const NumberOrText = v.union([v.number(), v.string()]);
const Positive = v.union([v.pipe(v.number(), told({ exclusiveMinimum: 0 })), v.string()]);

const ALIGN = "With true it is read at round times of day (UTC), which the points then have";
const OFFSET =
  "How much later than round times it is read if it is aligned: seconds, a text such as " +
  '"500ms", or "spread" for a part of the interval that is another for each';
const BACKOFF =
  "The longest time for which one that fails is left alone: seconds, or a text such as " +
  '"5min"; without it each turn tries again';

/** The fields of a configuration that say when to read. */
export const SCHEDULE = {
  interval: v.optional(about(
    'How often it is read: seconds, or a text such as "500ms"; 1 s unless given here or at the top',
    v.pipe(Positive, accepts((interval) => void readPeriod({ interval }))),
    { unit: "s", examples: ["1s", "10s", "1min"] },
  )),
  period: v.optional(about(
    "The same as interval, by another name",
    v.pipe(Positive, accepts((period) => void readPeriod({ period }))),
    { unit: "s" },
  )),
  rate: v.optional(about(
    "How often it is read in a second, instead of interval",
    v.pipe(Positive, accepts((rate) => void readPeriod({ rate }))),
    { unit: "Hz" },
  )),
  align: v.optional(about(ALIGN, v.boolean())),
  offset: v.optional(about(OFFSET, NumberOrText, { unit: "s", examples: ["spread"] })),
  backoff: v.optional(about(
    BACKOFF,
    v.pipe(
      Positive,
      accepts((backoff) => void requireDuration("Cannot read backoff", backoff)),
    ),
    { unit: "s" },
  )),
};

const Hosts = v.pipe(
  v.union([v.string(), v.array(v.string())]),
  accepts((hosts) => void expandHosts(hosts)),
);

/**
 * The fields of an entry that stands for several devices: lists such as `node[1-4].example`, of their
 * hosts and of the names that these have in metrics.
 */
export const PLACES = {
  hosts: v.optional(about(
    'The hosts that the entry is of, as a list in which ranges stand in brackets, such as "node[1-4]"; ' +
      "{host} stands for each of them",
    Hosts,
  )),
  names: v.optional(about(
    "As many names as there are hosts; {name} stands for each of them, and is the host unless given",
    Hosts,
  )),
};

/** One of several devices: what stands in templates for `{host}` and `{name}`. */
export type Place = Readonly<Record<"host" | "name", string>>;

/**
 * The devices of an entry; one that is `undefined` if the entry is of a single device.
 *
 * @throws {TypeError | RangeError} If there are names and not as many hosts, none at all, or one with a
 * user or a password, which would be in names of metrics and in the log.
 */
export function placesOf(
  { hosts, names }: {
    hosts?: string | string[] | undefined;
    names?: string | string[] | undefined;
  },
): readonly (Place | undefined)[] {
  if (hosts === undefined) {
    if (names === undefined) return [undefined];
    throw new TypeError("names are given, hosts are required as well");
  }
  const all = expandHosts(hosts);
  if (all.length === 0) throw new RangeError("no host is given, at least one is required");
  if (all.some((host) => host.includes("@"))) {
    throw new TypeError("a host with a user or a password is given, hosts alone are required");
  }
  const called = names === undefined ? all : expandHosts(names);
  if (all.length !== called.length) {
    throw new RangeError(
      `${counted(called.length, "name")} and ${counted(all.length, "host")} are given, ` +
        "as many of both are required",
    );
  }
  return all.map((host, at) => ({ host, name: called[at] ?? host }));
}

/**
 * Puts a device's host and name into an address.
 *
 * @throws {TypeError} If it has a placeholder, and the entry is of a single device.
 */
export function addressOf(template: string, place: Place | undefined): string {
  if (place !== undefined) return fillPlace(template, place);
  if (/\{(host|name)\}/.test(template)) {
    throw new TypeError("hosts are required, as the address has a place for them");
  }
  return template;
}

/**
 * Where a device is that is reached by host and port.
 *
 * @throws {SyntaxError} If its address is none.
 * @throws {TypeError} If it has a placeholder, and the entry is of a single device.
 */
export function deviceAddress(
  template: string,
  place: Place | undefined,
  defaultPort: number,
): Address {
  const text = addressOf(template, place);
  const parsed = parseAddress(text, { hostname: "", port: defaultPort });
  if (parsed?.hostname && parsed.port > 0 && !/[{}@]/.test(parsed.hostname)) return parsed;
  throw new SyntaxError(`address "${text}" is given, HOST or HOST:PORT is required`);
}

function fillPlace(template: string, { host, name }: Place): string {
  return template.replaceAll(/\{(host|name)\}/g, (_, key) => key === "host" ? host : name);
}

/** Headers of a request. */
export const RequestHeaders = v.optional(
  about(
    "Headers that are sent along, by their names",
    v.pipe(v.record(v.string(), v.string()), accepts(requireHeaders)),
  ),
  {},
);

/** How long a reading may take. */
export const Timeout = v.pipe(
  Positive,
  accepts((timeout) => void requireDuration("Cannot read timeout", timeout)),
);

/** What {@linkcode SCHEDULE} makes. */
export interface ScheduleConfig extends PeriodConfig {
  readonly align?: boolean | undefined;
  readonly offset?: number | string | undefined;
  readonly backoff?: number | string | undefined;
}

/** When to read one device: its own schedule, or else that of all devices. */
export function scheduleOf(
  own: ScheduleConfig,
  all: ScheduleConfig,
): Pick<PollGroup, "period" | "align" | "offset" | "backoff"> {
  return {
    period: readPeriod(own, readPeriod(all, 1)),
    align: own.align ?? all.align,
    // A number is a duration in seconds; the text "spread" is one that the source chooses.
    offset: own.offset ?? all.offset,
    backoff: own.backoff ?? all.backoff,
  };
}

/** The name of a metric, in which `{host}` stands for the host that is measured, or for this one. */
export function fullName(
  prefix: string | undefined,
  name: string,
  place?: Readonly<Record<string, string>> | undefined,
): string {
  return metricName(prefix ? `${prefix}.${name}` : name, { ...thisHost(), ...place });
}

function thisHost(): Record<string, string> {
  const host = hostName();
  return host === undefined ? {} : { host };
}

/** The metadata of a device's metric, with its host and name in the description. */
export function describePlace<Value extends Metadata>(
  metadata: Value,
  place: Place | undefined,
): Value {
  const { description } = metadata;
  if (place === undefined || typeof description !== "string") return metadata;
  return { ...metadata, description: fillPlace(description, place) };
}
