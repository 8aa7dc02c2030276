#!/usr/bin/env -S deno run --no-prompt --allow-net --allow-env=METRICQ_* --allow-sys=hostname,cpus,loadavg,systemMemoryInfo --allow-run=cat --allow-read=.
/**
 * A source of measurements of this host: processor, memory, load, network, disks, power, temperatures
 * and fans.
 *
 * ```sh
 * deno run --no-prompt --allow-net '--allow-env=METRICQ_*' --allow-read=. \
 *   --allow-sys=hostname,cpus,loadavg,systemMemoryInfo --allow-run=cat \
 *   jsr:@metricq/source/sysinfo --server amqp://localhost/ --token source-sysinfo
 * ```
 *
 * `--allow-run=cat` is for what Linux tells in files: to read `/proc` and `/sys` itself Deno wants
 * `-A`. Without either these groups are left out. The configuration, to paste; `{}` will do as well:
 *
 * ```json
 * {
 *   "prefix": "example.{host}",
 *   "interval": "1s",
 *   "groups": {
 *     "cpu": { "interval": "100ms", "cores": true },
 *     "memory": {},
 *     "load": { "interval": "10s" },
 *     "network": {},
 *     "disk": { "interval": "5s" }
 *   },
 *   "rename": { "network.*.received": "net.*.in" }
 * }
 * ```
 *
 * - `prefix`: what the names of the metrics begin with, `sysinfo.{host}` unless given; `{host}` is
 *   the name of this host.
 * - `interval` (or `rate` in Hz) of a group, or at the top for those without their own; 1 s unless
 *   given.
 * - `align` of a group, or at the top for those without their own: with `true` it is read at round
 *   times of day (UTC), such as full minutes, which its points then have.
 * - `groups`: what to measure; those that this host has unless given. A group that is named here and
 *   that there is not, or that may not be read, is refused with the reason. The metrics of each are
 *   below.
 * - `cores` and `frequency` of `cpu`: with `true` each core is measured as well.
 * - `rename`: other names behind `prefix`. `*` stands for a part of the name, and for the same in the
 *   new one. `{ "name": …, "scale": …, "unit": … }` in place of a name also changes the number, and
 *   the metadata.
 * - `root`: the folder that `proc` and `sys` are in, `/` unless given: in a container a bind mount of
 *   the host's, which Deno reads with `--allow-read=/host`.
 *
 * | group         | system | metrics                                                                       |
 * | ------------- | ------ | ----------------------------------------------------------------------------- |
 * | `cpu`         | any    | `cpu.utilization`, `cpu.user`, `cpu.system`: shares of the processors' time, 0 to 1; on request `cpu.core0.utilization` … and `cpu.core0.frequency` … in Hz |
 * | `memory`      | any    | `memory.used`, `memory.available`, and but on Windows `memory.swap.used` in B |
 * | `load`        | Linux, macOS | `load.one_minute`, `load.five_minutes`, `load.fifteen_minutes`          |
 * | `network`     | Linux  | `network.<interface>.received`, `….sent` in B/s; `….received_packets`, `….sent_packets`, `….receive_errors`, `….receive_drops`, `….send_errors`, `….send_drops` in packets per second |
 * | `disk`        | Linux  | `disk.<device>.read`, `….written` in B/s; `….reads`, `….writes` per second; `….busy`, a share of the time |
 * | `power`       | Linux  | `power.<package>`, `power.<package>.<zone>` in W, by RAPL; often readable by root |
 * | `temperature` | Linux  | `temperature.<chip>.<sensor>` in °C                                           |
 * | `fan`         | Linux  | `fan.<chip>.<sensor>` per minute                                              |
 *
 * On macOS and Windows the program has not been run yet. What it measures there comes from Deno itself,
 * which takes `--allow-sys` as above; `--allow-run=cat` is of use on Linux alone.
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
      description: "Measures this host, from its processor to its fans, and sends that to a " +
        "MetricQ network, as its configuration there says.",
    },
    ({ server, token }) => new SysinfoSource({ token, url: server, clientVersion: VERSION }).run(),
  );
}
