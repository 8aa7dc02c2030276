/**
 * What one run of a source says of itself, held against what has happened.
 *
 * @module
 */

import type { AgentEvent } from "../../src/observe/events.ts";
import type { SourceStats } from "../../src/observe/stats.ts";
import type { PointsLost } from "../../src/outbox/delivery_options.ts";
import type { Source } from "../../src/source/source.ts";
import { DeclarationWatch, type DeclarationWatchOptions } from "./declaration_watch.ts";
import { RunEvents, type RunEventsOptions } from "./run_events.ts";
import { SilenceWatch } from "./silence_watch.ts";

/** What a {@linkcode RunWatch} is made with. */
export interface RunWatchOptions extends RunEventsOptions, DeclarationWatchOptions {
  readonly source: Source & DeclarationWatchOptions["source"];
  /** Whether what is sent and not confirmed waits for the broker, and for nothing else. */
  readonly expectsConfirms: boolean;
  /** Whether a chunk may be refused for what it is. */
  readonly mayBeRefused: boolean;
  /** Since when calls of `send` wait and none of them ends. */
  readonly sendsSinceMs: () => number | undefined;
}

/** Follows one run. */
export class RunWatch {
  readonly #options: RunWatchOptions;
  readonly #declarations: DeclarationWatch;
  readonly #silence: SilenceWatch;
  /** What it tells. */
  readonly events: RunEvents;
  /** How many points it has told to be lost. */
  lostPoints = 0;
  /** How many of them were lost as it was stopped. */
  stoppedPoints = 0;

  /** Begins with the run. */
  constructor(options: RunWatchOptions) {
    this.#options = options;
    this.#declarations = new DeclarationWatch(options);
    this.events = new RunEvents(options);
    this.#silence = new SilenceWatch({ ...options, events: this.events });
  }

  /** Follows its events until the last. */
  async follow(onEvent: (event: AgentEvent) => void): Promise<void> {
    const { source } = this.#options;
    for await (const event of source.events()) {
      this.events.note(event);
      this.#declarations.note(event);
      this.#silence.note(event);
      onEvent(event);
    }
    this.events.close(source.stats, this.lostPoints);
  }

  /** The hook is told of a loss. */
  noteLoss(loss: PointsLost): void {
    this.lostPoints += loss.points;
    if (loss.reason === "stopped") this.stoppedPoints += loss.points;
    this.events.noteHook(loss);
  }

  /** Looks at it now and then; `isCalm` if nothing was wrong for a while. */
  look(stats: SourceStats, isCalm: boolean): void {
    const { source: { sender: { trials }, health }, sendsSinceMs, mayBeRefused, violate } =
      this.#options;
    if (stats.pointsDropped < this.lostPoints) {
      violate(`${this.lostPoints} points are lost, ${stats.pointsDropped} counted`);
    }
    const doings = { stats, sendsSinceMs: sendsSinceMs(), trialSinceMs: trials.sinceMs };
    this.#silence.look(doings, health.status);
    if (!isCalm) return;
    const { refusedConfigurations } = this.events;
    if (trials.refused > refusedConfigurations) {
      violate(
        `${trials.refused} configurations were refused, it tells of ${refusedConfigurations}`,
      );
    }
    for (const kind of ["stalled", "disk-full"] as const) {
      // Where all is refused, nothing is written to a disk that has room again.
      if (kind === "disk-full" && mayBeRefused) continue;
      if (this.events.isInForce(kind)) violate(`it is ${kind}, it says, while nothing is wrong`);
    }
  }
}
