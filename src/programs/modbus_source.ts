/**
 * Reads Modbus TCP devices; `modbus.ts` tells how it is configured.
 *
 * @module
 */

import * as v from "valibot";
import { addressText } from "../address.ts";
import { withSchema } from "../rpc/rpc_handler.ts";
import type { PollGroup } from "../source/poll_group.ts";
import type { Readings } from "../source/readings.ts";
import type { SourceOptions } from "../source/source.ts";
import { ConnectedSource } from "./connected_source.ts";
import {
  COMMON,
  type CommonConfig,
  DEVICE,
  type DevicePlace,
  devicePoll,
  valuesByMetric,
} from "./device_poll.ts";
import { ModbusConnection } from "./modbus_connection.ts";
import { ModbusRefusal } from "./modbus_frame.ts";
import { type Group, groupValues, metadataOf, readingOf, RegisterConfig } from "./modbus_values.ts";
import { requireNet } from "./permission.ts";
import { accepts, AT_LEAST_ONE, deviceAddress, PLACES, placesOf } from "./schema.ts";
import { about, telling } from "./told_schema.ts";

const DEFAULT_PORT = 502;

const DeviceConfig = v.pipe(
  v.strictObject({
    address: about(
      "Host and port, 502 unless given; {host} stands for that of the entry",
      v.string(),
    ),
    ...PLACES,
    unitId: v.optional(
      about(
        "The device behind a gateway",
        v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255)),
      ),
      1,
    ),
    gap: v.optional(
      about(
        "Registers are read in one request if at most this many are between them",
        v.pipe(v.number(), v.integer(), v.minValue(0)),
      ),
      0,
    ),
    ...DEVICE,
    values: about(
      "Where the numbers are, by the names of their metrics behind prefix",
      v.pipe(v.record(v.string(), RegisterConfig), v.minEntries(1, AT_LEAST_ONE)),
    ),
  }),
  accepts((device) => {
    for (const place of placesOf(device)) {
      requireNet(addressText(deviceAddress(device.address, place, DEFAULT_PORT)));
    }
  }),
);

type DeviceConfig = v.InferOutput<typeof DeviceConfig>;

const Config = v.strictObject({
  ...COMMON,
  devices: about("What to read, by names of your choice", v.record(v.string(), DeviceConfig)),
});

type Config = v.InferOutput<typeof Config>;

/** Reads Modbus TCP devices, as its configuration says. */
export class ModbusSource extends ConnectedSource {
  /** As {@linkcode ConnectedSource}'s. */
  constructor(options: SourceOptions) {
    super(options);
    this.addRpcHandler("config", withSchema(telling(Config), (config) => this.#configure(config)));
  }

  async #configure({ devices, ...common }: Config): Promise<void> {
    const connections = new Map<string, ModbusConnection>();
    const groups = Object.entries(devices).flatMap(([name, device]) =>
      placesOf(device).map((place) => {
        const address = deviceAddress(device.address, place, DEFAULT_PORT);
        const key = addressText(address);
        const connection = connections.get(key) ?? new ModbusConnection(address);
        connections.set(key, connection);
        // A gateway takes one request at a time, for whichever of its devices.
        return { ...groupOf({ name, place }, device, common, connection), device: key };
      })
    );
    await this.pollBy(connections.values(), groups);
  }
}

function groupOf(
  which: DevicePlace,
  device: DeviceConfig,
  common: CommonConfig,
  connection: ModbusConnection,
): PollGroup {
  const values = valuesByMetric(device.values, common.prefix, which.place);
  const groups = groupValues(values, device.gap);
  return {
    ...devicePoll(which, device, common, values, metadataOf),
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
