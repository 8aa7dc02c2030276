/**
 * What an outbox needs of a connection.
 *
 * @module
 */

/** The way to the broker while a connection is up. */
export interface ChunkSender {
  /** Whether chunks can be handed over now; when that turns true, `Outbox.resume` is called. */
  readonly writable: boolean;
  /** Whether the broker takes nothing at all for now. When that changes, `Outbox.resume` is called. */
  readonly blocked?: boolean;
  /** Hands a chunk over. Returns the tag for `Outbox.confirm`, one more than for the chunk before. */
  publish(routingKey: string, body: Uint8Array): number;
}
