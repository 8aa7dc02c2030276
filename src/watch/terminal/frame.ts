/**
 * The lines of the live view.
 *
 * @module
 */

import type { AgentView, MetricView, MetricWindow, Summary } from "../view/network_view.ts";
import { rateState } from "../view/summary.ts";
import { rateText, unitText, valueText } from "./metric_text.ts";
import type { Sparklines } from "./sparkline.ts";
import { fit, harmless, textWidth, wrap } from "./text_width.ts";

/** The size of a terminal, in cells. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** What a frame shows. */
export interface FrameContent {
  /** The first metrics: as many as the terminal has rows, if there are so many. */
  readonly window: MetricWindow;
  readonly summary: Summary;
  /** Empty where agents are not asked. */
  readonly agents: readonly AgentView[];
}

/** How a frame is drawn. */
export interface FrameOptions {
  /** Draws the last minute, and remembers it from frame to frame. */
  readonly sparklines: Sparklines;
  /** The time of day, in ms: sparklines end now. */
  readonly nowMs: number;
  /** Whether ANSI colours are used. */
  readonly colors: boolean;
  /** What stands above, such as addresses: in one line if that is wide enough, else a line each. */
  readonly title?: readonly string[] | undefined;
}

const VALUE_WIDTH = 11;
const GAP = "  ";

interface Column {
  readonly heading: string;
  readonly width: number;
  readonly align: "left" | "right";
  readonly style?: (metric: MetricView) => Style | undefined;
  readonly text: (metric: MetricView) => string;
}

type Style = "bold" | "dim" | "red" | "yellow";

/**
 * Draws the network: a head, and a line for each metric as far as there is room. No line is wider
 * than the terminal, and one row is left for the cursor.
 */
export function renderFrame(
  content: FrameContent,
  size: TerminalSize,
  options: FrameOptions,
): string[] {
  const paint = options.colors ? painted : (text: string) => text;
  const { metrics, matching } = content.window;
  const columns = layOut(size.columns, options);
  options.sparklines.nextFrame();
  const head = [
    ...titleLines(options.title ?? [], size).map((line) => paint(line, "bold")),
    fitLine(summaryText(content), size),
    paint(columns.map(({ heading, width, align }) => fit(heading, width, align)).join(GAP), "dim"),
  ];
  const room = Math.max(0, size.rows - 1 - head.length);
  const shown = matching <= room ? metrics : metrics.slice(0, Math.max(0, room - 1));
  const lines = shown.map((metric) =>
    columns.map(({ width, align, text, style }) =>
      paint(fit(text(metric), width, align), style?.(metric))
    ).join(GAP)
  );
  const more = matching - shown.length;
  if (more > 0) lines.push(paint(fitLine(`… ${more} more`, size), "dim"));
  return [...head, ...lines].slice(0, Math.max(0, size.rows - 1));
}

function titleLines(title: readonly string[], { columns }: TerminalSize): string[] {
  const parts = title.map(harmless);
  const line = parts.join(GAP);
  // Half an address is of no use.
  return textWidth(line) > columns
    ? parts.flatMap((part) => wrap(part, columns))
    : wrap(line, columns);
}

/** The columns that fit, the name taking what the others leave. */
function layOut(columns: number, options: FrameOptions): Column[] {
  const value: Column = {
    heading: "value",
    width: VALUE_WIDTH,
    align: "right",
    style: () => "bold",
    text: valueText,
  };
  const unit: Column = { heading: "", width: 6, align: "left", text: unitText };
  const rate: Column = {
    heading: "rate",
    width: 18,
    align: "right",
    style: rateStyle,
    text: rateText,
  };
  const trendWidth = columns >= 100 ? 30 : 16;
  const trend: Column = {
    heading: "last minute",
    width: trendWidth,
    align: "left",
    text: ({ name }) => options.sparklines.draw(name, trendWidth, options.nowMs),
  };
  const others = columns >= 78
    ? [value, unit, rate, trend]
    : columns >= 56
    ? [value, unit, rate]
    : columns >= 34
    ? [value, unit]
    : columns >= 22
    ? [value]
    : [];
  const used = others.reduce((sum, { width }) => sum + GAP.length + width, 0);
  const name: Column = {
    heading: "metric",
    width: Math.min(60, columns - used),
    align: "left",
    text: (metric) => harmless(metric.name),
  };
  return [name, ...others];
}

function rateStyle(metric: MetricView): Style | undefined {
  const state = rateState(metric);
  if (state === "silent") return "red";
  return state === "low" || state === "high" ? "yellow" : undefined;
}

function summaryText({ window, summary, agents }: FrameContent): string {
  const { metrics, followed, pointsPerSecond, silent, offRate } = summary;
  const alive = agents.filter((agent) => agent.alive).length;
  const count = `${metrics}${window.isComplete ? "" : "+"}`;
  return [
    `${count} ${count === "1" ? "metric" : "metrics"}`,
    ...followed < metrics ? [`${followed} followed`] : [],
    `${pointsPerSecond} points/s`,
    // Where agents are not asked, nothing is said of them.
    ...agents.length > 0 ? [`${alive} ${alive === 1 ? "source" : "sources"}`] : [],
    ...silent > 0 ? [`${silent} silent`] : [],
    ...offRate > 0 ? [`${offRate} off rate`] : [],
  ].join(" · ");
}

function fitLine(text: string, { columns }: TerminalSize): string {
  return fit(text, columns).trimEnd();
}

const ANSI: Record<Style, string> = { bold: "1", dim: "2", red: "31", yellow: "33" };

function painted(text: string, style: Style | undefined): string {
  return style === undefined ? text : `\x1b[${ANSI[style]}m${text}\x1b[0m`;
}
