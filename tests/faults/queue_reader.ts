/**
 * Reads a durable queue while its broker comes and goes.
 *
 * @module
 */

import { decodeChunk } from "../../src/chunk/decode_chunk.ts";
import { type ReceivedChunk, withClient } from "./account.ts";
import { pause } from "./proxy.ts";

const PREFETCHED_CHUNKS = 500;
const RETRY_MS = 100;

/**
 * Takes chunks out of a queue, in order, until `signal` is aborted. Those of which the broker has not
 * got to know that they were received come again, and are marked by it.
 */
export async function readOn(
  url: string,
  queue: string,
  receive: (chunk: ReceivedChunk, isRedelivered: boolean) => void,
  signal: AbortSignal,
): Promise<void> {
  const aborted = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => aborted.resolve());
  while (!signal.aborted) {
    try {
      await withClient(url, async (client) => {
        const channel = await client.channel();
        await channel.basicQos(PREFETCHED_CHUNKS);
        // Exclusive: until what the last consumer had is back in its place, there is no next one.
        const options = { noAck: false, exclusive: true };
        const consumer = await channel.basicConsume(queue, options, (message) => {
          const { timesNs, values } = decodeChunk(message.body ?? new Uint8Array(0));
          receive({ metric: message.routingKey, ticks: values, timesNs }, message.redelivered);
          message.ack().catch(() => {}); // the connection is gone; the chunk comes again
        });
        await Promise.race([consumer.wait(), aborted.promise]);
      });
    } catch {
      await pause(RETRY_MS, signal); // the broker is away; that is what this outlives
    }
  }
}
