#!/usr/bin/env -S deno run -A
/**
 * Look at a MetricQ network that is there already: values, units, rates and gaps live in the terminal,
 * or as exact lines for other programs.
 *
 * ```sh
 * deno run -A jsr:@metricq/source/watch --server amqp://localhost/ 'sysinfo.*'
 * ```
 *
 * It takes part as an ordinary agent, asks the manager which metrics there are, and subscribes to those
 * that are asked for: names, or patterns such as `example.*`, in which `*` stands for text.
 *
 * | with                        | it shows                                                     |
 * | --------------------------- | ------------------------------------------------------------ |
 * | `--list`                    | the names of metrics, with `--metadata` what is known of them |
 * | `--agents`                  | who is on the network                                        |
 * | `--problems`                | what is wrong: metadata, names, sources; with `--scan` points, too |
 * | `--plain`                   | lines of a log, also where the output is not a terminal      |
 * | `--format csv`              | each point as `metric,time,value`                            |
 * | `--format json`             | each point as an object a line                               |
 * | `--dashboard`               | a page of the network for the browser, with charts           |
 * | `--count 10`, `--for 10s`   | that many points, or for so long, and then ends              |
 *
 * Points in CSV and JSON are exact: times in ISO 8601 with nine digits behind the second, values as they
 * were sent. "No reading" is `NaN` in CSV and `null` in JSON. A pipe that ends, as with
 * `… | head`, ends the program too; one that is slow makes the points wait at the broker.
 *
 * ```sh
 * deno run -A jsr:@metricq/source/watch --server amqp://localhost/ --format csv --for 2s 'sysinfo.*' > points.csv
 * ```
 *
 * The page is served on loopback. It follows the metrics that are on the screen or in a chart, and lets go
 * of others 10 seconds later. `--couchdb https://user:password@host/` shows configurations where the
 * MetricQ Wizard keeps them, `--config-dir` those in a folder; with `--allow-configure` the page also
 * changes them, and sends them to the sources. Where a source tells what its configuration has to be, the
 * page checks and proposes while one types (`examples/configuration_schema.md`). `METRICQ_COUCHDB` in the
 * environment keeps the password out of the list of processes.
 *
 * ```sh
 * deno run -A jsr:@metricq/source/watch --server amqp://localhost/ --dashboard
 * ```
 *
 * `--problems` takes ten seconds to ask agents who they are, and prints what is wrong by kind, with what
 * helps. Words behind it filter as on the page: `rack source:source-x`. With `--scan` it receives the
 * metrics, `--scan-at-once` at a time for `--scan-time` each, and tells which are silent, off their rate,
 * with gaps, infinite or out of order. The exit status is 3 if there is an error or a warning.
 *
 * ```sh
 * deno run -A jsr:@metricq/source/watch --server amqp://localhost/ --problems --format json
 * ```
 *
 * At most `--limit` metrics are watched, 1000 unless given, and a warning says so if there are more.
 *
 * @module
 */

import { runUntilSignal } from "../agent/signals.ts";
import { isSubscribable } from "../chunk/metric_name.ts";
import { command } from "../cli/command.ts";
import { parsePort, parsePositiveInteger } from "../cli/parameters.ts";
import { printLine, printText } from "../cli/print.ts";
import { UsageError } from "../cli/usage_error.ts";
import { logger } from "../log.ts";
import { quote } from "../quote.ts";
import type { JsonObject } from "../rpc/json.ts";
import { Sink } from "../sink/sink.ts";
import { requireDuration } from "../time/require_duration.ts";
import type { Timedelta } from "../time/timedelta.ts";
import { clockOrSystem, sleep } from "../time/clock.ts";
import { VERSION } from "../version.ts";
import { discoverAgents } from "./discover_agents.ts";
import { findMetrics } from "./find_metrics.ts";
import { SCAN_LIMITS } from "./view/health_view.ts";
import { checkTogether } from "./options_together.ts";
import { type Format, FORMATS, RECORDS } from "./records.ts";
import { showRecords, showView } from "./show.ts";
import { metricLine } from "./metric_line.ts";
import { harmless } from "./terminal/text_width.ts";

const log = logger("watch");

const DEFAULT_LIMIT = 1000;
const DISCOVER_SECONDS = 2;
const DEFAULT_SCAN_METRICS = 200;
const DEFAULT_SCAN_TIME = "10s";
/** The exit status of `--problems` if there are some that matter. */
const EXIT_PROBLEMS = 3;

/** What the command line asks for. */
interface Request {
  readonly format: Format | undefined;
  readonly metadata: boolean;
  readonly plain: boolean;
  readonly count: number | undefined;
  readonly for: Timedelta | undefined;
  readonly limit: number;
}

/** Looks at a network as a command line says. */
export async function main(args: readonly string[] = Deno.args): Promise<void> {
  let isIll = false;
  await command(
    {
      defaultToken: "watch-deno",
      version: VERSION,
      sends: false,
      description:
        "Shows metrics of a MetricQ network: live in the terminal, or each point as a line " +
        "for other programs.",
      operands: {
        name: "METRIC",
        description:
          'Names of metrics, or patterns such as "example.*", in which * stands for any characters',
      },
      options: {
        list: { flag: true, description: "Print the names of the metrics instead of their values" },
        agents: { flag: true, description: "Print which agents are on the network" },
        problems: { flag: true, description: "Print what is wrong on the network" },
        scan: {
          flag: true,
          description: "With --problems: receive metrics for a while, some at a time, too",
        },
        "scan-at-once": {
          description: "How many metrics a scan receives at a time, up to 1000",
          valueName: "COUNT",
          parse: parseScanMetrics,
          default: DEFAULT_SCAN_METRICS,
        },
        "scan-time": {
          description: "How long a scan receives each, 1s to 5min",
          valueName: "DURATION",
          parse: parseScanTime,
          default: parsePositiveDuration(DEFAULT_SCAN_TIME),
        },
        metadata: { flag: true, description: "Print what is known of each metric, too" },
        dashboard: { flag: true, description: "Serve a page of the network, for the browser" },
        "dashboard-port": {
          description: "Port of that page, 0 for a free one",
          valueName: "PORT",
          default: 0,
          parse: parsePort,
        },
        "allow-configure": {
          flag: true,
          description: "Let the page change configurations; without it, it only shows them",
        },
        couchdb: {
          description:
            "Where the network keeps its configurations: http[s]://[user:password@]host/",
          valueName: "URL",
        },
        "config-dir": {
          description: "A folder that keeps configurations instead, TOKEN.json each",
          valueName: "FOLDER",
        },
        plain: { flag: true, description: "Print lines instead of a live view" },
        format: {
          description: "Print each point, or with --list each metric, as",
          choices: FORMATS,
        },
        count: { description: "End after this many points", parse: parsePositiveInteger },
        for: {
          description: "End after this time",
          valueName: "DURATION",
          parse: parsePositiveDuration,
        },
        limit: {
          description: "The most metrics to show",
          parse: parsePositiveInteger,
          default: DEFAULT_LIMIT,
        },
      },
    },
    async ({ server, token, list, agents, dashboard, problems, ...request }, patterns) => {
      checkTogether({ list, agents, dashboard, problems, ...request });
      if (request.scan && !problems) {
        throw new UsageError("Cannot scan alone: --problems is required");
      }
      if (dashboard && patterns.length > 0) {
        throw new UsageError(
          "Cannot choose metrics for the dashboard: they are found and chosen on the page, no names are required",
        );
      }
      // Where they are kept may stand in the environment, for whenever the page is asked for.
      if (!dashboard && request.allowConfigure) {
        throw new UsageError(
          "Cannot change configurations without the page: --dashboard is required",
        );
      }
      // Loaded only where it is asked for; what is wrong is told before anything is connected.
      const show = dashboard
        ? (await import("./show_dashboard.ts")).dashboardOf(request)
        : undefined;
      if (patterns.length === 0 && !list && !agents && !dashboard && !problems) {
        throw new UsageError(
          'Cannot watch: no metric is given, names or patterns such as "example.*" are required ' +
            "(--list shows what there is)",
        );
      }
      await using sink = new Sink({ token, url: server, clientVersion: VERSION });
      await untilSignal(sink, async () => {
        await sink.connect();
        if (show !== undefined) await show(sink);
        else if (agents) await printAgents(sink);
        else if (problems) {
          const { printProblems } = await import("./print_problems.ts");
          isIll = await printProblems(sink, patterns, request);
        } else if (list) await printList(sink, patterns, request);
        else await watch(sink, patterns, request);
      });
    },
    args,
  );
  if (isIll && Deno.exitCode === 0) Deno.exitCode = EXIT_PROBLEMS;
}

function parseScanMetrics(text: string): number {
  const metrics = parsePositiveInteger(text);
  if (metrics <= SCAN_LIMITS.atATime) return metrics;
  throw new RangeError(`at most ${SCAN_LIMITS.atATime} are allowed`);
}

function parseScanTime(text: string): Timedelta {
  const time = parsePositiveDuration(text);
  if (time.s >= 1 && time.s <= SCAN_LIMITS.seconds) return time;
  throw new RangeError(`1 s to ${SCAN_LIMITS.seconds} s are required`);
}

function parsePositiveDuration(text: string): Timedelta {
  return requireDuration("Cannot wait", text);
}

/** Works until a signal stops the sink: what fails from then on fails because of that, and is no error. */
async function untilSignal(sink: Sink, work: () => Promise<void>): Promise<void> {
  let isStopping = false;
  const stop = (error?: Error) => {
    isStopping = true;
    void sink.stop(error);
  };
  await runUntilSignal(stop, async () => {
    try {
      await work();
    } catch (error) {
      if (!isStopping) throw error;
    }
    if (isStopping) await sink.stopped(); // which tells the signal
  });
}

async function printAgents(sink: Sink): Promise<void> {
  for (const [token, answer] of await discoverAgents(sink, DISCOVER_SECONDS)) {
    const texts = ["hostname", "metricqVersion", "version", "startingTime"].map((field) =>
      typeof answer[field] === "string" ? harmless(answer[field]) : "–"
    );
    printLine([harmless(token), ...texts].join("  "));
  }
}

async function printList(sink: Sink, patterns: readonly string[], request: Request): Promise<void> {
  const metrics = await find(sink, patterns.length === 0 ? ["*"] : patterns, request.limit);
  const { format } = request;
  if (format !== undefined) printText(RECORDS[format].metricHeading);
  for (const [name, metadata] of metrics) {
    if (format !== undefined) printText(RECORDS[format].metric(name, metadata));
    else printLine(metricLine(name, request.metadata ? metadata : undefined));
  }
}

async function watch(sink: Sink, patterns: readonly string[], request: Request): Promise<void> {
  const metrics = subscribable(await find(sink, patterns, request.limit));
  if (metrics.size === 0) {
    throw new UsageError(
      `Cannot watch: no metric is found by ${patterns.join(" ")}, one at least is required ` +
        "(--list shows what there is)",
    );
  }
  const over = new AbortController();
  const { signal } = over;
  if (request.for !== undefined) {
    void sleep(clockOrSystem(), request.for.ms, signal).then(() => over.abort());
  }
  const chunks = sink.subscribe([...metrics.keys()], { signal });
  // What comes first tells its reader that from now on nothing is missed. What fails is thrown below.
  await chunks.metadata.catch(() => {});
  const described = request.metadata ? metrics : new Map<string, JsonObject>();
  const show = request.format === undefined
    ? showView(metrics, { described, plain: request.plain, title: sink.url, signal })
    : showRecords(request.format, described);
  let left = request.count ?? Infinity;
  try {
    for await (const chunk of chunks) {
      if (!show.add(chunk, Math.min(left, chunk.length))) break;
      left -= chunk.length;
      if (left <= 0) break;
    }
  } finally {
    over.abort();
    await show.ended;
  }
}

/** One that is refused would be refused with all others. */
function subscribable(found: ReadonlyMap<string, JsonObject>): ReadonlyMap<string, JsonObject> {
  const left = [...found.keys()].filter((name) => !isSubscribable(name));
  if (left.length === 0) return found;
  log.warn(
    "Cannot subscribe to {names}: 1 to 255 bytes of UTF-8, with parts other than * and #, are required",
    { names: left.map((name) => quote(name)).join(" ") },
  );
  return new Map([...found].filter(([name]) => isSubscribable(name)));
}

async function find(
  sink: Sink,
  patterns: readonly string[],
  limit: number,
): Promise<ReadonlyMap<string, JsonObject>> {
  const { metrics, cut, unmatched } = await findMetrics(sink, patterns, limit);
  if (cut.length > 0) {
    log.warn("Showing {limit} metrics, there are more: {patterns} (--limit takes another number)", {
      limit,
      patterns: cut.join(" "),
    });
  }
  if (metrics.size > 0 && unmatched.length > 0) {
    log.warn("Not declared on this network: {patterns}", { patterns: unmatched.join(" ") });
  }
  return metrics;
}

if (import.meta.main) await main();
