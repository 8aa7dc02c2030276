/**
 * Reads SNMP devices; `snmp.ts` tells how it is configured.
 *
 * @module
 */

import { isIP } from "node:net";
import * as v from "valibot";
import { type Address, addressText } from "../address.ts";
import { withSchema } from "../rpc/rpc_handler.ts";
import { fillTemplate } from "../source/metric_template.ts";
import type { PollGroup } from "../source/poll_group.ts";
import type { SourceOptions } from "../source/source.ts";
import { requireDuration } from "../time/require_duration.ts";
import { ConnectedSource } from "./connected_source.ts";
import {
  COMMON,
  type CommonConfig,
  DEVICE,
  type DevicePlace,
  devicePoll,
  valuesByMetric,
} from "./device_poll.ts";
import { requireNet } from "./permission.ts";
import {
  accepts,
  deviceAddress,
  fullName,
  type Place,
  PLACES,
  placesOf,
  Timeout,
} from "./schema.ts";
import { metadataOf, SnmpValue, TableConfig } from "./snmp_config.ts";
import { requireAsking, SnmpConnection } from "./snmp_connection.ts";
import { SnmpDevice } from "./snmp_device.ts";
import { type SnmpLogin, UserConfig } from "./snmp_login.ts";
import { about, telling } from "./told_schema.ts";

const DEFAULT_PORT = 161;

const DeviceConfig = v.pipe(
  v.strictObject({
    address: about(
      "Host and port, 161 unless given; {host} stands for that of the entry",
      v.string(),
    ),
    ...PLACES,
    community: v.optional(about(
      "With it SNMP v2c is spoken; public unless given",
      v.pipe(v.string(), v.minLength(1)),
    )),
    user: v.optional(about("With it SNMP v3 is spoken", UserConfig)),
    ...DEVICE,
    resend: v.optional(
      about("After which time a request without an answer is sent again", Timeout, { unit: "s" }),
      1,
    ),
    values: v.optional(
      about(
        "Objects, by the names of their metrics behind prefix",
        v.record(v.string(), SnmpValue),
      ),
      {},
    ),
    tables: v.optional(
      about("Tables of objects, by names of your choice", v.record(v.string(), TableConfig)),
      {},
    ),
  }),
  v.check(
    ({ community, user }) => community === undefined || user === undefined,
    "community is of v2c and user of v3: one of them is required, or none for community public",
  ),
  v.check(
    ({ values, tables }) => Object.keys({ ...values, ...tables }).length > 0,
    "values or tables are required",
  ),
  accepts((device) => {
    for (const place of placesOf(device)) {
      requirePermission(deviceAddress(device.address, place, DEFAULT_PORT));
    }
  }),
);

type DeviceConfig = v.InferOutput<typeof DeviceConfig>;

const Config = v.strictObject({
  ...COMMON,
  devices: about("What to read, by names of your choice", v.record(v.string(), DeviceConfig)),
});

type Config = v.InferOutput<typeof Config>;

/** Reads SNMP devices, as its configuration says. */
export class SnmpSource extends ConnectedSource {
  /** As {@linkcode ConnectedSource}'s. */
  constructor(options: SourceOptions) {
    super(options);
    this.addRpcHandler("config", withSchema(telling(Config), (config) => this.#configure(config)));
  }

  async #configure({ devices, ...common }: Config): Promise<void> {
    const connections = new Map<string, SnmpConnection>();
    const groups = Object.entries(devices).flatMap(([name, device]) =>
      placesOf(device).map((place) => {
        const address = deviceAddress(device.address, place, DEFAULT_PORT);
        const connection = connectionOf(connections, device, address);
        const group = this.#groupOf({ name, place }, device, common, connection);
        // Most devices do one thing at a time, and one that is away is told of once.
        return { ...group, device: addressText(address) };
      })
    );
    await this.pollBy(connections.values(), groups);
  }

  #groupOf(
    which: DevicePlace,
    device: DeviceConfig,
    common: CommonConfig,
    connection: SnmpConnection,
  ): PollGroup {
    const { place } = which;
    const nameOf = (template: string, labels: Readonly<Record<string, string>>) =>
      fullName(common.prefix, template, { ...place, ...labels });
    for (const table of Object.values(device.tables)) checkTemplates(table, nameOf, place);
    const values = valuesByMetric(device.values, common.prefix, place);
    const reader = new SnmpDevice(connection, {
      values,
      tables: device.tables,
      nameOf,
      place: { ...place },
      nowMs: () => this.clock.nowMs(),
    });
    return {
      ...devicePoll(which, device, common, values, metadataOf),
      describe: (metric) => reader.describe(metric),
      read: (signal) => reader.read(signal),
    };
  }
}

/** Refuses now what would be refused of each row. */
function checkTemplates(
  { labels, values }: TableConfig,
  nameOf: (template: string, labels: Readonly<Record<string, string>>) => string,
  place: Place | undefined,
): void {
  const example = Object.fromEntries(
    ["index", ...Object.keys(labels)].map((label) => [label, "1"]),
  );
  for (const [template, { description = "" }] of Object.entries(values)) {
    nameOf(template, example);
    fillTemplate(description, { ...place, ...example });
  }
}

/** Entries with the same device and login share a socket. */
function connectionOf(
  connections: Map<string, SnmpConnection>,
  { community = "public", user, resend }: DeviceConfig,
  address: Address,
): SnmpConnection {
  const login: SnmpLogin = user === undefined ? { community } : { user };
  const resendMs = requireDuration("Cannot read resend", resend).ms;
  const options = { address, login, resendMs };
  const key = JSON.stringify(options);
  const connection = connections.get(key) ?? new SnmpConnection(options);
  connections.set(key, connection);
  return connection;
}

/** A name is looked up when its device is asked, and only then it is known what that takes. */
function requirePermission(address: Address): void {
  if (isIP(address.hostname)) requireAsking(address);
  else requireNet(address.hostname);
}
