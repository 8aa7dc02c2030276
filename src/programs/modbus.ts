#!/usr/bin/env -S deno run --no-prompt --allow-net --allow-env=METRICQ_* --allow-sys=hostname --allow-read=.
/**
 * A source that reads registers of Modbus TCP devices, such as power meters. It does not write them.
 *
 * ```sh
 * deno run --no-prompt --allow-net '--allow-env=METRICQ_*' --allow-sys=hostname --allow-read=. \
 *   jsr:@metricq/source/modbus --server amqp://localhost/ --token source-modbus
 * ```
 *
 * `--allow-net=broker.example:5672,meter1.example:502` keeps it from reaching other devices. Its
 * configuration, to paste:
 *
 * ```json
 * {
 *   "prefix": "example.room1",
 *   "interval": "1s",
 *   "devices": {
 *     "meters": {
 *       "address": "{host}:502",
 *       "hosts": "meter[1-2].example",
 *       "unitId": 1,
 *       "timeout": "500ms",
 *       "values": {
 *         "{host}.power": { "register": 20, "type": "float32", "unit": "W" },
 *         "{host}.energy": { "register": 22, "type": "uint32", "order": "CDAB", "scale": 0.001, "unit": "kWh" },
 *         "{host}.temperature": { "table": "input", "register": 5, "type": "int16", "scale": 0.1, "unit": "°C" },
 *         "{host}.alarm": { "table": "discrete", "register": 3, "unit": "" }
 *       }
 *     }
 *   }
 * }
 * ```
 *
 * - `address`: host and port, 502 unless given, in which `{host}` is each of `hosts`, a list in which
 *   ranges stand in brackets. `names`: as many, for `{name}` in names of metrics and in `description`.
 *   `unitId`: the device behind a gateway, 1 unless given. Devices with the
 *   same address share a connection, and are read one at a time.
 * - `interval` (or `rate` in Hz) of a device, or at the top for those without their own; 1 s unless
 *   given. `align`: with `true` it is read at round times of day (UTC), which the points then have.
 *   `timeout`: 10 s unless given, for what is read at a time.
 * - `offset` of a device, or at the top: how much later than round times aligned devices are read, or
 *   `"spread"` for a part of the interval that is another for each. `backoff`: the longest time for
 *   which one that fails is left alone; without it each turn tries again.
 * - `skipRepeated`: with `true` the second of two readings with the same numbers is left out, for a
 *   device that is asked twice as often as it measures.
 * - `gap`: registers next to each other are read in one request (up to 125 of them, or 2000 bits);
 *   so are those with at most this many between them, 0 unless given. Some devices refuse a request
 *   for registers that they do not have.
 * - `values`: where the numbers are, by the name of the metric behind `prefix`, in which `{host}` is
 *   one of `hosts`, and `{name}` one of `names`. `table`: `holding` unless given, or `input`, `coil`, `discrete`. `register`: its
 *   address in the request, 0 for what a manual may call register 1, 30001 or 40001. `type`: `uint16`
 *   unless given, `int16`, `int32`, `uint32`, `int64`, `uint64` (exact up to 2^53), `float32`,
 *   `float64`; or `bit`, 0 the lowest, for one bit of a register. `order` of the bytes: `ABCD` unless
 *   given, the high one first, `CDAB` with the low register first, and `BADC` and `DCBA`, which are the
 *   two with the bytes of each register exchanged. `scale`: a factor. Other fields are metadata.
 *
 * A device that is away, does not answer in time, or sends what is not an answer gives "no reading"
 * (NaN) for each of its metrics, one that refuses a request for those of that request. It is asked
 * again at its next turn, on a new connection unless it has answered with a refusal.
 *
 * @module
 */

import { command } from "../cli/command.ts";
import { VERSION } from "../version.ts";
import { ModbusSource } from "./modbus_source.ts";

if (import.meta.main) {
  await command(
    {
      defaultToken: "source-modbus",
      version: VERSION,
      description:
        "Reads registers of Modbus TCP devices and sends them to a MetricQ network, as " +
        "its configuration there says.",
    },
    ({ server, token }) => new ModbusSource({ token, url: server, clientVersion: VERSION }).run(),
  );
}
