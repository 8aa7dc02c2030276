/**
 * What a broker tells of its connections and queues.
 *
 * @module
 */

import type { ClientConnection } from "./client_connection.ts";
import type { VirtualHost } from "./virtual_host.ts";

/** A client's connection, for those who look. */
export interface ConnectionInfo {
  /** The name that the client gave the connection, else its address. */
  readonly name: string;
  /** The two ends of the connection, such as `"127.0.0.1:40000 -> 127.0.0.1:5672"`. */
  readonly address: string;
  readonly user: string;
  readonly virtualHost: string;
  readonly channels: number;
  readonly consumers: number;
  /** Messages that are delivered and not settled. */
  readonly unsettled: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
}

/** What is known of a queue. */
export interface QueueInfo {
  readonly name: string;
  readonly virtualHost: string;
  /** Messages that wait for delivery. */
  readonly messages: number;
  /** Messages that are delivered and not settled. */
  readonly unsettled: number;
  readonly consumers: number;
}

/** What is known of a connection. */
export function connectionInfo(connection: ClientConnection): ConnectionInfo {
  const { channels, negotiated } = connection.session;
  const sum = (count: (channel: (typeof channels)[number]) => number) =>
    channels.reduce((total, channel) => total + count(channel), 0);
  return {
    name: connection.name,
    address: connection.address,
    user: negotiated?.user ?? "",
    virtualHost: negotiated?.virtualHost.name ?? "",
    channels: channels.length,
    consumers: sum((channel) => channel.consumerCount),
    unsettled: sum((channel) => channel.unsettledCount),
    receivedBytes: connection.receivedBytes,
    sentBytes: connection.sentBytes,
  };
}

/** What is known of the queues of a virtual host. */
export function queueInfos(host: VirtualHost): QueueInfo[] {
  return [...host.queues].map((queue) => ({
    name: queue.name,
    virtualHost: host.name,
    messages: queue.messageCount,
    unsettled: queue.unsettledCount,
    consumers: queue.consumerCount,
  }));
}
