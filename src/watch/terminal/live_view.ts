/**
 * The live view of a network in a terminal, or plain lines where there is none.
 *
 * @module
 */

import { occupyTerminal } from "../../cli/print.ts";
import { clockOrSystem, type MonotonicClock, sleep } from "../../time/clock.ts";
import type { MetricsView } from "../view/network_view.ts";
import { type FrameContent, renderFrame, type TerminalSize } from "./frame.ts";
import { plainLines } from "./plain_lines.ts";
import { Sparklines } from "./sparkline.ts";
import { textWidth } from "./text_width.ts";

/** How a live view is started. */
export interface LiveViewOptions {
  /** What it shows. */
  readonly view: MetricsView;
  /** Writes to the terminal, such as to `Deno.stdout`. */
  readonly write: (text: string) => void;
  /** The terminal's size, asked before each frame: such as `Deno.consoleSize`. */
  readonly size: () => TerminalSize;
  /** Ends the view. */
  readonly signal: AbortSignal;
  /** What stands above, such as addresses: in one line if that is wide enough, else a line each. */
  readonly title?: readonly string[];
  /**
   * Whether to write lines of a log instead of a view that is redrawn.
   * @default {stdout is not a terminal}
   */
  readonly plain?: boolean;
  /**
   * Whether to use ANSI colours.
   * @default {NO_COLOR is not set}
   */
  readonly colors?: boolean;
  /**
   * The time between two frames, or between two rounds of lines.
   * @default {250 for frames, 5000 for lines}
   */
  readonly periodMs?: number;
  /**
   * The clock of the frames.
   * @default {systemClock}
   */
  readonly clock?: MonotonicClock;
}

// A source that has just been started should show at once, not when the next lines are due.
const NEW_METRIC_MS = 100;
// Nobody reads more lines; of more metrics, the first by name.
const MAX_LINES = 1000;

const HIDE_CURSOR = "\x1b[?25l";
const SHOW_CURSOR = "\x1b[?25h";
const CLEAR_TO_END_OF_LINE = "\x1b[K";
const CLEAR_BELOW = "\x1b[J";

/**
 * Shows a network until `signal` is aborted. A view in a terminal is redrawn in place; its last state
 * stays, with the cursor below it.
 *
 * @returns A promise that settles when the view has ended and the cursor is back.
 */
export async function startLiveView(options: LiveViewOptions): Promise<void> {
  const { plain = !Deno.stdout.isTerminal() } = options;
  await (plain ? writeLines(options) : redraw(options));
}

async function redraw(options: LiveViewOptions): Promise<void> {
  const { view, write, size, signal, title, clock = clockOrSystem() } = options;
  const { colors = !Deno.noColor, periodMs = 250 } = options;
  const sparklines = new Sparklines(view);
  let lines: readonly string[] = [];
  let content: FrameContent | undefined;
  const draw = () => {
    if (content === undefined) return;
    const terminal = size();
    const before = backTo(lines, terminal);
    lines = renderFrame(content, terminal, { nowMs: Date.now(), sparklines, colors, title });
    const text = lines.map((line) => `${line}${CLEAR_TO_END_OF_LINE}\n`).join("");
    write(`${before}${text}${CLEAR_BELOW}`);
  };
  const clear = () => {
    write(`${backTo(lines, size())}${CLEAR_BELOW}`);
    lines = [];
  };
  using _terminal = occupyTerminal({ clear, draw });
  const showCursor = () => void write(SHOW_CURSOR);
  // A second Ctrl-C ends the process at once.
  addEventListener("unload", showCursor);
  write(HIDE_CURSOR);
  try {
    while (!signal.aborted) {
      content = await contentOf(view, size());
      draw();
      await sleep(clock, periodMs, signal);
    }
    content = await contentOf(view, size());
    draw();
  } finally {
    removeEventListener("unload", showCursor);
    showCursor();
  }
}

async function contentOf(view: MetricsView, { rows }: TerminalSize): Promise<FrameContent> {
  const [window, summary, agents] = await Promise.all([
    view.metrics({ count: rows }),
    view.summary(),
    view.agents(),
  ]);
  return { window, summary, agents };
}

/** Moves the cursor to where a frame begins. A terminal that got narrower has wrapped its lines. */
function backTo(lines: readonly string[], { columns, rows }: TerminalSize): string {
  const heights = lines.map((line) => Math.max(1, Math.ceil(textWidth(line) / columns)));
  const height = heights.reduce((sum, each) => sum + each, 0);
  return height === 0 ? "" : `\x1b[${Math.min(height, rows - 1)}A\r`;
}

async function writeLines(options: LiveViewOptions): Promise<void> {
  const { view, write, signal, clock = clockOrSystem(), periodMs = 5000 } = options;
  const counts = new Map<string, number>();
  let dueMs = clock.nowMs();
  while (!signal.aborted) {
    const isDue = clock.nowMs() >= dueMs;
    if (isDue) dueMs = clock.nowMs() + periodMs;
    const metrics = await view.metrics({ count: MAX_LINES });
    for (const line of plainLines(metrics, counts, isDue ? "all" : "new")) write(`${line}\n`);
    await sleep(clock, Math.min(periodMs, NEW_METRIC_MS), signal);
  }
}
