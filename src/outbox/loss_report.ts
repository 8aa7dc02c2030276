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

/** The first points of a metric that the broker refuses for what they are. */
export interface Refused {
  readonly metric: string;
  readonly points: number;
  /** The broker's words. */
  readonly reason: string;
  /** How many metrics that was told of, since it was told last how many points are lost. */
  readonly metrics: number;
}

/** What a {@linkcode LossReport} is made with. */
export interface LossReportOptions {
  /** The source's token, for the log. */
  readonly token: string;
  readonly onPointsLost: ((loss: PointsLost) => void) | undefined;
  /** Called when a loss begins, unless it is over at once, as at a stop. */
  readonly onBegin: (reason: LossReason) => void;
  /** Called once for each metric whose points are refused for what they are. */
  readonly onRefused: (refused: Refused) => void;
  /** Called when a loss is over. */
  readonly onEnd: (loss: Loss) => void;
}

/** Collects losses and reports them. How many points are lost is counted by the outbox alone. */
export class LossReport {
  readonly #options: LossReportOptions;
  readonly #metrics = new Set<string>();
  readonly #reasons = new Set<LossReason>();
  readonly #refused = new Set<string>();
  #hasBegun = false;
  #pending = new Map<string, PointsLost>();
  // The points of the losses that are over.
  #toldPoints = 0;

  /** Reports nothing before the first loss. */
  constructor(options: LossReportOptions) {
    this.#options = options;
  }

  /** A chunk was dropped; `words` are the broker's, if it refuses the chunk for what it is. */
  add(
    { metric, points }: Pick<Chunk, "metric" | "points">,
    reason: LossReason,
    words?: string,
  ): void {
    if (words !== undefined) this.#tellRefused(metric, points, words);
    else if (!this.#hasBegun && reason !== "stopped" && reason !== "damaged") {
      this.#hasBegun = true;
      this.#options.onBegin(reason);
    }
    this.#metrics.add(metric);
    this.#reasons.add(reason);
    this.#note({ metric, points, reason, ...words !== undefined && { words } });
  }

  /** A point was left out because the source is asked to: a loss for the hook, and not for the log. */
  noteOutOfOrder(metric: string): void {
    this.#note({ metric, points: 1, reason: "out-of-order" });
  }

  #note(loss: PointsLost): void {
    if (this.#options.onPointsLost === undefined) return;
    // Later: the hook may send, and the caller is in the middle of something.
    if (this.#pending.size === 0) queueMicrotask(() => this.#tell());
    const key = `${loss.reason} ${loss.metric}`;
    const before = this.#pending.get(key)?.points ?? 0;
    this.#pending.set(key, { ...loss, points: before + loss.points });
  }

  /**
   * No more chunks are dropped, for now.
   *
   * @param total The points of all chunks that were dropped so far.
   */
  end(total: number): void {
    const points = total - this.#toldPoints;
    if (points === 0) return;
    const loss = {
      points,
      metrics: this.#metrics.size,
      reasons: [...this.#reasons],
      total,
    };
    this.#toldPoints = total;
    this.#hasBegun = false;
    this.#metrics.clear();
    this.#reasons.clear();
    this.#refused.clear();
    this.#options.onEnd(loss);
  }

  #tellRefused(metric: string, points: number, reason: string): void {
    if (this.#refused.has(metric)) return;
    this.#refused.add(metric);
    this.#options.onRefused({ metric, points, reason, metrics: this.#refused.size });
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
