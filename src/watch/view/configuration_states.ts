/**
 * What has become of configurations.
 *
 * @module
 */

import { type MonotonicClock, wallTimeOf } from "../../time/clock.ts";
import type { ConfigurationState } from "./configurations_view.ts";

const MAX_TOKENS = 1000; // they may be made up

interface Noted {
  readonly state: ConfigurationState;
  readonly revision: string | undefined;
}

/** The state of the newest configuration of each token that has gone by here. */
export class ConfigurationStates {
  readonly #clock: MonotonicClock;
  readonly #states = new Map<string, Noted>();

  /** Begins without any. */
  constructor(clock: MonotonicClock) {
    this.#clock = clock;
  }

  /**
   * The state of a token's newest configuration; `undefined` if nothing has been done with one, or if it
   * is not of this revision: others may have replaced it since.
   */
  get(token: string, revision?: string): ConfigurationState | undefined {
    const noted = this.#states.get(token);
    return noted?.revision === revision ? noted?.state : undefined;
  }

  /** Notes what has become of a token's configuration now, with the reason if it is refused. */
  note(
    token: string,
    status: ConfigurationState["status"],
    reason?: string,
    revision?: string,
  ): void {
    this.#states.delete(token); // to come last
    const sinceMs = wallTimeOf(this.#clock).posixMs;
    this.#states.set(token, { state: { status, reason, sinceMs }, revision });
    if (this.#states.size <= MAX_TOKENS) return;
    const [oldest] = this.#states.keys();
    if (oldest !== undefined) this.#states.delete(oldest);
  }

  /** A token has no configuration any more. */
  forget(token: string): void {
    this.#states.delete(token);
  }
}
