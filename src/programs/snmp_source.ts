/**
 * Reads SNMP devices; `snmp.ts` tells how it is configured.
 *
 * @module
 */

import { isIP } from "node:net";
import * as v from "valibot";
import { type Address, addressText, parseAddress } from "../address.ts";
import { withSchema } from "../rpc/rpc_handler.ts";
import { fillTemplate } from "../source/metric_template.ts";
import type { PollGroup } from "../source/poll_group.ts";
import { PollingSource } from "../source/polling_source.ts";
import type { SourceOptions } from "../source/source.ts";
import { requireDuration } from "../time/require_duration.ts";
import { requireNet } from "./permission.ts";
import {
  accepts,
  addressOf,
  describePlace,
  fullName,
  type Place,
  PLACES,
  placesOf,
  SCHEDULE,
  scheduleOf,
  Timeout,
} from "./schema.ts";
import { metadataOf, SnmpValue, TableConfig } from "./snmp_config.ts";
import { requireAsking, SnmpConnection } from "./snmp_connection.ts";
import { SnmpDevice } from "./snmp_device.ts";
import { type SnmpLogin, UserConfig } from "./snmp_login.ts";

const DEFAULT_PORT = 161;

const DeviceConfig = v.pipe(
  v.strictObject({
    address: v.string(),
    ...PLACES,
    community: v.optional(v.pipe(v.string(), v.minLength(1))),
    user: v.optional(UserConfig),
    ...SCHEDULE,
    timeout: v.optional(Timeout),
    resend: v.optional(Timeout, 1),
    skipRepeated: v.optional(v.boolean()),
    values: v.optional(v.record(v.string(), SnmpValue), {}),
    tables: v.optional(v.record(v.string(), TableConfig), {}),
  }),
  v.check(
    ({ community, user }) => community === undefined || user === undefined,
    "community is of v2c and user of v3: one of them is required, or none for community public",
  ),
  accepts((device) => {
    for (const place of placesOf(device)) requirePermission(hostAddress(device, place));
  }),
);

type DeviceConfig = v.InferOutput<typeof DeviceConfig>;

const Config = v.strictObject({
  prefix: v.optional(v.string()),
  ...SCHEDULE,
  devices: v.record(v.string(), DeviceConfig),
});

type Config = v.InferOutput<typeof Config>;

/** Reads SNMP devices, as its configuration says. */
export class SnmpSource extends PollingSource {
  #connections: readonly SnmpConnection[] = [];

  /** As {@linkcode PollingSource}'s. */
  constructor(options: SourceOptions) {
    super(options);
    this.addRpcHandler("config", withSchema(Config, (config) => this.#configure(config)));
  }

  /** Reads until `signal` is aborted, and closes the sockets. */
  protected override async task(signal: AbortSignal): Promise<void> {
    try {
      await super.task(signal);
    } finally {
      closeAll(this.#connections);
    }
  }

  async #configure({ devices, ...common }: Config): Promise<void> {
    const connections = new Map<string, SnmpConnection>();
    await this.poll(
      Object.entries(devices).flatMap(([name, device]) =>
        placesOf(device).map((place) => {
          const address = hostAddress(device, place);
          const connection = connectionOf(connections, device, address);
          return {
            ...this.#groupOf(device, common, connection, place),
            name: place === undefined ? name : `${name} (${place.host})`,
            // Most devices do one thing at a time, and one that is away is told of once.
            device: addressText(address),
          };
        })
      ),
    );
    closeAll(this.#connections);
    this.#connections = [...connections.values()];
  }

  #groupOf(
    device: DeviceConfig,
    common: Omit<Config, "devices">,
    connection: SnmpConnection,
    place: Place | undefined,
  ): PollGroup {
    const nameOf = (template: string, labels: Readonly<Record<string, string>> = {}) =>
      fullName(common.prefix, template, { ...place, ...labels });
    for (const table of Object.values(device.tables)) checkTemplates(table, nameOf, place);
    const values = Object.fromEntries(
      Object.entries(device.values).map(([template, config]) => [nameOf(template), config]),
    );
    const reader = new SnmpDevice(connection, {
      values,
      tables: device.tables,
      nameOf,
      place: { ...place },
      nowMs: () => this.clock.nowMs(),
    });
    return {
      ...scheduleOf(device, common),
      timeout: device.timeout,
      skipRepeated: device.skipRepeated,
      metrics: Object.fromEntries(
        Object.entries(values).map((
          [metric, config],
        ) => [metric, describePlace(metadataOf(config), place)]),
      ),
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

/**
 * Where a device is.
 *
 * @throws {SyntaxError} If its address is none.
 */
function hostAddress(
  { address }: Pick<DeviceConfig, "address">,
  place: Place | undefined,
): Address {
  const text = addressOf(address, place);
  const parsed = parseAddress(text, { hostname: "", port: DEFAULT_PORT });
  if (parsed?.hostname && parsed.port > 0 && !/[{}@]/.test(parsed.hostname)) return parsed;
  throw new SyntaxError(`address "${text}" is given, HOST or HOST:PORT is required`);
}

/** A name is looked up when its device is asked, and only then it is known what that takes. */
function requirePermission(address: Address): void {
  if (isIP(address.hostname)) requireAsking(address);
  else requireNet(address.hostname);
}

function closeAll(connections: readonly SnmpConnection[]): void {
  for (const connection of connections) connection.close();
}
