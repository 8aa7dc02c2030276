/**
 * Tells apart a broker that rejects this agent and one that is not ready yet.
 *
 * @module
 */

import { AmqpError } from "../errors.ts";
import { ReplyCode } from "./reply_codes.ts";

const LEAST_REFUSALS = 3;
// A broker that starts may refuse all logins until its users, or the directory that has them, are
// there. Not longer, as directories lock accounts that fail again and again.
const SHORTEST_MS = 30_000;

/** Whether something has failed because the broker does not allow it. */
export function isRefusal(failure: unknown): failure is AmqpError {
  return failure instanceof AmqpError && failure.code === ReplyCode.ACCESS_REFUSED;
}

/** Refusals without a success between them. */
export class Refusals {
  #count = 0;
  #firstAtMs = 0;

  /** How many there were. */
  get count(): number {
    return this.#count;
  }

  /** Counts one. Returns whether it is final: the third at least, and 30 s after the first. */
  note(nowMs: number): boolean {
    if (this.#count++ === 0) this.#firstAtMs = nowMs;
    return this.#count >= LEAST_REFUSALS && nowMs - this.#firstAtMs >= SHORTEST_MS;
  }
}
