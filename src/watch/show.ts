/**
 * What is done with the points that arrive: they are shown in the terminal, or written as records.
 *
 * @module
 */

import { printLine, printText } from "../cli/print.ts";
import type { JsonObject } from "../rpc/json.ts";
import type { SinkChunk } from "../sink/sink_chunk.ts";
import { metricLine } from "./metric_line.ts";
import { type Format, RECORDS } from "./records.ts";
import { startLiveView } from "./terminal/live_view.ts";
import { WatchedMetrics } from "./watched_metrics.ts";

/** Takes points until it has no reader any more. */
export interface Show {
  /** Takes the first `count` points of a chunk. Returns whether somebody wants more. */
  add(chunk: SinkChunk, count: number): boolean;
  /** Settles when nothing will be written any more. */
  readonly ended: Promise<void>;
}

/** How a view is shown. */
export interface ViewOptions {
  /** Metrics whose metadata is printed first. */
  readonly described: ReadonlyMap<string, JsonObject>;
  readonly plain: boolean;
  /** What stands above. */
  readonly title: string;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Shows metrics live in the terminal, or as lines of a log. */
export function showView(
  metrics: ReadonlyMap<string, JsonObject>,
  { described, plain, title, signal }: ViewOptions,
): Show {
  for (const [name, metadata] of described) printLine(metricLine(name, metadata));
  const view = new WatchedMetrics(metrics);
  let hasReader = true;
  const ended = startLiveView({
    view,
    write: (text) => hasReader = printText(text),
    size: () => Deno.consoleSize(),
    signal,
    title: [title],
    plain: plain || !Deno.stdout.isTerminal(),
  });
  return {
    add(chunk) {
      view.add(chunk);
      return hasReader;
    },
    ended,
  };
}

/** Writes each point as a line for other programs, and before them each metric that is given. */
export function showRecords(format: Format, described: ReadonlyMap<string, JsonObject>): Show {
  const records = RECORDS[format];
  let heading = records.heading;
  if (described.size > 0) {
    const lines = [...described].map(([name, metadata]) => records.metric(name, metadata));
    heading = `${records.metricHeading}${lines.join("")}${heading}`;
  }
  printText(heading);
  return {
    add: (chunk, count) => printText(records.points(chunk, count)),
    ended: Promise.resolve(),
  };
}
