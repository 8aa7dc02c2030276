/**
 * One reader of events, which may be slow.
 *
 * @module
 */

import { Deque } from "../deque.ts";
import { orAborted } from "../time/aborted.ts";
import type { AgentEvent } from "./events.ts";

/** How many events wait for a reader at most; then the oldest are left out. */
export const MAX_WAITING_EVENTS = 1000;

/** Events that wait for one reader. */
export class EventReader {
  readonly #waiting = new Deque<AgentEvent>();
  #missed = 0;
  // Replaced with every event that the reader may be waiting for.
  #arrived = Promise.withResolvers<void>();

  /** Begins with these events. */
  constructor(events: Iterable<AgentEvent>) {
    for (const event of events) this.add(event);
  }

  /** Adds an event; if too many wait, the oldest is left out. */
  add(event: AgentEvent): void {
    this.#waiting.push(event);
    if (this.#waiting.length > MAX_WAITING_EVENTS) {
      this.#waiting.shift();
      this.#missed++;
    }
    this.#arrived.resolve();
  }

  /** The events, as they come, until the last one or until `signal` is aborted. */
  async *read(signal: AbortSignal | undefined): AsyncGenerator<AgentEvent, void, void> {
    while (!signal?.aborted) {
      const event = this.#next();
      if (event === undefined) {
        this.#arrived = Promise.withResolvers();
        await orAborted(this.#arrived.promise, signal);
        continue;
      }
      yield event;
      if (event.kind === "stopped") return;
    }
  }

  /** What comes next: first of all, that events were left out before it. */
  #next(): AgentEvent | undefined {
    const { first } = this.#waiting;
    if (first === undefined || this.#missed === 0) return this.#waiting.shift();
    const events = this.#missed;
    this.#missed = 0;
    return { kind: "missed", time: first.time, events };
  }
}
