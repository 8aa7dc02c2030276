#!/usr/bin/env -S deno run --no-prompt --allow-net --allow-env=METRICQ_*,PATH --allow-sys=hostname --allow-read=.
/**
 * A source that runs commands and finds numbers in what they print.
 *
 * Which programs it may run is for you to say when you start it, with `--allow-run`: whoever may
 * configure the source can run these, with any arguments, and nothing else.
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
 * - `command`: the program and its arguments, as a list; no shell reads them. Of the environment it
 *   gets `PATH`, and `LC_ALL=C`, so that numbers are printed the same everywhere.
 * - `interval` (or `rate` in Hz) of a command, or of all; 1 s if there is neither. `timeout`: 10 s
 *   unless given; a command that takes longer is killed.
 * - `align` of a command, or of all: with `true` it is run at round times of day (UTC), such as full
 *   minutes, which its points then have.
 * - `values`: where the numbers are, by the name of the metric behind `prefix`. One of `regex` (its
 *   first group, or the whole match), `json` (a path) and `csv` (a column by its name in the first
 *   line, or by its number from 1, with `row`, the last unless given, and `separator`), and `scale`,
 *   a factor. Everything else is metadata of the metric.
 *
 * A command that fails, prints more than 1 MiB, or prints no number where one should be, gives "no
 * reading" (NaN) and is run again at its next turn.
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
