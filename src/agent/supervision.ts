/**
 * What the code around an agent, `command` or a `TestNetwork`, is told about it. The agent is made
 * and run by code of its user, which they do not know.
 *
 * @module
 */

import { AsyncLocalStorage } from "node:async_hooks";
import { channel } from "node:diagnostics_channel";
import type { Address } from "../address.ts";
import type { ObservedSource } from "../observe/health.ts";
import type { Delivery, OnFull } from "../outbox/delivery_options.ts";
import type { JsonObject } from "../rpc/json.ts";
import type { Duration } from "../time/timedelta.ts";

/** Where in its life an agent is. */
export type AgentState = "new" | "connecting" | "running" | "stopping" | "stopped";

/** An agent as the code around it sees it. */
export interface ObservedAgent {
  readonly token: string;
  readonly state: AgentState;
  /** Where it connects to. */
  readonly addresses: readonly (Address & { readonly vhost: string })[];
  /** Why it was stopped, if not on request. */
  readonly failure: Error | undefined;
  /** Whether a failure has been thrown to a caller, or will be. */
  readonly isFailureSeen: boolean;
  /** Takes note that a failure has been told. */
  seeFailure(): void;
  /** Aborted when it begins to stop; `failure` is set by then. */
  readonly stopping: AbortSignal;
  /** Stops it. */
  stop(): Promise<void>;
}

/**
 * Every agent that begins to connect in this process. A channel of the runtime, because it has one
 * name for all copies of this package that a program may have loaded.
 */
export const connectingAgents: ReturnType<typeof channel> = channel("metricq.agent.connecting");

/** The agents of this copy of the package. */
export const madeHere: WeakSet<ObservedAgent> = new WeakSet();

/** What a source would do, found out by {@linkcode Supervision.onChecked}. */
export interface CheckedSource {
  readonly token: string;
  /** What the manager says if it has no configuration for the token. */
  readonly unconfigured?: string;
  /** The manager's configuration, if it has one. */
  readonly config: JsonObject | undefined;
  /** The metadata of what it would declare, by metric. */
  readonly metrics: Readonly<Record<string, JsonObject>>;
}

/** What the operator of a program has chosen for its agents; it comes before what their code says. */
export interface OperatorOptions {
  readonly connectionTimeout?: Duration | undefined;
  readonly spool?: string | undefined;
  readonly onFull?: OnFull | undefined;
  readonly delivery?: Delivery | undefined;
  readonly chunkAge?: Duration | undefined;
}

/** Callbacks for the life of agents while their program runs. */
export interface Supervision {
  /** The version of the program. */
  readonly version?: string | undefined;
  /** What was chosen when the program was started. */
  readonly options?: OperatorOptions | undefined;
  /** An agent was made. */
  readonly onMade?: (agent: ObservedAgent) => void;
  /** A source begins to connect. */
  readonly onConnecting?: (source: ObservedSource) => void;
  /** The agent is on the network, or waits there for its configuration; may be called for both. */
  readonly onRunning?: () => void;
  /**
   * Makes a source declare nothing and send nothing: it connects, registers, takes its
   * configuration, tells, and stops. It has a queue of its own, beside that of a source with the same
   * token.
   */
  readonly onChecked?: (source: CheckedSource) => void;
}

/** The supervision of whatever runs within it. */
export const supervision: AsyncLocalStorage<Supervision> = new AsyncLocalStorage();
