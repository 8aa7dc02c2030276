/**
 * What the operators of a broker forbid its clients while it runs, as RabbitMQ's permissions and policies
 * do.
 *
 * @module
 */

/** Applies to what is published from the moment on at which it is set. */
export class Restrictions {
  /** The largest body of a message. */
  maxMessageBytes: number;
  /** The same, as the broker was started with. */
  readonly unrestrictedMessageBytes: number;
  /** Which routing keys of topic exchanges nobody may publish with. */
  readonly forbiddenTopics: Set<string> = new Set();
  /** How many messages a queue takes, by its name: further ones are refused (`reject-publish`). */
  readonly queueLengths: Map<string, number> = new Map();

  /** Forbids large messages only. */
  constructor(maxMessageBytes: number) {
    this.maxMessageBytes = maxMessageBytes;
    this.unrestrictedMessageBytes = maxMessageBytes;
  }
}
