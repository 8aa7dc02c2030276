/**
 * Connections of programs that are there as long as the simulation.
 *
 * @module
 */

import {
  ReconnectingConnection,
  type ReconnectingConnectionOptions,
} from "../../src/amqp/reconnecting_connection.ts";
import { ServerAddress } from "../../src/amqp/server_address.ts";
import type { Process } from "./process.ts";
import type { Random } from "./random.ts";

/** What such a connection is made with. */
export interface LastingConnectionOptions extends Pick<ReconnectingConnectionOptions, "setUp"> {
  readonly name: string;
  readonly url: string;
  readonly process: Process;
  readonly random: Random;
}

/** A connection that comes back by itself, however long that takes. */
export function lastingConnection(
  { name, url, process, random, setUp }: LastingConnectionOptions,
): ReconnectingConnection {
  return new ReconnectingConnection({
    name,
    addresses: [ServerAddress.parse(url)],
    tls: {},
    clock: process,
    randomness: random,
    transport: process.transport,
    reconnectTimeoutMs: Infinity,
    setUp,
    onGiveUp: () => {},
  });
}
