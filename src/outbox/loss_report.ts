/**
 * Tells about points that were dropped: to a hook, and once per occasion to the log.
 *
 * @module
 */

import { errorText } from "../error_text.ts";
import { logger } from "../log.ts";
import type { Chunk } from "./chunk.ts";
import type { PointsLost } from "./delivery_options.ts";

const log = logger("source");

const EXPLANATION: Readonly<Record<PointsLost["reason"], string>> = {
  full: "its outbox is full, the oldest go",
  refused: "the broker has refused them, and has confirmed later ones of the same metric",
  stopped: "it was stopped before the broker had confirmed them",
};

/** Collects losses and reports them. */
export class LossReport {
  readonly #token: string;
  readonly #onPointsLost: ((loss: PointsLost) => void) | undefined;
  #pending = new Map<string, PointsLost>();
  #points = 0;

  /** Nothing is reported before the first loss. */
  constructor(token: string, onPointsLost: ((loss: PointsLost) => void) | undefined) {
    this.#token = token;
    this.#onPointsLost = onPointsLost;
  }

  /** A chunk was dropped. */
  add({ metric, points }: Chunk, reason: PointsLost["reason"]): void {
    if (this.#points === 0) {
      log.error("{token} begins to lose points: {reason}", {
        token: this.#token,
        reason: EXPLANATION[reason],
      });
    }
    this.#points += points;
    if (this.#onPointsLost === undefined) return;
    // Later: the hook may send, and the caller is in the middle of something.
    if (this.#pending.size === 0) queueMicrotask(() => this.#tell());
    const key = `${reason} ${metric}`;
    const before = this.#pending.get(key)?.points ?? 0;
    this.#pending.set(key, { metric, points: before + points, reason });
  }

  /** No more chunks are dropped, for now. */
  end(): void {
    if (this.#points === 0) return;
    log.error("{token} has lost {points} points", { token: this.#token, points: this.#points });
    this.#points = 0;
  }

  #tell(): void {
    const losses = this.#pending;
    this.#pending = new Map();
    for (const loss of losses.values()) void this.#call(loss);
  }

  // Asynchronous, so that a hook that is cannot leave an unhandled rejection.
  async #call(loss: PointsLost): Promise<void> {
    try {
      await this.#onPointsLost?.(loss);
    } catch (error) {
      log.error("onPointsLost of {token} has failed: {error}", {
        token: this.#token,
        error: errorText(error),
      });
    }
  }
}
