/**
 * Following calls, for those who want to know how long they take.
 *
 * @module
 */

/** A call that is followed. */
export interface TracedCall {
  /** The function's name, which a caller may have made up unless it `isKnown`. */
  readonly function: string;
  /** Whether there is such a function here; of calls to others nobody knows. Default `true`. */
  readonly isKnown?: boolean;
  /** Who calls: this agent another, another this one, or this agent itself. */
  readonly kind: "client" | "server" | "internal";
  /** The token of the agent that calls this one, if it has told. */
  readonly fromToken?: string | undefined;
}

/** Follows calls from their beginning to their end. */
export interface RpcTracer {
  /** Runs a call. Returns, or throws, what it does. */
  trace<Result>(call: TracedCall, run: () => Promise<Result>): Promise<Result>;
}
