/**
 * What a subscription needs of its sink.
 *
 * @module
 */

import type { AmqpSession } from "../amqp/session.ts";
import type { EventFeed } from "../observe/event_feed.ts";
import type { JsonObject } from "../rpc/json.ts";
import type { Pace } from "../time/backoff.ts";

/** What a subscription is made with. */
export interface SubscriptionContext extends Pace {
  /** Aborted when the sink stops. */
  readonly stopping: AbortSignal;
  /** Why the sink has stopped, if not on request. */
  readonly failure: () => Error | undefined;
  /** Learns which metrics are wanted. */
  readonly findMetrics: (signal: AbortSignal) => Promise<readonly string[]>;
  readonly durable: boolean;
  readonly expiresSeconds: number | undefined;
  readonly prefetch: number;
  /** Ends the subscription. */
  readonly signal: AbortSignal | undefined;
  readonly callManager: (
    name: string,
    args: JsonObject,
    signal: AbortSignal,
  ) => Promise<JsonObject>;
  /** The connection for data, waiting for it during an outage. */
  readonly openSession: (dataServerAddress: string, signal: AbortSignal) => Promise<AmqpSession>;
  /** What happens to the sink. */
  readonly events: EventFeed;
  /** The subscription is over. */
  readonly onOver: () => void;
}
