#!/usr/bin/env -S deno run --no-prompt --allow-net --allow-env=METRICQ_* --allow-sys=hostname --allow-read=.
/**
 * A source that reads SNMP devices, such as switches, power distribution units and UPSs. It does not
 * write them, and does not take traps.
 *
 * ```sh
 * deno run --no-prompt --allow-net '--allow-env=METRICQ_*' --allow-sys=hostname --allow-read=. \
 *   jsr:@metricq/source/snmp --server amqp://localhost/ --token source-snmp
 * ```
 *
 * `--allow-net=broker.example:5672,0.0.0.0:0,10.0.0.7:161` keeps it from reaching other devices:
 * `0.0.0.0:0` (`[::]:0` for IPv6) is its own end, and a device that is configured by its name takes
 * both the name and the address. Its configuration, to paste:
 *
 * ```json
 * {
 *   "prefix": "example",
 *   "interval": "10s",
 *   "devices": {
 *     "switches": {
 *       "address": "{host}:161",
 *       "hosts": "switch[1-2].example",
 *       "community": "public",
 *       "timeout": "5s",
 *       "values": {
 *         "{host}.uptime": { "oid": "1.3.6.1.2.1.1.3.0", "scale": 0.01, "unit": "s" },
 *         "{host}.load": { "oid": "1.3.6.1.4.1.2021.10.1.3.1", "unit": "" }
 *       },
 *       "tables": {
 *         "ports": {
 *           "labels": { "port": "1.3.6.1.2.1.31.1.1.1.1" },
 *           "values": {
 *             "{host}.{port}.received": {
 *               "oid": "1.3.6.1.2.1.31.1.1.1.6",
 *               "unit": "B/s",
 *               "description": "Received by {port} of {host}"
 *             },
 *             "{host}.{port}.errors": { "oid": "1.3.6.1.2.1.2.2.1.14", "unit": "1/s" }
 *           }
 *         }
 *       }
 *     }
 *   }
 * }
 * ```
 *
 * - `address`: host and port, 161 unless given, in which `{host}` is each of `hosts`, a list in which
 *   ranges stand in brackets. `names`: as many, for `{name}` in names of metrics and in `description`.
 *   Entries with the same address are read one at a time.
 * - `community`: with it SNMP v2c is spoken; `public` unless given.
 * - `user`: with it SNMP v3 is spoken, as in `{ "name": "metricq", "auth": "SHA-256", "authPassword":
 *   "…", "privacy": "AES", "privacyPassword": "…" }`. `auth`: `MD5`, `SHA`, `SHA-224`, `SHA-256`,
 *   `SHA-384`, `SHA-512`. `privacy`: `AES`, `AES-256`, or `AES-256-C`, which is that of Cisco; DES
 *   is not among them. Without `privacy` answers are signed and can be read by others, and without
 *   `auth` they are not signed either. `context`: that of the device, if it has several.
 * - `interval` (or `rate` in Hz) of a device, or at the top for those without their own; 1 s unless
 *   given. `align`: with `true` it is read at round times of day (UTC), which the points then have.
 *   `timeout`: 10 s unless given, for what is read at a time. `resend`: a request without an answer is
 *   sent again after so long, 1 s unless given, then after twice as long, and so on until `timeout`.
 * - `offset` of a device, or at the top: how much later than round times aligned devices are read, or
 *   `"spread"` for a part of the interval that is another for each. `backoff`: the longest time for
 *   which one that fails is left alone; without it each turn tries again.
 * - `skipRepeated`: with `true` the second of two readings with the same numbers is left out, for a
 *   device that is asked twice as often as it measures.
 * - `values`: objects, by the name of the metric behind `prefix`, in which `{host}` is one of `hosts`,
 *   and `{name}` one of `names`. `oid`: in numbers; `snmptranslate -On IF-MIB::ifInOctets.3` tells
 *   that of a name. Texts are read as numbers, a unit behind one is converted to `unit`. `scale`: a
 *   factor. Other fields are metadata.
 * - `counter`: of a counter (Counter32 or Counter64) `"rate"`, unless given, sends how much it grows per
 *   second, also when it begins again at 0 (NaN if the device has begun anew), `"total"` what it shows,
 *   which is exact up to 2^53. `"rate"` does so for other types, too.
 * - `tables`: each has `values` whose `oid` is that of a column. `labels`: columns of texts that tell
 *   the rows apart, by the names of their placeholders; `{index}` is what stands behind the column in
 *   an OID. In names of metrics characters other than letters, digits and `_` become `_`. `rows`:
 *   patterns of these texts, as in `{ "port": "eth*", "index": "1.*" }`: rows that do not match are
 *   left out.
 *
 * A device that does not answer in time, which may mean that it does not know the community, or sends
 * what is not an answer, gives "no reading" (NaN) for each of its metrics; so does an object that it
 * does not have, or that is not a number, for its own. It is asked again at its next turn. Metrics of
 * tables are declared when their row is first seen, at most 20 000 of an entry; one whose row has gone
 * gives NaN once. A table of more than 100 000 values, and one whose rows do not go up, is not read.
 *
 * @module
 */

import { command } from "../cli/command.ts";
import { VERSION } from "../version.ts";
import { SnmpSource } from "./snmp_source.ts";

if (import.meta.main) {
  await command(
    {
      defaultToken: "source-snmp",
      version: VERSION,
      description: "Reads SNMP devices and sends what they tell to a MetricQ network, as its " +
        "configuration there says.",
    },
    ({ server, token }) => new SnmpSource({ token, url: server, clientVersion: VERSION }).run(),
  );
}
