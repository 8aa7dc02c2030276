/**
 * What an outbox needs of a connection.
 *
 * @module
 */

/** The way to the broker while a connection is up. */
export interface ChunkSender {
  /** Whether chunks can be sent now; when that turns true, `Outbox.resume` is called. */
  readonly writable: boolean;
  /** Whether the broker has blocked the connection. When that changes, `Outbox.resume` is called. */
  readonly blocked?: boolean;
  /** Sends a chunk. Returns the tag for `Outbox.confirm`, one more than for the chunk before. */
  publish(routingKey: string, body: Uint8Array): number;
}
