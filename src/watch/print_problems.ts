/**
 * The list of what is wrong on a network, for the terminal and for other programs.
 *
 * @module
 */

import { coreOf } from "../agent/agent.ts";
import { printLine, printText } from "../cli/print.ts";
import { logger } from "../log.ts";
import { counted } from "../quote.ts";
import type { Sink } from "../sink/sink.ts";
import { clockOrSystem, sleep } from "../time/clock.ts";
import type { Timedelta } from "../time/timedelta.ts";
import { LiveMetrics } from "./live_metrics.ts";
import type { Format } from "./records.ts";
import { harmless } from "./terminal/text_width.ts";
import type { HealthView, Problem, ScanRequest } from "./view/health_view.ts";
import { KIND_NAMES, PROBLEM_KINDS } from "./view/problem_kinds.js";
import { csvField } from "./view/record_text.ts";

const log = logger("watch");

const POLL_MS = 200;
const PART = 1000;
// Metadata of 100 000 metrics takes some seconds, agents are given ten.
const MAX_WAIT_MS = 120_000;

/** What the command line asks for. */
export interface ProblemsRequest {
  readonly format: Format | undefined;
  readonly limit: number;
  readonly scan: boolean;
  readonly scanAtOnce: number;
  readonly scanTime: Timedelta;
}

/**
 * Prints what is wrong on a connected sink's network.
 *
 * @param words What the metrics and sources are filtered by, as on the page.
 * @returns Whether there is an error or a warning.
 * @throws If the manager cannot list the metrics, or the sink is stopped before all is known.
 */
export async function printProblems(
  sink: Sink,
  words: readonly string[],
  { format, limit, scan, scanAtOnce, scanTime }: ProblemsRequest,
): Promise<boolean> {
  const clock = clockOrSystem();
  await using live = new LiveMetrics({ join: () => Promise.resolve(sink), clock });
  const { health } = live;
  const { stopping } = coreOf(sink);
  const filter = words.join(" ");
  const startMs = clock.nowMs();
  for (;;) {
    const { unread, hasAskedAgents } = await health.problems({ count: 0 });
    // Of what is not known nothing is wrong: that must not look like good news.
    stopping.throwIfAborted();
    if (live.listFailure !== undefined) throw live.listFailure;
    if (unread === 0 && hasAskedAgents) break;
    if (clock.nowMs() - startMs > MAX_WAIT_MS) {
      log.warn("Not all is known: the metadata of {unread} metrics is missing, agents {answers}", {
        unread,
        answers: hasAskedAgents ? "were asked" : "could not be asked",
      });
      break;
    }
    await sleep(clock, POLL_MS, stopping);
  }
  if (scan) await runScan(health, { filter, atATime: scanAtOnce, seconds: scanTime.s }, stopping);
  const { counts } = await health.problems({ filter, count: 0 });
  const print = format === undefined ? printText : undefined;
  if (format === "csv") printText("kind,severity,subject,source,since,scanned,detail\n");
  let last: string | undefined;
  for await (const problem of problemsOf(health, filter, limit)) {
    if (format === "csv") printText(csvLine(problem));
    else if (format === "json") printText(`${JSON.stringify(record(problem))}\n`);
    else if (last !== problem.kind) {
      printLine(heading(problem, counts[problem.kind] ?? 0));
      last = problem.kind;
    }
    print?.(`${line(problem)}\n`);
  }
  const numbers = bySeverity(counts);
  const all = numbers.error + numbers.warning + numbers.note;
  if (all > limit) {
    log.warn("Showing {limit} problems, there are {all} (--limit takes another number)", {
      limit,
      all,
    });
  }
  print?.(
    `${counted(numbers.error, "error")}, ${counted(numbers.warning, "warning")}, ` +
      `${counted(numbers.note, "note")}\n`,
  );
  return numbers.error + numbers.warning > 0;
}

async function runScan(
  health: HealthView,
  request: ScanRequest,
  stopping: AbortSignal,
): Promise<void> {
  const clock = clockOrSystem();
  health.startScan(request);
  do {
    await sleep(clock, POLL_MS, stopping);
    stopping.throwIfAborted();
  } while ((health.scan?.status ?? "running") === "running");
  const { status, scanned, total, unjudged, seconds, reason } = health.scan ?? {};
  if (status !== "done") {
    log.warn("The scan has ended after {scanned} of {total} metrics: {reason}", {
      scanned,
      total,
      reason: reason ?? status,
    });
  }
  if (unjudged) {
    log.warn("{unjudged} metrics are too slow to be judged in {seconds} s", { unjudged, seconds });
  }
}

async function* problemsOf(
  health: HealthView,
  filter: string,
  limit: number,
): AsyncGenerator<Problem> {
  for (let first = 0; first < limit; first += PART) {
    const count = Math.min(PART, limit - first);
    const { problems } = await health.problems({ filter, first, count });
    yield* problems;
    if (problems.length < count) return;
  }
}

function heading({ kind }: Problem, count: number): string {
  const { severity, title, meaning, help } = PROBLEM_KINDS[kind];
  return `${title} (${severity}, ${count})\n  ${meaning}\n  ${help}`;
}

function line({ subject, source, sinceMs, detail }: Problem): string {
  return harmless([
    `  - ${subject}`,
    ...detail === "" ? [] : [detail],
    ...source === undefined || source === subject ? [] : [`of ${source}`],
    ...sinceMs === undefined ? [] : [`since ${new Date(sinceMs).toISOString()}`],
  ].join(", "));
}

/** A problem for other programs, with times in ISO 8601. */
function record({ kind, subject, source, sinceMs, scannedMs, detail }: Problem) {
  const time = (ms: number | undefined) => ms === undefined ? null : new Date(ms).toISOString();
  return {
    kind,
    severity: PROBLEM_KINDS[kind].severity,
    subject,
    source: source ?? null,
    since: time(sinceMs),
    scanned: time(scannedMs),
    detail,
  };
}

function csvLine(problem: Problem): string {
  return `${Object.values(record(problem)).map((value) => csvField(value ?? "")).join(",")}\n`;
}

function bySeverity(
  counts: Readonly<Partial<Record<string, number>>>,
): Record<"error" | "warning" | "note", number> {
  const numbers = { error: 0, warning: 0, note: 0 };
  for (const kind of KIND_NAMES) numbers[PROBLEM_KINDS[kind].severity] += counts[kind] ?? 0;
  return numbers;
}
