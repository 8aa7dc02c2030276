/**
 * Following calls, to measure how long they take.
 *
 * @module
 */

/** A call that is followed. */
export interface TracedCall {
  /** The function's name, which may be an invention of the caller unless it `isKnown`. */
  readonly function: string;
  /**
   * Whether this agent has such a function; not known of the functions of others.
   * @default {true}
   */
  readonly isKnown?: boolean;
  /** The direction: to another agent, from another one, or within this one. */
  readonly kind: "client" | "server" | "internal";
  /** The token of the agent that calls this one, if the message has one. */
  readonly fromToken?: string | undefined;
}

/** Follows calls from their beginning to their end. */
export interface RpcTracer {
  /** Runs a call. Returns, or throws, what it does. */
  trace<Result>(call: TracedCall, run: () => Promise<Result>): Promise<Result>;
}
