#!/usr/bin/env -S deno run --no-prompt --allow-net --allow-env=METRICQ_* --allow-sys=hostname,cpus,loadavg,systemMemoryInfo --allow-run=cat --allow-read=.
/**
 * A source of measurements of this host: processor, memory, load, network and disks.
 *
 * ```sh
 * deno run --no-prompt --allow-net '--allow-env=METRICQ_*' --allow-read=. \
 *   --allow-sys=hostname,cpus,loadavg,systemMemoryInfo --allow-run=cat \
 *   jsr:@metricq/source/sysinfo --server amqp://localhost/ --token source-sysinfo
 * ```
 *
 * `--allow-run=cat` is for network and disks (Linux): Deno reads `/proc` itself with `-A` only.
 * Without it they are left out. The configuration, to paste; `{}` will do as well:
 *
 * ```json
 * {
 *   "prefix": "example.{host}",
 *   "interval": "1s",
 *   "groups": {
 *     "cpu": { "interval": "100ms" },
 *     "memory": {},
 *     "load": { "interval": "10s" },
 *     "network": {},
 *     "disk": { "interval": "5s" }
 *   }
 * }
 * ```
 *
 * - `prefix`: what the names of the metrics begin with, `sysinfo.{host}` unless given; `{host}` is
 *   the name of this host.
 * - `interval` (or `rate` in Hz) of a group, or at the top for those without their own; 1 s unless
 *   given.
 * - `align` of a group, or at the top for those without their own: with `true` it is read at round
 *   times of day (UTC), such as full minutes, which its points then have.
 * - `groups`: what to measure; those below unless given. The metrics of each are below.
 *
 * | group     | metrics                                                                           |
 * | --------- | --------------------------------------------------------------------------------- |
 * | `cpu`     | `cpu.utilization`, `cpu.user`, `cpu.system`: shares of the processors' time, 0 to 1 |
 * | `memory`  | `memory.used`, `memory.available`, `memory.swap.used` in B                        |
 * | `load`    | `load.one_minute`, `load.five_minutes`, `load.fifteen_minutes`                    |
 * | `network` | `network.<interface>.received`, `network.<interface>.sent` in B/s                 |
 * | `disk`    | `disk.<device>.read`, `disk.<device>.written` in B/s                              |
 *
 * @module
 */

import { command } from "../cli/command.ts";
import { VERSION } from "../version.ts";
import { SysinfoSource } from "./sysinfo_source.ts";

if (import.meta.main) {
  await command(
    {
      defaultToken: "source-sysinfo",
      version: VERSION,
      description: "Measures this host, processor, memory, load, network and disks, and sends it " +
        "to a MetricQ network, as its configuration there says.",
    },
    ({ server, token }) => new SysinfoSource({ token, url: server, clientVersion: VERSION }).run(),
  );
}
