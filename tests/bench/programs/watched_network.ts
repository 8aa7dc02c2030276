/**
 * A development network that is looked at: `watched_network.ts`. It tells its addresses, and how long
 * frames of its terminal view take.
 *
 * @module
 */

import { Box } from "../../../src/dev/mod.ts";
import { startLiveView } from "../../../src/watch/terminal/live_view.ts";
import { answerAll, residentMiB } from "./answering.ts";

/** What is asked for. */
export type WatchedQuestion =
  | { readonly where: true }
  /** To show so many frames of the terminal. */
  | { readonly frames: number };

/** Where the network is. */
export interface WatchedAddresses {
  readonly url: string;
  readonly dashboard: string;
}

/** How the terminal did. */
export interface WatchedAnswer {
  /** The time of each frame, from asking for its content until it is written. */
  readonly frameMs: readonly number[];
  /** How late the event loop came to a timer, at most. */
  readonly stallMs: number;
  readonly residentMiB: number;
}

const FRAME_PERIOD_MS = 250;
const TIMER_MS = 5;

await using box = await Box.open();
await answerAll(async (question: WatchedQuestion) => {
  if ("where" in question) return { url: box.network.url, dashboard: box.dashboard.url };
  return await showFrames(question.frames);
});

async function showFrames(count: number): Promise<WatchedAnswer> {
  const frameMs: number[] = [];
  const stop = new AbortController();
  const stalls = watchLoop(stop.signal);
  let startMs = 0;
  const { view } = box.network;
  await startLiveView({
    view: {
      metrics: (query) => {
        startMs = performance.now();
        return view.metrics(query);
      },
      named: (names) => view.named(names),
      series: (metric, afterMs) => view.series(metric, afterMs),
      summary: () => view.summary(),
      agents: () => view.agents(),
    },
    write: (text) => {
      if (!text.includes("metric")) return; // the cursor
      frameMs.push(performance.now() - startMs);
      if (frameMs.length >= count) stop.abort();
    },
    size: () => ({ columns: 120, rows: 50 }),
    signal: stop.signal,
    periodMs: FRAME_PERIOD_MS,
    plain: false,
  });
  return { frameMs, stallMs: await stalls, residentMiB: residentMiB() };
}

async function watchLoop(signal: AbortSignal): Promise<number> {
  let stallMs = 0;
  while (!signal.aborted) {
    const startMs = performance.now();
    await new Promise((resolve) => setTimeout(resolve, TIMER_MS));
    stallMs = Math.max(stallMs, performance.now() - startMs - TIMER_MS);
  }
  return stallMs;
}
