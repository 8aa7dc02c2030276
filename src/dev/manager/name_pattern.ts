/**
 * Regular expressions from the network.
 *
 * @module
 */

import { runInNewContext } from "node:vm";
import { errorText } from "../../error_text.ts";
import { quote } from "../../quote.ts";
import type { MonotonicClock } from "../../time/clock.ts";

const MAX_CHARACTERS = 10_000;
const MAX_MS = 250;
const MIN_MS = 50; // less would refuse what is harmless
// What all of them may take together: half of the time, so that the connection lives on beside them.
const MAX_BUDGET_MS = 1000;
const BUDGET_MS_PER_MS = 0.5;

/** Finds names by regular expressions, which may be made to take longer than there is time. */
export class NamePatterns {
  readonly #clock: MonotonicClock;
  #budgetMs = MAX_BUDGET_MS;
  #refilledAtMs: number;

  /** Begins with time to spare. */
  constructor(clock: MonotonicClock) {
    this.#clock = clock;
    this.#refilledAtMs = clock.nowMs();
  }

  /**
   * The names in which a pattern matches anywhere.
   *
   * @throws {SyntaxError} If it is not a regular expression.
   * @throws {RangeError} If it is too long or takes too long, or if those before have taken so long that
   * there is no time left.
   */
  filter(pattern: string, names: readonly string[]): string[] {
    const regex = compile(pattern);
    const limitMs = Math.floor(Math.min(MAX_MS, this.#refill()));
    if (limitMs < MIN_MS) {
      throw new RangeError(
        "Cannot get metrics: the selectors before this one have taken all the time there is for them",
      );
    }
    const beganMs = this.#clock.nowMs();
    try {
      // Such as /(a+)+$/ takes longer than the universe has time for. Only this can interrupt it.
      return [...runInNewContext("names.filter((name) => regex.test(name))", { names, regex }, {
        timeout: limitMs,
      })];
    } catch (cause) {
      throw new RangeError(
        `Cannot get metrics: the selector ${quote(pattern)} takes over ${limitMs} ms`,
        { cause },
      );
    } finally {
      this.#budgetMs -= this.#clock.nowMs() - beganMs;
    }
  }

  #refill(): number {
    const nowMs = this.#clock.nowMs();
    const gainedMs = (nowMs - this.#refilledAtMs) * BUDGET_MS_PER_MS;
    this.#refilledAtMs = nowMs;
    this.#budgetMs = Math.min(MAX_BUDGET_MS, this.#budgetMs + gainedMs);
    return this.#budgetMs;
  }
}

function compile(pattern: string): RegExp {
  if (pattern.length > MAX_CHARACTERS) {
    throw new RangeError(
      `Cannot get metrics: "selector" has ${pattern.length} characters, at most ${MAX_CHARACTERS} are allowed`,
    );
  }
  try {
    return new RegExp(pattern);
  } catch (cause) {
    const reason = errorText(cause);
    throw new SyntaxError(`Cannot get metrics: "selector" is refused: ${reason}`, { cause });
  }
}
