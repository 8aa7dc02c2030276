/**
 * One reader of events, which may be slow.
 *
 * @module
 */

import { Deque } from "../deque.ts";
import type { AgentEvent } from "./events.ts";

/** How many events wait for a reader at most; then the oldest are left out. */
export const MAX_WAITING_EVENTS = 1000;

type Result = IteratorResult<AgentEvent, void>;

/** What an {@linkcode EventReader} is made with. */
export interface EventReaderOptions {
  /** Called when the iteration begins. Returns the events to begin with; further ones are added. */
  readonly onBegin: () => Iterable<AgentEvent>;
  /** Called when it is over. */
  readonly onEnd: () => void;
  /** Ends it. */
  readonly signal: AbortSignal | undefined;
}

/**
 * An iteration over events. Not a generator: that one would let `return` wait until an event comes, if
 * one is being waited for, as it is when a stream is cancelled.
 */
export class EventReader implements AsyncIterableIterator<AgentEvent, void, void> {
  readonly #options: EventReaderOptions;
  #waiting = new Deque<AgentEvent>();
  // Calls of `next` that have no event yet.
  readonly #asking = new Deque<PromiseWithResolvers<Result>>();
  readonly #abort = () => this.#end();
  #state: "new" | "reading" | "over" = "new";
  // An iteration may begin with more than what else may wait.
  #limit = MAX_WAITING_EVENTS;
  #missed = 0;

  /** Begins when `next` is called for the first time. */
  constructor(options: EventReaderOptions) {
    this.#options = options;
  }

  /** Adds an event; if too many wait, the oldest is left out. */
  add(event: AgentEvent): void {
    const asking = this.#asking.shift();
    if (asking !== undefined) return asking.resolve(this.#hand(event));
    this.#waiting.push(event);
    if (this.#waiting.length <= this.#limit) return;
    this.#waiting.shift();
    this.#missed++;
  }

  /** The next event, when it comes; the last one is `"stopped"`. */
  next(): Promise<Result> {
    if (this.#state === "new") this.#begin();
    if (this.#state === "over") return Promise.resolve(OVER);
    const event = this.#take();
    if (event !== undefined) return Promise.resolve(this.#hand(event));
    const asking = Promise.withResolvers<Result>();
    this.#asking.push(asking);
    return asking.promise;
  }

  /** Ends the iteration at once, also for a `next` that waits. */
  return(): Promise<Result> {
    this.#end();
    return Promise.resolve(OVER);
  }

  /** The iteration itself. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  #begin(): void {
    const { onBegin, signal } = this.#options;
    if (signal?.aborted) return this.#end();
    this.#state = "reading";
    for (const event of onBegin()) this.#waiting.push(event);
    this.#limit = Math.max(MAX_WAITING_EVENTS, this.#waiting.length);
    signal?.addEventListener("abort", this.#abort);
  }

  #end(): void {
    const { onEnd, signal } = this.#options;
    this.#state = "over";
    signal?.removeEventListener("abort", this.#abort);
    this.#waiting = new Deque();
    onEnd();
    for (let asking; (asking = this.#asking.shift());) asking.resolve(OVER);
  }

  /** What comes next: first of all, that events were left out before it. */
  #take(): AgentEvent | undefined {
    const { first } = this.#waiting;
    if (first === undefined || this.#missed === 0) return this.#waiting.shift();
    const events = this.#missed;
    this.#missed = 0;
    return { kind: "missed", time: first.time, events };
  }

  #hand(event: AgentEvent): Result {
    if (event.kind === "stopped") this.#end();
    return { done: false, value: event };
  }
}

const OVER: Result = { done: true, value: undefined };
