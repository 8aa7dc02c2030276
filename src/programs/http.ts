#!/usr/bin/env -S deno run --no-prompt --allow-net --allow-env=METRICQ_* --allow-sys=hostname --allow-read=.
/**
 * A source that asks HTTP servers, such as devices with a REST interface, and picks numbers from
 * their answers.
 *
 * ```sh
 * deno run --no-prompt --allow-net '--allow-env=METRICQ_*' --allow-sys=hostname --allow-read=. \
 *   jsr:@metricq/source/http --server amqp://localhost/ --token source-http
 * ```
 *
 * `--allow-net=broker.example:5672,meter1.example` keeps it from asking anybody else. Its
 * configuration, to paste:
 *
 * ```json
 * {
 *   "prefix": "example.room1",
 *   "interval": "10s",
 *   "requests": {
 *     "meter1": {
 *       "url": "http://meter1.example/rpc/Switch.GetStatus?id=0",
 *       "interval": "1s",
 *       "timeout": "2s",
 *       "values": {
 *         "meter1.power": { "json": "apower", "unit": "W", "description": "Power of rack 1" },
 *         "meter1.energy": { "json": "aenergy.total", "unit": "Wh" },
 *         "meter1.temperature": { "json": "temperature.tC", "unit": "°C" }
 *       }
 *     },
 *     "node": {
 *       "url": "http://node7.example:9100/metrics",
 *       "headers": { "authorization": "Bearer …" },
 *       "values": { "node7.load": { "regex": "^node_load1 (\\S+)$", "unit": "" } }
 *     }
 *   }
 * }
 * ```
 *
 * - `url`: where; a user and a password in it are sent as a header. `headers`: sent along, such as
 *   those with a key. The log tells of a server no more than its name.
 * - `interval` (or `rate` in Hz) of a request, or at the top for those without their own; 1 s
 *   unless given. `timeout`: 10 s unless given, for the whole answer.
 * - `align` of a request, or at the top for those without their own: with `true` it is made at
 *   round times of day (UTC), such as full minutes, which its points then have.
 * - `values`: where the numbers are, by the name of the metric behind `prefix`, in which `{host}`
 *   stands for this host. One of `json` (a path such as `sensors[0].temperature`), `regex` (its
 *   first group, or the whole match) and `csv` (a column by its name in the first line, or by its
 *   number from 1, with `row`, the last unless given, and `separator`), and `scale`, a factor.
 *   Everything else is metadata of the metric.
 *
 * A server that is away, answers with an error or with more than 1 MiB, or whose answer has
 * something else where a number should be, gives "no reading" (NaN) and is asked again at its next
 * turn.
 *
 * @module
 */

import { command } from "../cli/command.ts";
import { VERSION } from "../version.ts";
import { HttpSource } from "./http_source.ts";

if (import.meta.main) {
  await command(
    {
      defaultToken: "source-http",
      version: VERSION,
      description: "Asks HTTP servers and sends the numbers in their answers to a MetricQ " +
        "network, as its configuration there says.",
    },
    ({ server, token }) => new HttpSource({ token, url: server, clientVersion: VERSION }).run(),
  );
}
