/**
 * The exchanges of the management network, which every manager makes.
 *
 * @module
 */

/** Where calls of the manager go. */
export const MANAGEMENT_EXCHANGE = "metricq.management";

/** Where the manager calls all agents. */
export const BROADCAST_EXCHANGE = "metricq.broadcast";

/** Takes a message to the queue that its routing key names; every queue is bound to it. */
export const DEFAULT_EXCHANGE = "";
