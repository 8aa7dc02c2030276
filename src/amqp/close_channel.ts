/**
 * Closing a channel.
 *
 * @module
 */

import type { AMQPChannel } from "@cloudamqp/amqp-client";
import { orAborted } from "../time/aborted.ts";

/**
 * Closes a channel, unless it is closed already.
 *
 * @param down Aborted when its connection is gone: a channel that is being closed in that moment gets no
 * answer, and the client does not tell.
 */
export async function closeChannel(channel: AMQPChannel, down: AbortSignal): Promise<void> {
  if (channel.closed) return;
  await orAborted(channel.close().catch(() => {}), down); // what is gone is closed as well
}
