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
 * Sends a heartbeat in every half interval in which nothing else was sent, until `signal` is aborted
 * or the client was silent for two intervals. An interval of 0 asks for no heartbeats.
 *
 * @returns Whether the client was alive to the end.
 */
export async function keepHeartbeat(
  intervalMs: number,
  { clock, signal, writer, heardAtMs }: HeartbeatOptions,
): Promise<boolean> {
  let sentBytes = -1;
  while (intervalMs > 0) {
    await clock.sleepUntil(clock.nowMs() + intervalMs / 2, signal);
    if (signal.aborted) break;
    if (clock.nowMs() - heardAtMs() > 2 * intervalMs) return false;
    if (writer.sentBytes === sentBytes && writer.idle) writer.write(HEARTBEAT);
    sentBytes = writer.sentBytes;
  }
  return true;
}
