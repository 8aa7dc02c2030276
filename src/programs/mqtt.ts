#!/usr/bin/env -S deno run --no-prompt --allow-net --allow-env=METRICQ_* --ignore-env --allow-sys=hostname --allow-read=.
/**
 * A source that takes values from MQTT brokers, as sensors and gateways send them.
 *
 * ```sh
 * deno run --no-prompt --allow-net '--allow-env=METRICQ_*' --ignore-env --allow-sys=hostname --allow-read=. \
 *   jsr:@metricq/source/mqtt --server amqp://localhost/ --token source-mqtt
 * ```
 *
 * `--ignore-env` answers the MQTT library, which asks for variables that it does not need.
 * `--allow-net=broker.example:5672,mqtt.example:1883` limits what it reaches. Its configuration, to
 * paste:
 *
 * ```json
 * {
 *   "prefix": "example",
 *   "brokers": {
 *     "house": {
 *       "url": "mqtt://mqtt.example:1883",
 *       "topics": {
 *         "sensors/+/temperature": {
 *           "values": { "{1}.temperature": { "unit": "°C", "description": "Air in {1}" } },
 *           "timeout": "5min"
 *         },
 *         "tele/+/SENSOR": {
 *           "values": {
 *             "{1}.power": { "json": "ENERGY.Power", "unit": "W" },
 *             "{1}.energy": { "json": "ENERGY.Total", "unit": "kWh", "time": { "json": "Time" } }
 *           }
 *         }
 *       }
 *     }
 *   }
 * }
 * ```
 *
 * - `url`: `mqtt://` or, with TLS, `mqtts://`; port 1883 or 8883 unless given. `user` and `password`;
 *   `caFile`: certificates to trust beside those of the system, PEM, which takes `--allow-read` for it.
 *   `qos`: 1 unless given, 0 or 2.
 * - `topics`: filters, in which `+` stands for one level and `#`, as the last, for those that follow.
 * - `values`: the metrics of a message, by their names behind `prefix`: `{1}`, `{2}` … are the levels in
 *   the places of each `+`, `{rest}` those of `#`, `{topic}` is the whole, levels being joined by dots.
 *   `{host}` is this host. Without `json`, `regex` or `csv` the message itself is a number, also with a
 *   unit behind it; with one of them the number is found in it, as the page of `exec` tells. `scale`: a
 *   factor. `time`: where the time of the value is, found in the same ways, ISO 8601 with a zone or a
 *   number since 1970 in `unit` `s`, `ms`, `us` or `ns`; that of arrival unless given. Other fields are
 *   metadata.
 * - `timeout` of a topic: a metric that has not come for so long gets one "no reading" (NaN). Without it
 *   a metric may be silent.
 * - `retained`: with `true` also what the broker has kept from before, which has the time of its arrival
 *   here. Left out otherwise.
 * - `interval` (or `rate` in Hz) of a broker, or at the top: how often what has come is sent, 1 s unless
 *   given. Points have the times at which they came, to the microsecond, not those of sending.
 *
 * Metrics are declared when they first come, at most 20 000 of a broker. A broker that is away gives
 * "no reading" for what came from it, and one line in the log; two seconds lie between two attempts to
 * reach it.
 *
 * @module
 */

import { command } from "../cli/command.ts";
import { VERSION } from "../version.ts";
import { MqttSource } from "./mqtt_source.ts";

if (import.meta.main) {
  await command(
    {
      defaultToken: "source-mqtt",
      version: VERSION,
      description: "Takes values from MQTT brokers and sends them to a MetricQ network, as its " +
        "configuration there says.",
    },
    ({ server, token }) => new MqttSource({ token, url: server, clientVersion: VERSION }).run(),
  );
}
