/**
 * What the tests of the outbox are made of.
 *
 * @module
 */

import { DEFAULT_OUTBOX_BYTES } from "../../src/outbox/delivery_options.ts";
import { type Chunk, type ChunkSender, Outbox } from "../../src/outbox/outbox.ts";
import type { OutboxOptions } from "../../src/outbox/outbox_options.ts";
import { systemRandomness } from "../../src/randomness.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";

/** What the outbox counts for a chunk beside its bytes. */
export const OVERHEAD_BYTES = 128;

/** A chunk that is known by its first byte. */
export function chunk(id: number, { metric = `test.m${id}`, points = 1, bytes = 1 } = {}): Chunk {
  const body = new Uint8Array(bytes);
  body[0] = id;
  return { metric, body, points };
}

/** Chunks of one metric. */
export function chunkOfA(id: number): Chunk {
  return chunk(id, { metric: "test.a" });
}

/** A sender that takes note of what it is given and confirms nothing by itself. */
export class ManualSender implements ChunkSender {
  writable = true;
  blocked = false;
  readonly sent: Chunk["body"][] = [];

  publish(_routingKey: string, body: Uint8Array): number {
    return this.sent.push(body);
  }

  get ids(): (number | undefined)[] {
    return this.sent.map((body) => body[0]);
  }
}

/** An outbox of 64 MiB that waits for confirms, and tells nobody of anything, but for what is given. */
export function makeOutbox(options: Partial<OutboxOptions> = {}): Outbox {
  return new Outbox({
    maxBytes: DEFAULT_OUTBOX_BYTES,
    onFull: "drop-oldest",
    confirms: true,
    clock: new ManualClock(),
    randomness: systemRandomness,
    onDrop: () => {},
    onAttached: () => {},
    onTakenBack: () => {},
    onRelief: () => {},
    onStalled: () => {},
    onMoving: () => {},
    watch: { begin: () => 0, end: () => {} },
    ...options,
  });
}

/** An outbox, its clock, and what it has given up. */
export function setUp(maxBytes = 1e6, options: Partial<OutboxOptions> = {}) {
  const dropped: number[] = [];
  const reasons: string[] = [];
  const clock = new ManualClock();
  const outbox = makeOutbox({
    maxBytes,
    clock,
    onDrop: ({ body }, reason) => {
      dropped.push(body[0] ?? -1);
      reasons.push(reason);
    },
    ...options,
  });
  return { outbox, sender: new ManualSender(), dropped, reasons, clock };
}

/** Whether a promise has settled by now. */
export async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol();
  await Promise.resolve();
  return await Promise.race([promise, Promise.resolve(pending)]) !== pending;
}
