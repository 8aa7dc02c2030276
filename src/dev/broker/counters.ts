/**
 * What a broker has done since it started.
 *
 * @module
 */

/** Counts that only grow. */
export interface BrokerCounters {
  /** Connections that were accepted. */
  connections: number;
  /** Messages that clients published. */
  published: number;
  /** Messages that were sent to consumers, or got, redeliveries included. */
  delivered: number;
  /** Messages that were acknowledged, or rejected for good. */
  settled: number;
  /** Mandatory messages that no queue took. */
  returned: number;
}

/** Counts that have not begun. */
export function newCounters(): BrokerCounters {
  return { connections: 0, published: 0, delivered: 0, settled: 0, returned: 0 };
}
