/**
 * Whether a source tells of what does not go on.
 *
 * @module
 */

import type { SourceStats } from "../../src/observe/stats.ts";
import type { AgentEvent } from "../../src/observe/events.ts";
import type { SourceHealth } from "../../src/observe/health.ts";
import { ENDING } from "./room.ts";
import type { RunEvents } from "./run_events.ts";

/** What {@linkcode SilenceWatch} is made with. */
export interface SilenceWatchOptions {
  readonly nowMs: () => number;
  /** What it tells. */
  readonly events: RunEvents;
  /** Whether what is sent and not confirmed waits for the broker, and for nothing else. */
  readonly expectsConfirms: boolean;
  readonly violate: (text: string) => void;
}

/** What a source does at the moment. */
export interface Doings {
  readonly stats: SourceStats;
  /** Since when calls of `send` wait and none of them ends. */
  readonly sendsSinceMs: number | undefined;
  /** Since when its newest configuration is on trial. */
  readonly trialSinceMs: number | undefined;
}

// It looks every 5 s whether a confirm has come since, so twice as much may pass; a look here comes up to a
// second late.
const UNCONFIRMED_MS = 2 * 5000 + 1000;
const HANGING_MS = 10_000 + 1000;
// One that a registration has brought is given up after a minute.
const GIVEN_UP_MS = 50_000;

/** Looks at one run. */
export class SilenceWatch {
  readonly #options: SilenceWatchOptions;
  #confirmed = 0;
  #quietSinceMs: number;

  /** Nothing is on its way yet. */
  constructor(options: SilenceWatchOptions) {
    this.#options = options;
    this.#quietSinceMs = options.nowMs();
  }

  /** The next event: with a new connection, or a broker that takes data again, all begins anew. */
  note({ kind }: AgentEvent): void {
    if (kind === "connection-back" || kind === "moving") this.#quietSinceMs = this.#options.nowMs();
  }

  /** Looks at it, unless it is about to end. */
  look({ stats, sendsSinceMs, trialSinceMs }: Doings, status: SourceHealth["status"]): void {
    if (ENDING.has(status)) return;
    this.#lookAtConfirms(stats);
    this.#lookAtCalls("send", sendsSinceMs, Infinity);
    this.#lookAtCalls("handler of config", trialSinceMs, GIVEN_UP_MS);
  }

  #lookAtConfirms({ chunksBuffered, chunksConfirmed }: SourceStats): void {
    const { nowMs, events, expectsConfirms, violate } = this.#options;
    const isQuiet = expectsConfirms && chunksBuffered > 0 && chunksConfirmed === this.#confirmed &&
      !events.isInForce("connection-lost", "data") && events.hasTold("running");
    this.#confirmed = chunksConfirmed;
    if (!isQuiet) this.#quietSinceMs = nowMs();
    const quietMs = nowMs() - this.#quietSinceMs;
    if (quietMs <= UNCONFIRMED_MS || events.isInForce("stalled")) return;
    violate(`nothing was confirmed for ${quietMs} ms, and it does not say that it is stalled`);
  }

  #lookAtCalls(activity: string, sinceMs: number | undefined, untilMs: number): void {
    const { nowMs, events, violate } = this.#options;
    const lastsMs = nowMs() - (sinceMs ?? nowMs());
    if (lastsMs <= HANGING_MS || lastsMs > untilMs) return;
    if (events.isInForce("hanging", activity)) return;
    violate(`${activity} waits for ${lastsMs} ms, and it does not say that it hangs`);
  }
}
