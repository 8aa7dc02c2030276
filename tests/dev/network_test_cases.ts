/**
 * Tests of a network, on its own broker and on RabbitMQ.
 *
 * @module
 */

import type { DecodedChunk } from "../../src/chunk/decode_chunk.ts";
import { DevNetwork, type DevNetworkOptions } from "../../src/dev/network.ts";
import type { RpcCall } from "../../src/watch/view/rpc_log.ts";
import type { PeerName } from "../peers/peers.ts";
import { sharedVhost } from "../peers/shared_broker.ts";
import { Events } from "../support/events.ts";
import { needing } from "../support/needing.ts";

/** What a test can wait for. */
export interface NetworkEvents {
  readonly chunks: Events<{ readonly metric: string; readonly chunk: DecodedChunk }>;
  readonly calls: Events<RpcCall>;
}

/** A test of a network. */
export type NetworkTest = (network: DevNetwork, events: NetworkEvents) => Promise<void>;

/** A test, on the embedded broker and on RabbitMQ. */
export function networkTests(
  name: string,
  options: DevNetworkOptions,
  run: NetworkTest,
): Deno.TestDefinition[] {
  // amqplib reads the environment, an agent asks for the host's name.
  const permissions = [{ name: "net" }, { name: "env" }, {
    name: "sys",
    kind: "hostname",
  }] as const;
  return [
    needing({ permissions }, { name, fn: () => withNetwork(options, run) }),
    onRabbitMq(name, [], options, run),
  ];
}

/** A test with programs on the reference package, on both brokers as well. */
export function referenceTests(
  name: string,
  options: DevNetworkOptions,
  run: NetworkTest,
): Deno.TestDefinition[] {
  return [
    needing({ peers: ["metricq"] }, { name, fn: () => withNetwork(options, run) }),
    onRabbitMq(name, ["metricq"], options, run),
  ];
}

/** Waits for a call of a function, now or earlier. */
export async function called(
  { calls }: NetworkEvents,
  functionName: string,
  matches: (call: RpcCall) => boolean = () => true,
): Promise<RpcCall> {
  for (let count = 1;; count++) {
    const call = await calls.nth(count);
    if (call.function === functionName && matches(call)) return call;
  }
}

function onRabbitMq(
  name: string,
  peers: readonly PeerName[],
  options: DevNetworkOptions,
  run: NetworkTest,
): Deno.TestDefinition {
  return needing({ peers: [...peers, "rabbitmq"] }, {
    name: `${name}, on RabbitMQ`,
    fn: async () => {
      const { url: server } = await sharedVhost();
      await withNetwork({ ...options, server }, run);
    },
  });
}

async function withNetwork(options: DevNetworkOptions, run: NetworkTest): Promise<void> {
  const events: NetworkEvents = { chunks: new Events(), calls: new Events() };
  await using network = await DevNetwork.start({
    // As RabbitMQ does from 4.3 on. What passes there passes where they are taken.
    transientQueues: false,
    ...options,
    onChunk: (metric, chunk) => events.chunks.add({ metric, chunk }),
    onCall: (call) => events.calls.add(call),
  });
  await run(network, events);
}
