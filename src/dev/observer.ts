/**
 * Receives all data that goes through a network, for tests that must not miss a chunk: a sink would, of
 * what is sent between a source's registration and its own subscribing.
 *
 * @module
 */

import type { AmqpSession } from "../amqp/session.ts";
import { decodeChunk, type DecodedChunk } from "../chunk/decode_chunk.ts";
import { errorText } from "../error_text.ts";
import { logger } from "../log.ts";
import { systemRandomness } from "../randomness.ts";
import { DATA_EXCHANGE } from "./manager/data_queues.ts";

const log = logger("observer");

// How many chunks may be on their way. More would wait in this process instead of in the queue.
const PREFETCH = 10_000;
// How many chunks may wait at the broker: missing the oldest is better than holding up the network.
const MAX_WAITING_CHUNKS = 100_000;
const MAX_WARNINGS = 100;

/** Called with each chunk that arrives. */
export type ChunkListener = (metric: string, chunk: DecodedChunk) => void;

/** Receives and decodes every chunk that is sent, in a queue of its own beside those of the sinks. */
export class Observer {
  readonly #onChunk: ChunkListener;
  #warnings = 0;

  /** Makes an observer; it sees what is sent through the sessions that it is attached to. */
  constructor(onChunk: ChunkListener) {
    this.#onChunk = onChunk;
  }

  /**
   * Begins to observe, on a session that has not consumed anything yet. If there is no exchange yet,
   * it is declared together with the binding, so that no chunk comes between the two.
   */
  async attach(session: AmqpSession): Promise<void> {
    const queue = `observer-${systemRandomness.identifier()}-data`;
    await session.arrange(async (topology) => {
      await Promise.all([
        topology.declareQueue(queue, { exclusive: true, maxLength: MAX_WAITING_CHUNKS }),
        topology.declareExchange(DATA_EXCHANGE, "topic"),
        topology.bindQueue(queue, DATA_EXCHANGE, "#"),
      ]);
    });
    await session.consume(queue, ({ body }, metric) => this.#receive(metric, body), PREFETCH);
  }

  #receive(metric: string, body: Uint8Array): void {
    try {
      this.#onChunk(metric, decodeChunk(body));
    } catch (error) {
      // A program that sends nothing else would fill the log.
      if (this.#warnings++ >= MAX_WARNINGS) return;
      log.warn("Ignoring a chunk of {metric}: {error}", { metric, error: errorText(error) });
    }
  }
}
