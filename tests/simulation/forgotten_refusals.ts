/**
 * What a source has forgotten of what the broker had refused.
 *
 * @module
 */

import type { AgentEvent } from "../../src/observe/events.ts";
import type { Forgotten } from "./restrictions.ts";

/**
 * Follows one source by its events. It forgets the largest message with each data connection, and forbidden
 * metrics when it registers.
 */
export class ForgottenRefusals implements Forgotten {
  readonly #nowMs: () => number;
  readonly #lateMs: number;
  #sizesUntilMs = 0;
  #topicsUntilMs = 0;
  // What was refused before this was heard when its connection for calls came back.
  #heardUntilMs = 0;

  /** A refusal may be under way for `lateMs` unless its connection is lost. */
  constructor(nowMs: () => number, lateMs: number) {
    this.#nowMs = nowMs;
    this.#lateMs = lateMs;
  }

  get sizesUntilMs(): number {
    return this.#sizesUntilMs;
  }

  get topicsUntilMs(): number {
    return this.#topicsUntilMs;
  }

  /** It is started once more, and knows nothing. */
  begin(): void {
    this.#sizesUntilMs = this.#topicsUntilMs = this.#heardUntilMs = this.#nowMs();
  }

  /** The next event. */
  note(event: AgentEvent): void {
    const nowMs = this.#nowMs();
    if (event.kind === "connection-lost" && event.connection === "data") this.#sizesUntilMs = nowMs;
    if (event.kind === "connection-back" && event.connection === "management") {
      this.#heardUntilMs = Math.max(this.#sizesUntilMs, nowMs - this.#lateMs);
    }
    // It has asked since its connection came back, or later.
    if (event.kind === "registered" && event.again) this.#topicsUntilMs = this.#heardUntilMs;
  }
}
