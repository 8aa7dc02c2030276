/**
 * Sessions of tests.
 *
 * @module
 */

import { ServerAddress } from "../../src/amqp/server_address.ts";
import { AmqpSession } from "../../src/amqp/session.ts";
import { systemTransport } from "../../src/amqp/transport.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";

/** Opens one at this address. */
export function openSession(
  url: string,
  clock: ManualClock = new ManualClock(),
  signal?: AbortSignal,
): Promise<AmqpSession> {
  const options = { name: "test", tls: {}, clock, transport: systemTransport };
  return AmqpSession.open(ServerAddress.parse(url), options, signal);
}
