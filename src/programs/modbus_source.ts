/**
 * Reads Modbus TCP devices; `modbus.ts` tells how it is configured.
 *
 * @module
 */

import * as v from "valibot";
import { type Address, addressText, parseAddress } from "../address.ts";
import { withSchema } from "../rpc/rpc_handler.ts";
import type { PollGroup } from "../source/poll_group.ts";
import { PollingSource } from "../source/polling_source.ts";
import type { Readings } from "../source/readings.ts";
import type { SourceOptions } from "../source/source.ts";
import { ModbusConnection } from "./modbus_connection.ts";
import { ModbusRefusal } from "./modbus_frame.ts";
import { type Group, groupValues, metadataOf, readingOf, RegisterConfig } from "./modbus_values.ts";
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

const DEFAULT_PORT = 502;

const DeviceConfig = v.pipe(
  v.strictObject({
    address: v.string(),
    ...PLACES,
    unitId: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255)), 1),
    gap: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 0),
    ...SCHEDULE,
    timeout: v.optional(Timeout),
    skipRepeated: v.optional(v.boolean()),
    values: v.record(v.string(), RegisterConfig),
  }),
  accepts((device) => {
    for (const place of placesOf(device)) requireNet(addressText(hostAddress(device, place)));
  }),
);

type DeviceConfig = v.InferOutput<typeof DeviceConfig>;

const Config = v.strictObject({
  prefix: v.optional(v.string()),
  ...SCHEDULE,
  devices: v.record(v.string(), DeviceConfig),
});

type Config = v.InferOutput<typeof Config>;

/** Reads Modbus TCP devices, as its configuration says. */
export class ModbusSource extends PollingSource {
  #connections = new Map<string, ModbusConnection>();

  /** As {@linkcode PollingSource}'s. */
  constructor(options: SourceOptions) {
    super(options);
    this.addRpcHandler("config", withSchema(Config, (config) => this.#configure(config)));
  }

  /** Reads until `signal` is aborted, and closes the connections. */
  protected override async task(signal: AbortSignal): Promise<void> {
    try {
      await super.task(signal);
    } finally {
      closeAll(this.#connections);
    }
  }

  async #configure({ devices, ...common }: Config): Promise<void> {
    const connections = new Map<string, ModbusConnection>();
    await this.poll(
      Object.entries(devices).flatMap(([name, device]) =>
        placesOf(device).map((place) => {
          const address = hostAddress(device, place);
          const key = addressText(address);
          const connection = connections.get(key) ?? new ModbusConnection(address);
          connections.set(key, connection);
          return {
            ...groupOf(device, common, connection, place),
            name: place === undefined ? name : `${name} (${place.host})`,
            // A gateway takes one request at a time, for whichever of its devices.
            device: key,
          };
        })
      ),
    );
    closeAll(this.#connections);
    this.#connections = connections;
  }
}

function groupOf(
  device: DeviceConfig,
  common: Omit<Config, "devices">,
  connection: ModbusConnection,
  place: Place | undefined,
): PollGroup {
  const values = Object.fromEntries(
    Object.entries(device.values).map(([name, config]) => [
      fullName(common.prefix, name, place),
      config,
    ]),
  );
  const groups = groupValues(values, device.gap);
  return {
    ...scheduleOf(device, common),
    timeout: device.timeout,
    skipRepeated: device.skipRepeated,
    metrics: Object.fromEntries(
      Object.entries(values).map((
        [metric, config],
      ) => [metric, describePlace(metadataOf(config), place)]),
    ),
    read: async (signal) => {
      const readings: Record<string, number | Error> = {};
      for (const group of groups) {
        Object.assign(readings, await readGroup(connection, device.unitId, group, signal));
      }
      return readings;
    },
  };
}

/** Reads one group; what the device refuses of it is an error of these metrics alone. */
async function readGroup(
  connection: ModbusConnection,
  unitId: number,
  { block, values }: Group,
  signal: AbortSignal,
): Promise<Readings> {
  try {
    const data = await connection.read(unitId, block, signal);
    return Object.fromEntries(
      values.map(([metric, config]) => [metric, readingOf(metric, data, block, config)]),
    );
  } catch (error) {
    if (!(error instanceof ModbusRefusal)) throw error;
    return Object.fromEntries(values.map(([metric]) => [metric, error]));
  }
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
  if (parsed?.hostname && !/[{}@]/.test(parsed.hostname)) return parsed;
  throw new SyntaxError(`address "${text}" is given, HOST or HOST:PORT is required`);
}

function closeAll(connections: ReadonlyMap<string, ModbusConnection>): void {
  for (const connection of connections.values()) connection.close();
}
