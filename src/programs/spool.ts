#!/usr/bin/env -S deno run --no-prompt --allow-net --allow-env=METRICQ_* --allow-sys=hostname --allow-read --allow-write
/**
 * Looks into the spool of a source, and gets the data out of it: to the network, or as text.
 *
 * ```sh
 * deno run -A jsr:@metricq/source/spool list source-example.spool
 * deno run -A jsr:@metricq/source/spool check source-example.spool
 * deno run -A jsr:@metricq/source/spool export source-example.spool --format csv > points.csv
 * deno run -A jsr:@metricq/source/spool send source-example.spool --server amqp://localhost/
 * ```
 *
 * - `list` (also without a word): what is in the file, by metric, and the times of the points.
 * - `check`: whether it is as it was written. The exit status is 1 if it is not.
 * - `export`: its points, one in a line, with `--format csv` (the default) or `jsonl` (JSON lines). With
 *   `--damaged` those that were set aside as damaged, as far as they can be read: their values may be
 *   wrong.
 * - `send`: sends what is whole to the network, as the source that it belongs to, and takes from the
 *   file what the broker has confirmed. The source must not be running.
 *
 * `list`, `check` and `export` leave the file as it is; they look at a copy, in the folder for temporary
 * files. A file that a source is using is refused.
 *
 * A time is in UTC, with nanoseconds. A value is a number, or empty in CSV and `null` in JSON where a
 * reading failed (NaN).
 *
 * @module
 */

import { command } from "../cli/command.ts";
import { UsageError } from "../cli/usage_error.ts";
import { VERSION } from "../version.ts";
import { checkSpool, EXPORT_FORMATS, exportSpool, listSpool, sendSpool } from "./spool_actions.ts";

const ACTIONS = ["list", "check", "export", "send"] as const;
const DEFAULT_TOKEN = "source-spool";

function readOperands(operands: readonly string[]): { action: string; file: string } {
  const [first = "", second] = operands;
  if (second === undefined) return { action: "list", file: first };
  const isAction = (text: string) => ACTIONS.some((action) => action === text);
  if (isAction(first)) return { action: first, file: second };
  if (isAction(second)) return { action: second, file: first };
  throw new UsageError(
    `Cannot do "${first}": ${ACTIONS.slice(0, -1).join(", ")} or ${ACTIONS.at(-1)} is required`,
  );
}

if (import.meta.main) {
  await command(
    {
      defaultToken: DEFAULT_TOKEN,
      version: VERSION,
      description: "Lists, checks, exports or sends what a source has left in its spool.",
      requireServer: false,
      sends: false, // what would be chosen for new points has no effect on those in the file
      operands: {
        name: "ACTION|FILE",
        description: "list (also without it), check, export or send; and the spool",
        least: 1,
        most: 2,
      },
      options: {
        format: {
          description: "What export writes",
          choices: EXPORT_FORMATS,
          default: EXPORT_FORMATS[0],
        },
        damaged: { flag: true, description: "Export what was set aside as damaged" },
      },
    },
    async ({ server, token: given, format, damaged }, operands) => {
      const { action, file } = readOperands(operands);
      // Otherwise the file tells.
      const token = given === DEFAULT_TOKEN ? undefined : given;
      if (action === "list") await listSpool(file, token);
      else if (action === "check") await checkSpool(file, token);
      else if (action === "export") await exportSpool(file, token, { format, damaged });
      else if (server === undefined) {
        throw new UsageError(
          "Cannot send: --server is not given, the address of the network is required",
        );
      } else await sendSpool(file, token, server);
    },
  );
}
