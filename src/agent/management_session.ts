/**
 * An agent's session on the management network, which holds its token for it.
 *
 * @module
 */

import type { ReconnectingConnection } from "../amqp/reconnecting_connection.ts";
import { ReplyCode } from "../amqp/reply_codes.ts";
import type { AmqpSession } from "../amqp/session.ts";
import { AmqpError, ConnectFailed, TokenInUse } from "../errors.ts";
import { BROADCAST_EXCHANGE, MANAGEMENT_EXCHANGE } from "../rpc/exchanges.ts";
import type { RpcEndpoint } from "../rpc/rpc_endpoint.ts";
import { backoffMs, type Pace } from "../time/backoff.ts";
import { sleep } from "../time/clock.ts";

// RabbitMQ 4 deletes an agent's queue only after the end of its connection: an agent that follows at
// once on another with its token would find that in use.
const TOKEN_RELEASE_MS = 1000;

/** The agent of a session. */
export interface ManagedAgent {
  readonly token: string;
  /** The network's address, for messages. */
  readonly url: string;
  readonly rpc: RpcEndpoint;
}

/** The pace of attempts, and what ends them. */
export interface TokenWait extends Pace {
  readonly stopping: AbortSignal;
}

/**
 * Connects. A token that is in use is waited for, for up to a second.
 *
 * @throws {TokenInUse} If it still is.
 * @throws {ConnectFailed} If it fails for another reason.
 */
export async function connectWithToken(
  connection: Pick<ReconnectingConnection, "connect">,
  { clock, randomness, stopping }: TokenWait,
): Promise<void> {
  // From the first refusal on: it may take long to find an address that answers.
  let latestMs: number | undefined;
  for (let attempt = 0;; attempt++) {
    try {
      return await connection.connect();
    } catch (error) {
      if (stopping.aborted || !(error instanceof TokenInUse)) throw error;
      latestMs ??= clock.nowMs() + TOKEN_RELEASE_MS;
      const waitMs = backoffMs(attempt, randomness.fraction());
      if (clock.nowMs() + waitMs > latestMs) throw error;
      await sleep(clock, waitMs, stopping);
      stopping.throwIfAborted();
    }
  }
}

/**
 * Takes the token, by a queue that only this connection may have, and begins to receive calls.
 *
 * @throws {TokenInUse} If another agent has it.
 * @throws {ConnectFailed} If the exchanges of a MetricQ manager are missing at this broker.
 */
export async function setUpManagement(
  session: AmqpSession,
  { token, url, rpc }: ManagedAgent,
): Promise<void> {
  const { queue } = rpc;
  try {
    await session.requireExchange(MANAGEMENT_EXCHANGE);
    await session.requireExchange(BROADCAST_EXCHANGE);
    await session.declareExclusiveQueue(queue);
  } catch (error) {
    if (!(error instanceof AmqpError)) throw error;
    if (error.code === ReplyCode.RESOURCE_LOCKED) throw new TokenInUse(token, { cause: error });
    if (error.code !== ReplyCode.NOT_FOUND) throw error;
    throw new ConnectFailed(
      `Cannot connect to ${url}: this broker has no exchange "${MANAGEMENT_EXCHANGE}" or "${BROADCAST_EXCHANGE}", a MetricQ manager that makes them is required`,
      { cause: error },
    );
  }
  await session.bindQueue(queue, BROADCAST_EXCHANGE, "#");
  await session.consume(queue, (message) => rpc.receive(message));
}
