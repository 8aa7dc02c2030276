/**
 * The errors of this package, after one rule: trouble with other programs (the broker, the manager,
 * another agent) has a class of its own here; misuse of the API is a `TypeError` (wrong kind),
 * a `RangeError` (wrong value) or a `SyntaxError` (text that cannot be parsed).
 *
 * No message and no field ever holds a password.
 *
 * @module
 */

import { recogniseAcrossCopies } from "./across_copies.ts";
import { counted } from "./quote.ts";

/**
 * The parent of the errors that this package throws because of another program.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { IntervalSource, MetricQError } from "@metricq/source";
 *
 * class Meter extends IntervalSource {
 *   update() {}
 * }
 *
 * // Nothing listens there.
 * const source = new Meter({ token: "source-meter", url: "amqp://127.0.0.1:1/" });
 * const error = await source.run().catch((error) => error);
 * assert(error instanceof MetricQError);
 * assert.equal(error.name, "ConnectFailed");
 * assert.match(error.message, /^Cannot connect to amqp:\/\/127\.0\.0\.1:1/);
 * ```
 */
export class MetricQError extends Error {
  /** Makes an error that bears the name of its class. */
  constructor(message?: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The agent ended, or did not come up. */
export class AgentStopped extends MetricQError {}

/**
 * Connecting failed: the broker or the manager is absent or has refused it; after an outage only if
 * the broker refuses user and password again and again.
 */
export class ConnectFailed extends AgentStopped {}

/** Another agent is connected with the same token. */
export class TokenInUse extends ConnectFailed {
  /** The token that is in use. */
  readonly token: string;

  /** Makes the error for a token that another agent holds. */
  constructor(token: string, options?: ErrorOptions) {
    super(`Cannot connect: token "${token}" is already in use by another agent`, options);
    this.token = token;
  }
}

/** A lost connection did not come back in time. */
export class ReconnectTimeout extends AgentStopped {
  /** How long the connection was away before it was given up, in seconds. */
  readonly outageSeconds: number;

  /** Makes the error for the named connection. */
  constructor(connection: string, outageSeconds: number, options?: ErrorOptions) {
    super(`Cannot reconnect: ${connection} was away for ${outageSeconds} s`, options);
    this.outageSeconds = outageSeconds;
  }
}

/** The agent was stopped by a signal of the operating system other than SIGINT. */
export class ReceivedSignal extends AgentStopped {
  /** The signal's name, such as `"SIGTERM"`. */
  readonly signal: string;

  /** Makes the error for a signal. */
  constructor(signal: string) {
    super(`Stopped by ${signal}`);
    this.signal = signal;
  }
}

/** A connection to the broker, or the broker itself, failed. */
export class AmqpError extends MetricQError {
  /**
   * The reply code of AMQP, such as 404 (not found), 403 (access refused) or 405 (locked);
   * `undefined` without one, as when a connection breaks.
   */
  readonly code: number | undefined;

  /** Makes the error, with AMQP's reply code if the broker gave one. */
  constructor(message: string, options: ErrorOptions & { code?: number } = {}) {
    super(message, options);
    this.code = options.code;
  }
}

/**
 * Data points could not be taken, or were given up after they had been taken; see `Source.send` and
 * `Source.flush`.
 */
export class PublishFailed extends MetricQError {
  /** The points' metric. */
  readonly metric: string;
  /** How many points. */
  readonly points: number;

  /** Makes the error for a number of points of one metric. */
  constructor(metric: string, points: number, reason: string, options?: ErrorOptions) {
    super(`Cannot publish ${counted(points, "point")} of metric "${metric}": ${reason}`, options);
    this.metric = metric;
    this.points = points;
  }
}

/** The file in which a source keeps unsent points cannot be used. */
export class SpoolFailed extends AgentStopped {
  /** The file. */
  readonly path: string;

  /** Makes the error for a file. */
  constructor(path: string, reason: string, options?: ErrorOptions) {
    super(`Cannot use spool "${path}": ${reason}`, options);
    this.path = path;
  }
}

/** A remote procedure call failed: it was answered with an error, or could not be made. */
export class RpcError extends MetricQError {
  /** The function that was called, such as `"source.register"`. */
  readonly function: string;
  /** Why it failed; the words of the other agent, if it has answered. */
  readonly reason: string;

  /** Makes the error for a call of the named function. */
  constructor(functionName: string, reason: string, options?: ErrorOptions) {
    super(`Cannot call ${functionName}: ${reason}`, options);
    this.function = functionName;
    this.reason = reason;
  }
}

/** A remote procedure call was not answered in time. */
export class RpcTimeout extends RpcError {
  /** How long the answer was waited for, in seconds. */
  readonly timeoutSeconds: number;

  /** Makes the error for a call of the named function. */
  constructor(functionName: string, timeoutSeconds: number) {
    super(functionName, `no answer within ${timeoutSeconds} s`);
    this.timeoutSeconds = timeoutSeconds;
  }
}

/** A message that was received cannot be read: it is not JSON or protobuf, or breaks the protocol. */
export class MessageError extends MetricQError {}

recogniseAcrossCopies({
  MetricQError,
  AgentStopped,
  ConnectFailed,
  TokenInUse,
  ReconnectTimeout,
  ReceivedSignal,
  AmqpError,
  PublishFailed,
  SpoolFailed,
  RpcError,
  RpcTimeout,
  MessageError,
});
