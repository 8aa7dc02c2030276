/**
 * What a broker is started with, and what follows from it.
 *
 * @module
 */

import type { Address } from "../../address.ts";
import { type Randomness, systemRandomness } from "../../randomness.ts";
import type { MonotonicClock } from "../../time/clock.ts";
import type { ConnectionContext } from "./client_connection.ts";
import type { ClientListener } from "./client_listener.ts";
import { MemoryGauge } from "./memory_gauge.ts";
import { Restrictions } from "./restrictions.ts";
import { VirtualHost } from "./virtual_host.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** Options of a broker. */
export interface BrokerOptions {
  /**
   * The address to listen on.
   * @default {"127.0.0.1"}
   */
  hostname?: string;
  /**
   * The port to listen on; 0 takes a free one.
   * @default {0}
   */
  port?: number;
  /**
   * Whether an address that other machines can reach is accepted.
   * @default {false}
   */
  allowRemote?: boolean;
  /**
   * The passwords by user.
   * @default {{ guest: "guest" }}
   */
  users?: Readonly<Record<string, string>>;
  /**
   * The names of the virtual hosts.
   * @default {["/"]}
   */
  virtualHosts?: readonly string[];
  /**
   * The heartbeat that clients are offered, in seconds; 0 for none.
   * @default {60}
   */
  heartbeatSeconds?: number;
  /**
   * The largest frame that clients are offered, in bytes.
   * @default {131072}
   */
  frameMax?: number;
  /**
   * The most channels of a connection that clients are offered.
   * @default {2047}
   */
  channelMax?: number;
  /**
   * The memory that messages in queues may take before publishers are stalled.
   * @default {256 MiB}
   */
  memoryLimitBytes?: number;
  /**
   * The largest body of a message.
   * @default {16 MiB}
   */
  maxMessageBytes?: number;
  /**
   * Whether queues are taken that are neither durable nor exclusive. RabbitMQ from 4.3 on refuses these
   * with 541, which ends the connection, unless it is configured to permit them.
   * @default {true}
   */
  transientQueues?: boolean;
  /**
   * The clock that waiting follows.
   * @default {the system's}
   */
  clock?: MonotonicClock;
  /**
   * Begins to accept connections at an address.
   * @default {Deno.listen}
   */
  listen?: (address: Address) => ClientListener;
  /**
   * What the names are made of that clients leave to the broker.
   * @default {the system's}
   */
  randomness?: Randomness;
  /**
   * What a broker that crashed has left, in place of `virtualHosts`.
   * @default {nothing}
   */
  survivors?: Survivors;
}

/** What outlives a crash: durable exchanges and queues, and the persistent messages in these. */
export interface Survivors {
  readonly virtualHosts: ReadonlyMap<string, VirtualHost>;
  readonly memory: MemoryGauge;
  readonly restrictions: Restrictions;
}

/**
 * What clients are offered.
 *
 * @throws {RangeError} If a number is outside of what AMQP, or this broker, can do.
 */
export function readOffer(
  { channelMax = 2047, frameMax = 128 * KIB, heartbeatSeconds = 60 }: BrokerOptions,
): Pick<ConnectionContext, "channelMax" | "frameMax" | "heartbeatSeconds"> {
  return {
    channelMax: requireInteger("channelMax", channelMax, 1, 65_535),
    frameMax: requireInteger("frameMax", frameMax, 4096, 16 * MIB),
    heartbeatSeconds: requireInteger("heartbeatSeconds", heartbeatSeconds, 0, 65_535),
  };
}

/**
 * Virtual hosts in which there is nothing.
 *
 * @throws {RangeError} If a number is outside of what this broker can do.
 */
export function emptyHosts(options: BrokerOptions, clock: MonotonicClock): Survivors {
  const { virtualHosts: names = ["/"], randomness = systemRandomness } = options;
  const { memoryLimitBytes = 256 * MIB, transientQueues = true } = options;
  const memory = new MemoryGauge(
    requireInteger("memoryLimitBytes", memoryLimitBytes, 0, Infinity),
  );
  const { maxMessageBytes = 16 * MIB } = options;
  const restrictions = new Restrictions(
    requireInteger("maxMessageBytes", maxMessageBytes, 0, 512 * MIB),
  );
  const environment = { nowMs: () => clock.nowMs(), memory, randomness, transientQueues };
  const virtualHosts = new Map(names.map((name) => [name, new VirtualHost(name, environment)]));
  return { virtualHosts, memory, restrictions };
}

function requireInteger(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new RangeError(
    `Cannot start broker: ${name} ${value} is given, ` +
      `an integer from ${least} to ${most} is required`,
  );
}
