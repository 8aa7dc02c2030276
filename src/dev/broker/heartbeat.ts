/**
 * Heartbeats, by which each side notices that the other has vanished.
 *
 * @module
 */

import { End, Type } from "@cloudamqp/amqp-client/amqp-frame";
import type { MonotonicClock } from "../../time/clock.ts";
import type { SocketWriter } from "./socket_writer.ts";

const HEARTBEAT = Uint8Array.of(Type.HEARTBEAT, 0, 0, 0, 0, 0, 0, End.CODE);

/** What heartbeats are kept with. */
export interface HeartbeatOptions {
  readonly clock: MonotonicClock;
  readonly signal: AbortSignal;
  readonly writer: SocketWriter;
  /** When the client was last heard; `Infinity` while the broker does not read. */
  heardAtMs(): number;
}

/**
 * Sends a heartbeat in every half interval, until `signal` is aborted or the client has been silent for
 * two intervals, which shows half an interval later at most. An interval of 0 asks for no heartbeats.
 *
 * Other traffic does not replace one: a client may count from just after the last byte, and those that
 * allow one interval would see almost a whole one pass between a message and the second tick after it.
 *
 * @returns Whether the client was alive to the end.
 */
export async function keepHeartbeat(
  intervalMs: number,
  { clock, signal, writer, heardAtMs }: HeartbeatOptions,
): Promise<boolean> {
  while (intervalMs > 0) {
    const dueMs = clock.nowMs() + intervalMs / 2;
    await clock.sleepUntil(dueMs, signal);
    if (signal.aborted) break;
    // A process that was suspended or busy has not read what arrived meanwhile.
    const isLate = clock.nowMs() - dueMs > intervalMs / 2;
    if (!isLate && clock.nowMs() - heardAtMs() > 2 * intervalMs) return false;
    if (writer.idle) writer.write(HEARTBEAT);
  }
  return true;
}
