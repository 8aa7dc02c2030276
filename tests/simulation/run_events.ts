/**
 * What one run of a source tells of itself, held against what it counts.
 *
 * @module
 */

import type { AgentEvent, AgentEventKind } from "../../src/observe/events.ts";
import type { SourceStats } from "../../src/observe/stats.ts";

/** What {@linkcode RunEvents} are made with. */
export interface RunEventsOptions {
  readonly nowMs: () => number;
  readonly isDiskFull: () => boolean;
  readonly violate: (text: string) => void;
}

/** What begins with one kind of event is over with another. */
const ENDS: { readonly [Kind in AgentEventKind]?: AgentEventKind } = {
  "connection-back": "connection-lost",
  "moving": "stalled",
  "disk-free": "disk-full",
  "hanging-over": "hanging",
  "points-lost": "losing-points",
};
const BEGINNINGS = new Set(Object.values(ENDS));
const LONGEST_DIFFERENCE_MS = 1;

/** Follows the events of a run: what begins ends once, and numbers are those that are counted. */
export class RunEvents {
  readonly #options: RunEventsOptions;
  // Since when it is so.
  readonly #inForce = new Map<string, number>();
  #lostPoints = 0;
  #outages = 0;
  #isComplete = true;

  /** Nothing has been told yet. */
  constructor(options: RunEventsOptions) {
    this.#options = options;
  }

  /** Whether what an event says is the case. */
  isInForce(kind: AgentEventKind): boolean {
    return [...this.#inForce.keys()].some((subject) => subject.startsWith(kind));
  }

  /** The next event. */
  note(event: AgentEvent): void {
    if (event.kind === "missed") this.#isComplete = false;
    if (!this.#isComplete) return;
    if (BEGINNINGS.has(event.kind)) this.#begin(event);
    const begun = ENDS[event.kind];
    if (begun !== undefined) this.#end(begun, event);
    if (event.kind === "points-lost") this.#noteLoss(event);
    if (event.kind === "disk-full" && !this.#options.isDiskFull()) {
      this.#options.violate("the disk is full, it says, and is not");
    }
  }

  /** The run has told its last event. `lostPoints` are those that its hook was told of. */
  close(stats: SourceStats, lostPoints: number): void {
    if (!this.#isComplete) return;
    const { violate } = this.#options;
    const { pointsDropped, reconnects } = stats;
    if (this.#lostPoints !== pointsDropped || lostPoints !== pointsDropped) {
      violate(
        `events tell of ${this.#lostPoints} lost points, the hook of ${lostPoints}, ` +
          `and ${pointsDropped} are counted`,
      );
    }
    if (reconnects !== this.#outages) {
      violate(`events tell of ${this.#outages} outages that are over, ${reconnects} are counted`);
    }
  }

  #begin(event: AgentEvent): void {
    const subject = subjectOf(event.kind, event);
    if (this.#inForce.has(subject)) this.#options.violate(`${subject} is told again`);
    this.#inForce.set(subject, this.#options.nowMs());
    // With its connection, what does not move is forgotten.
    if (subject === "connection-lost data") this.#inForce.delete("stalled");
  }

  #end(begun: AgentEventKind, event: AgentEvent): void {
    const subject = subjectOf(begun, event);
    const sinceMs = this.#inForce.get(subject);
    this.#inForce.delete(subject);
    if (subject === "connection-lost data") this.#outages++;
    if (sinceMs === undefined) {
      // Losses may be over at once.
      if (begun === "losing-points") return;
      return this.#options.violate(`${event.kind} is told, and no ${subject}`);
    }
    const toldMs = toldDurationMs(event);
    const tookMs = this.#options.nowMs() - sinceMs;
    if (toldMs === undefined || Math.abs(toldMs - tookMs) <= LONGEST_DIFFERENCE_MS) return;
    this.#options.violate(`${subject} lasted ${toldMs} ms, it says, and was told ${tookMs} ms ago`);
  }

  #noteLoss({ points, total }: AgentEvent<"points-lost">): void {
    this.#lostPoints += points;
    if (points > 0 && total === this.#lostPoints) return;
    this.#options.violate(
      `${points} points are lost, ${total} in all, after ${this.#lostPoints - points}`,
    );
  }
}

function subjectOf(kind: AgentEventKind, event: AgentEvent): string {
  if ("connection" in event) return `${kind} ${event.connection}`;
  return "activity" in event ? `${kind} ${event.activity}` : kind;
}

function toldDurationMs(event: AgentEvent): number | undefined {
  switch (event.kind) {
    case "connection-back":
      return event.outageSeconds * 1000;
    case "moving":
      return event.stalledSeconds * 1000;
    case "disk-free":
      return event.fullSeconds * 1000;
    default:
      return undefined;
  }
}
