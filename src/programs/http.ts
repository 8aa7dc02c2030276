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
 * `--allow-net=broker.example:5672,meter1.example` keeps it from asking other servers. Its
 * configuration, to paste:
 *
 * ```json
 * {
 *   "prefix": "example.room1",
 *   "interval": "10s",
 *   "requests": {
 *     "meters": {
 *       "url": "http://{host}/rpc/Switch.GetStatus?id=0",
 *       "hosts": "meter[1-2].example",
 *       "names": "rack[1-2]",
 *       "interval": "1s",
 *       "timeout": "2s",
 *       "values": {
 *         "{name}.power": { "json": "apower", "unit": "W", "description": "Power of {name}" },
 *         "{name}.energy": { "json": "aenergy.total", "unit": "Wh" },
 *         "{name}.temperature": { "json": "temperature.tC", "unit": "°C" }
 *       }
 *     },
 *     "node": {
 *       "url": "https://bmc7.example/redfish/v1/Chassis/1U/Power",
 *       "login": { "type": "redfish", "user": "metricq", "password": "secret" },
 *       "interval": "1min",
 *       "values": {
 *         "node7.power": { "json": "$.PowerControl[0].PowerConsumedWatts", "unit": "W" }
 *       }
 *     },
 *     "weather": {
 *       "url": "http://weather.example/now.csv",
 *       "login": { "type": "bearer", "token": "secret" },
 *       "time": { "csv": "time" },
 *       "values": { "outside": { "csv": "temperature", "unit": "°C" } }
 *     }
 *   }
 * }
 * ```
 *
 * - `url`: where; a user and a password in it are sent as a header. `headers`: sent along, such as
 *   those with a key. The log tells a server's name, and leaves out the rest of its address.
 * - `hosts`: with it the entry is of several servers, a list in which ranges stand in brackets.
 *   `{host}` stands for each of them in `url`, in names of metrics and in `description`. `names`: as
 *   many, for `{name}`, which is the host unless given.
 * - `login`: one of these, `basic` and `bearer` without an `authorization` in `headers`. Requests to the
 *   same server with the same login share a session.
 *   - `{ "type": "basic", "user": …, "password": … }`, sent with each request.
 *   - `{ "type": "bearer", "token": … }`, sent with each request.
 *   - `{ "type": "redfish", "user": …, "password": … }`: a session of Redfish, which is ended when the
 *     source stops.
 *   - `{ "type": "cookie", "path": …, "user": …, "password": … }`: posts JSON to this path, and sends
 *     the cookies of the answer with each request. `body` is what it posts, in which `{user}` and
 *     `{password}` stand for these, `{ "data": ["{user}", "{password}"] }` unless given.
 *
 *   A session begins anew when the server answers 401 or 403, or with a redirection. A login that is
 *   refused is tried again after a minute, because a server may lock the account.
 * - `interval` (or `rate` in Hz) of a request, or at the top for those without their own; 1 s
 *   unless given. `timeout`: 10 s unless given, for the whole answer.
 * - `align` of a request, or at the top for those without their own: with `true` it is made at
 *   round times of day (UTC), such as full minutes, which its points then have.
 * - `offset` of a request, or at the top: how much later than round times aligned requests are made, or
 *   `"spread"` for a part of the interval that is another for each. `backoff`: the longest time for
 *   which one that fails is left alone; without it each turn tries again.
 * - `skipRepeated`: with `true` the second of two readings with the same numbers is left out, for a
 *   device that is asked twice as often as it measures.
 * - `time` of a request: `"asked"` unless given, or `"answered"`, or where in the answer the time of
 *   its values is, as below: ISO 8601 with a zone, or a number since 1970 in `unit`, which is `s`
 *   unless given, or `ms`, `us`, `ns`. A value with its own `time` has that. What has such a time is
 *   sent once for each time.
 * - `values`: where the numbers are, by the name of the metric behind `prefix`, in which `{host}`
 *   stands for this host without `hosts`. One of `json` (a path such as
 *   `sensors[0].temperature`), `regex` (its first group, or the whole match) and `csv` (a column by
 *   its name in the first line, or by its number from 1, with `row`, the last unless given, and
 *   `separator`), and `scale`, a factor. Everything else is metadata of the metric.
 * - `unit`: a number that is given with another prefix, such as `831 mV` where the unit is `V`, or
 *   with another unit of the same kind, is converted to it, and one of another kind is refused. Not
 *   with `scale`, and not without a unit (`""`).
 *
 * The certificate of a management controller is often signed by itself. The flag
 * `--unsafely-ignore-certificate-errors=bmc7.example` accepts it, and `--cert FILE` an authority of
 * your own.
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
