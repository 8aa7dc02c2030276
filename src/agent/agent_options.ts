/**
 * Options of agents and of calls.
 *
 * @module
 */

import type { CredentialsProvider } from "../amqp/credentials.ts";
import type { TlsCertificates } from "../amqp/tls.ts";
import type { Transport } from "../amqp/transport.ts";
import type { OptionNames } from "../option_names.ts";
import type { Randomness } from "../randomness.ts";
import type { StandardSchema } from "../rpc/schema.ts";
import type { MonotonicClock } from "../time/clock.ts";
import type { Duration } from "../time/timedelta.ts";

/** Options of an {@linkcode Agent}. */
export interface AgentOptions {
  /** The name by which the network knows this program; one agent can use it at a time. */
  readonly token: string;
  /**
   * The management network, `amqp[s]://[user:password@]host[:port][/vhost]`; several for the nodes
   * of a cluster, which are tried in turn, after an outage beginning with the one connected last.
   * Parameters: `heartbeat` (seconds, 10 unless set, 0 turns it off), `cacertfile`, `certfile`,
   * `keyfile`; and `allow_plain_data=true`, without which a manager that is reached by `amqps:`
   * cannot lead the agent to a data network without TLS.
   */
  readonly url: string | URL | readonly (string | URL)[];
  /**
   * Whether a random suffix makes the token unique.
   * @default {false}
   */
  readonly addUuid?: boolean | undefined;
  /**
   * How long a lost connection is tried for before the agent gives up.
   * @default {"600s"}
   */
  readonly connectionTimeout?: Duration | undefined;
  /**
   * How long an answer to a remote procedure call is waited for, of this agent's calls and of calls to
   * it: a handler that takes longer is given up. What a source does with the configuration that its
   * registration brings has no limit, as no other agent waits for it.
   * @default {"60s"}
   */
  readonly rpcTimeout?: Duration | undefined;
  /**
   * How long `stop` waits for the task, and again for the last points.
   * @default {"10s"}
   */
  readonly stopTimeout?: Duration | undefined;
  /**
   * The version of the program, shown by `discover`.
   * @default {that of `command`}
   */
  readonly clientVersion?: string | undefined;
  /**
   * Certificates for `amqps:`, as PEM texts.
   * @default {the system's authorities}
   */
  readonly tls?: TlsCertificates | undefined;
  /**
   * The user and password to log in with, instead of those in `url`: asked for at every attempt to
   * connect, so that a password that has changed is used after the next outage. Throwing counts as a
   * failed attempt.
   * @default {those in `url`}
   */
  readonly credentials?: CredentialsProvider | undefined;
  /**
   * The clock that waiting follows; for tests.
   * @default {systemClock}
   */
  readonly clock?: MonotonicClock | undefined;
  /**
   * Jitter and identifiers; for tests that repeat a run.
   * @default {the system's}
   * @experimental
   */
  readonly randomness?: Randomness | undefined;
  /**
   * How the bytes of connections come and go.
   * @default {TCP, and TLS for `amqps:`}
   * @experimental
   */
  readonly transport?: Transport | undefined;
}

/** The names of {@linkcode AgentOptions}. */
export const AGENT_OPTIONS: OptionNames<AgentOptions> = {
  token: true,
  url: true,
  addUuid: "boolean",
  connectionTimeout: true,
  rpcTimeout: true,
  stopTimeout: true,
  clientVersion: true,
  tls: true,
  credentials: true,
  clock: true,
  randomness: true,
  transport: true,
};

/** Options of {@linkcode Agent.connect} and {@linkcode Agent.run}. */
export interface StartOptions {
  /** Stops the agent: of `connect` until the agent is on the network, of `run` also later. */
  readonly signal?: AbortSignal | undefined;
}

/** The names of {@linkcode StartOptions}. */
export const START_OPTIONS: OptionNames<StartOptions> = { signal: true };

/** Options of {@linkcode Agent.rpc}. */
export interface RpcOptions {
  /**
   * How long the answer is waited for.
   * @default {the agent's `rpcTimeout`}
   */
  readonly timeout?: Duration | undefined;
  /** Cancels the call. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of {@linkcode Agent.rpc} with a schema for the answer. */
export interface CheckedRpcOptions<Answer> extends RpcOptions {
  /** What the answer has to match. */
  readonly schema: StandardSchema<Answer>;
}

/** The names of {@linkcode CheckedRpcOptions}. */
export const RPC_OPTIONS: OptionNames<CheckedRpcOptions<unknown>> = {
  timeout: true,
  signal: true,
  schema: true,
};

/** Options of {@linkcode Agent.getMetrics}. */
export interface GetMetricsOptions {
  /** A regular expression for parts of the name, or a list of names. */
  readonly selector?: string | readonly string[] | undefined;
  /**
   * Whether the metadata comes along.
   * @default {true}
   */
  readonly metadata?: boolean | undefined;
  /** Only metrics that are, or are not, stored in a database. */
  readonly historic?: boolean | undefined;
  /** Only metrics whose name begins with this. */
  readonly prefix?: string | undefined;
  /** Only metrics whose name contains this. */
  readonly infix?: string | undefined;
  /** At most this many. */
  readonly limit?: number | undefined;
  /** Only metrics that are, or are not, hidden. */
  readonly hidden?: boolean | undefined;
  /**
   * How long the answer is waited for.
   * @default {the agent's `rpcTimeout`}
   */
  readonly timeout?: Duration | undefined;
}

/** The names of {@linkcode GetMetricsOptions}. */
export const GET_METRICS_OPTIONS: OptionNames<GetMetricsOptions> = {
  selector: true,
  metadata: "boolean",
  historic: "boolean",
  prefix: true,
  infix: true,
  limit: true,
  hidden: "boolean",
  timeout: true,
};
