/**
 * Tells about points that were dropped: to a hook, and once when a loss begins and once when it ends.
 *
 * @module
 */

import { errorText } from "../error_text.ts";
import { logger } from "../log.ts";
import type { Chunk } from "./chunk.ts";
import type { LossReason, PointsLost } from "./delivery_options.ts";

const log = logger("source");

/** A loss that is over. */
export interface Loss {
  readonly points: number;
  /** How many metrics these points are of. */
  readonly metrics: number;
  /** Why, in the order in which the reasons came. */
  readonly reasons: readonly LossReason[];
  /** The points of all losses so far, this one included. */
  readonly total: number;
}

/** What a {@linkcode LossReport} is made with. */
export interface LossReportOptions {
  /** The source's token, for the log. */
  readonly token: string;
  readonly onPointsLost: ((loss: PointsLost) => void) | undefined;
  /** Called when a loss begins, unless it is over at once, as at a stop. */
  readonly onBegin: (reason: LossReason) => void;
  /** Called when a loss is over. */
  readonly onEnd: (loss: Loss) => void;
}

/** Collects losses and reports them. */
export class LossReport {
  readonly #options: LossReportOptions;
  readonly #metrics = new Set<string>();
  readonly #reasons = new Set<LossReason>();
  #pending = new Map<string, PointsLost>();
  #points = 0;
  #total = 0;

  /** Reports nothing before the first loss. */
  constructor(options: LossReportOptions) {
    this.#options = options;
  }

  /** A chunk was dropped. */
  add({ metric, points }: Chunk, reason: LossReason): void {
    if (this.#points === 0 && reason !== "stopped" && reason !== "damaged") {
      this.#options.onBegin(reason);
    }
    this.#points += points;
    this.#total += points;
    this.#metrics.add(metric);
    this.#reasons.add(reason);
    this.#note(metric, points, reason);
  }

  /** A point was left out because the source is asked to: a loss for the hook, and not for the log. */
  noteOutOfOrder(metric: string): void {
    this.#note(metric, 1, "out-of-order");
  }

  #note(metric: string, points: number, reason: PointsLost["reason"]): void {
    if (this.#options.onPointsLost === undefined) return;
    // Later: the hook may send, and the caller is in the middle of something.
    if (this.#pending.size === 0) queueMicrotask(() => this.#tell());
    const key = `${reason} ${metric}`;
    const before = this.#pending.get(key)?.points ?? 0;
    this.#pending.set(key, { metric, points: before + points, reason });
  }

  /** No more chunks are dropped, for now. */
  end(): void {
    if (this.#points === 0) return;
    const loss = {
      points: this.#points,
      metrics: this.#metrics.size,
      reasons: [...this.#reasons],
      total: this.#total,
    };
    this.#points = 0;
    this.#metrics.clear();
    this.#reasons.clear();
    this.#options.onEnd(loss);
  }

  #tell(): void {
    const losses = this.#pending;
    this.#pending = new Map();
    for (const loss of losses.values()) void this.#call(loss);
  }

  // Asynchronous, so that a hook that is cannot leave an unhandled rejection.
  async #call(loss: PointsLost): Promise<void> {
    try {
      await this.#options.onPointsLost?.(loss);
    } catch (error) {
      log.error("onPointsLost of {token} has failed: {error}", {
        token: this.#options.token,
        error: errorText(error),
      });
    }
  }
}
