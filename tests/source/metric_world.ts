/**
 * A metric with all that becomes of what it is given.
 *
 * @module
 */

import type { OnFull } from "../../src/outbox/delivery_options.ts";
import type { Outbox } from "../../src/outbox/outbox.ts";
import { ChunkAges } from "../../src/source/chunk_ages.ts";
import type { ChunkSize } from "../../src/source/given_points.ts";
import { SourceMetric } from "../../src/source/source_metric.ts";
import { type OnTime, TimeOrder, type TimeOrderOptions } from "../../src/source/time_order.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import type { Timestamp } from "../../src/time/timestamp.ts";
import { makeOutbox, ManualSender } from "../outbox/outbox_setup.ts";

/** What a {@linkcode World} is made with. */
export interface Setting {
  readonly chunkSize: ChunkSize;
  readonly onFull: OnFull;
  readonly onTime: OnTime | undefined;
  readonly confirms: boolean;
  readonly maxBytes: number;
}

/** Each point a chunk, and room for all. */
export const ROOMY: Setting = {
  chunkSize: 1,
  onFull: "drop-oldest",
  onTime: undefined,
  confirms: true,
  maxBytes: 1e6,
};

/** A metric, and what becomes of what it is given. */
export class World {
  readonly clock = new ManualClock();
  readonly metric: SourceMetric;
  readonly outbox: Outbox;
  readonly told: string[] = [];
  readonly bodies: Uint8Array[] = [];
  #sender: ManualSender | undefined;
  readonly #order: TimeOrder;
  /** How each point was taken. */
  readonly answers: string[] = [];
  /** How many arrays were given beside. */
  arrays = 0;

  constructor({ chunkSize, onFull, onTime, confirms, maxBytes }: Setting) {
    const { clock, told } = this;
    this.outbox = makeOutbox({
      maxBytes,
      onFull,
      confirms,
      clock,
      onDrop: ({ points, body }, reason) => told.push(`${points} lost, ${reason}, ${body}`),
      onRelief: () => told.push("relief"),
    });
    this.#order = new TellingOrder(
      { onTime, clock, onDrop: () => told.push("out of order") },
      told,
    );
    const ages = new ChunkAges({
      chunkAge: "10s",
      clock,
      signal: new AbortController().signal,
      mayLeave: () => this.outbox.isAttached,
      outbox: this.outbox,
    });
    const way = {
      outbox: this.outbox,
      ages,
      order: this.#order,
      onFirstPoint: (metric: string) => told.push(`first of ${metric}`),
      onTooLate: (_: string, points: number) => told.push(`${points} too late`),
    };
    this.metric = new SourceMetric("test.metric", { chunkSize }, way);
  }

  attach(): void {
    this.detach();
    this.outbox.attach(this.#sender = new ManualSender());
  }

  detach(): void {
    this.bodies.push(...this.#sender?.sent ?? []);
    this.outbox.detach();
    this.#sender = undefined;
  }

  /** Confirms all that was sent over this connection, or refuses the newest of it. */
  confirm(acked: boolean): void {
    const tag = this.#sender?.sent.length ?? 0;
    if (tag > 0) this.outbox.confirm(tag, acked, acked);
  }

  get state() {
    const { outbox, metric, told, answers } = this;
    return {
      bodies: [...this.bodies, ...this.#sender?.sent ?? []],
      counters: outbox.counters,
      bytes: outbox.bytes,
      chunks: outbox.chunks,
      pendingPoints: metric.pendingPoints,
      outOfOrder: this.#order.dropped,
      told,
      answers,
    };
  }
}

/** Tells what would be in the log. */
class TellingOrder extends TimeOrder {
  readonly #told: string[];

  constructor(options: TimeOrderOptions, told: string[]) {
    super(options);
    this.#told = told;
  }

  override noteBehind(metric: string, time: Timestamp, last: Timestamp): void {
    super.noteBehind(metric, time, last);
    if (this.isChecked) this.#told.push(`${metric}: ${time} is behind ${last}`);
  }
}
