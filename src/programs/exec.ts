#!/usr/bin/env -S deno run --no-prompt --allow-net --allow-env=METRICQ_*,PATH --allow-sys=hostname --allow-read=.
/**
 * A source that runs commands and finds numbers in what they print.
 *
 * `--allow-run` decides which programs it may run. A configuration chooses among these, and their arguments;
 * Deno refuses others.
 *
 * ```sh
 * deno run --no-prompt --allow-net '--allow-env=METRICQ_*,PATH' --allow-sys=hostname --allow-read=. \
 *   --allow-run=df,cat jsr:@metricq/source/exec --server amqp://localhost/ --token source-exec
 * ```
 *
 * Its configuration, to paste:
 *
 * ```json
 * {
 *   "prefix": "example.{host}",
 *   "interval": "1min",
 *   "commands": {
 *     "disk": {
 *       "command": ["df", "--output=pcent,avail", "-B1", "/"],
 *       "values": {
 *         "disk.root.used": { "csv": "Use%", "separator": " ", "unit": "", "scale": 0.01 },
 *         "disk.root.available": { "csv": "Avail", "separator": " ", "unit": "B" }
 *       }
 *     },
 *     "files": {
 *       "command": ["cat", "/proc/sys/fs/file-nr"],
 *       "interval": "2s",
 *       "timeout": "1s",
 *       "values": { "files.open": { "regex": "^\\d+", "unit": "", "description": "Open files" } }
 *     }
 *   }
 * }
 * ```
 *
 * - `command`: the program and its arguments, as a list; they are run without a shell. Of the
 *   environment it gets `PATH`, and `LC_ALL=C`, so that numbers are printed the same everywhere.
 * - `interval` (or `rate` in Hz) of a command, or at the top for those without their own; 1 s
 *   unless given. `timeout`: 10 s unless given; a command that takes longer is killed.
 * - `align` of a command, or at the top for those without their own: with `true` it is run at round
 *   times of day (UTC), such as full minutes, which its points then have.
 * - `offset` of a command, or at the top: how much later than round times aligned commands are run, or
 *   `"spread"` for a part of the interval that is another for each. `backoff`: the longest time for
 *   which one that fails is left alone; without it each turn tries again.
 * - `skipRepeated`: with `true` the second of two readings with the same numbers is left out, for a
 *   device that is asked twice as often as it measures.
 * - `time` of a command: `"asked"` unless given, or `"answered"`, or where in its output the time of
 *   its values is, as below: ISO 8601 with a zone, or a number since 1970 in `unit`, which is `s`
 *   unless given, or `ms`, `us`, `ns`. A value with its own `time` has that. What has such a time is
 *   sent once for each time.
 * - `values`: where the numbers are, by the name of the metric behind `prefix`. One of `regex` (its
 *   first group, or the whole match; without look-ahead and back references, so that it takes linear
 *   time), `json` (a path such as `a[0].b` or `$.a[0].b`) and `csv` (a column by its name in the first
 *   line, or by its number from 1, with `row`, the last unless given, and `separator`), and `scale`,
 *   a factor. Everything else is metadata of the metric.
 * - `unit`: a number that is printed with another prefix, such as `831 mV` where the unit is `V`, or
 *   with another unit of the same kind, is converted to it, and one of another kind is refused. Not with
 *   `scale`, and not without a unit (`""`).
 *
 * A command that fails, prints more than 1 MiB, or has something else where a number should be,
 * gives "no reading" (NaN) and is run again at its next turn. When a command has ended, or is too
 * slow, its group of processes is killed: what it has started, unless that has left the group. This
 * takes `--allow-run` without a list, as Deno does not signal a group otherwise: with a list the
 * command alone is killed, and the log says so once.
 *
 * @module
 */

import { command } from "../cli/command.ts";
import { VERSION } from "../version.ts";
import { ExecSource } from "./exec_source.ts";

if (import.meta.main) {
  await command(
    {
      defaultToken: "source-exec",
      version: VERSION,
      description: "Runs commands and sends the numbers in their output to a MetricQ network, " +
        "as its configuration there says.",
    },
    ({ server, token }) => new ExecSource({ token, url: server, clientVersion: VERSION }).run(),
  );
}
