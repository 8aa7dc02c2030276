/**
 * What is the case with an agent: a fold of its events.
 *
 * @module
 */

import type { AgentEvent, ToldEvent } from "./events.ts";

/** An event that is in force, and since when by the agent's clock. */
export interface EventInForce<Event extends AgentEvent = AgentEvent> {
  readonly event: Event;
  readonly sinceMs: number;
}

/** What events are about: of each subject at most one event is in force. */
export type Subject =
  | "life"
  | "management"
  | "data"
  | "registered"
  | "unconfigured"
  | "configured"
  | "configuration-refused"
  | "declared"
  | "loss"
  | "stall"
  | "disk"
  | `hanging ${string}`;

/** The events that are in force, in the order in which they happened. */
export class Condition {
  readonly #inForce = new Map<Subject, EventInForce>();

  /** The event of each subject that has one. */
  get events(): AgentEvent[] {
    return [...this.#inForce.values()].map(({ event }) => event);
  }

  /** The event that is in force of a subject. */
  get(subject: Subject): EventInForce | undefined {
    return this.#inForce.get(subject);
  }

  /** What hangs, longest first. */
  get hanging(): EventInForce<AgentEvent<"hanging">>[] {
    const hanging: EventInForce<AgentEvent<"hanging">>[] = [];
    for (const { event, sinceMs } of this.#inForce.values()) {
      if (event.kind !== "hanging") continue;
      hanging.push({ event, sinceMs: sinceMs - event.seconds * 1000 });
    }
    return hanging.sort((one, other) => one.sinceMs - other.sinceMs);
  }

  /** What an event changes: what it ends, and what it begins, if anything. */
  apply(event: ToldEvent, nowMs: number): void {
    const { begins, ends } = effectOf(event);
    if (ends === "all") this.#inForce.clear();
    else for (const subject of ends) this.#inForce.delete(subject);
    if (begins === undefined) return;
    this.#inForce.delete(begins); // so that it comes last
    this.#inForce.set(begins, { event, sinceMs: nowMs });
  }
}

interface Effect {
  readonly begins?: Subject;
  readonly ends: readonly Subject[] | "all";
}

function effectOf(event: ToldEvent): Effect {
  switch (event.kind) {
    case "connecting":
    case "running":
    case "stopping":
      return { begins: "life", ends: [] };
    case "stopped":
      return { begins: "life", ends: "all" };
    case "connection-lost":
      return { begins: event.connection, ends: event.connection === "data" ? ["stall"] : [] };
    case "connection-back":
      return { ends: [event.connection] };
    case "configured":
      return { begins: "configured", ends: ["configuration-refused"] };
    case "registered":
      return { begins: "registered", ends: ["unconfigured"] };
    case "unconfigured":
    case "declared":
    case "configuration-refused":
      return { begins: event.kind, ends: [] };
    case "losing-points":
      return { begins: "loss", ends: [] };
    case "points-lost":
      return { ends: ["loss"] };
    case "stalled":
      return { begins: "stall", ends: [] };
    case "moving":
      return { ends: ["stall"] };
    case "hanging":
      return { begins: `hanging ${event.activity}`, ends: [] };
    case "hanging-over":
      return { ends: [`hanging ${event.activity}`] };
    case "disk-full":
      return { begins: "disk", ends: [] };
    case "disk-free":
      return { ends: ["disk"] };
    case "points-refused":
    case "points-recovered":
    case "points-kept":
    case "data-missing":
    case "chunk-unreadable":
      return { ends: [] };
  }
}
