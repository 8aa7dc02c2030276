/**
 * Tests of a network, on its own broker and on RabbitMQ.
 *
 * @module
 */

import type { DecodedChunk } from "../../src/chunk/decode_chunk.ts";
import { DevNetwork, type DevNetworkOptions } from "../../src/dev/network.ts";
import type { RpcCall } from "../../src/watch/view/rpc_log.ts";
import { type PeerName, peerTest } from "../peers/peertest.ts";
import { sharedVhost } from "../peers/shared_broker.ts";
import { Events } from "../support/events.ts";
import { permittedTest } from "../support/permissions.ts";

/** What a test can wait for. */
export interface NetworkEvents {
  readonly chunks: Events<{ readonly metric: string; readonly chunk: DecodedChunk }>;
  readonly calls: Events<RpcCall>;
}

/** A test of a network. */
export type NetworkTest = (network: DevNetwork, events: NetworkEvents) => Promise<void>;

/** Registers a test twice: with the embedded broker, and with RabbitMQ. */
export function networkTest(name: string, options: DevNetworkOptions, run: NetworkTest): void {
  // amqplib reads the environment, an agent asks for the host's name.
  const needs = [{ name: "net" }, { name: "env" }, { name: "sys", kind: "hostname" }] as const;
  permittedTest({ name, needs }, () => withNetwork(options, run));
  onRabbitMq(name, [], options, run);
}

/** Registers a test with programs on the reference package, twice as well. */
export function referenceTest(name: string, options: DevNetworkOptions, run: NetworkTest): void {
  peerTest({ name, needs: ["metricq"] }, () => withNetwork(options, run));
  onRabbitMq(name, ["metricq"], options, run);
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
  needs: readonly PeerName[],
  options: DevNetworkOptions,
  run: NetworkTest,
): void {
  peerTest({ name: `${name}, on RabbitMQ`, needs: [...needs, "rabbitmq"] }, async () => {
    const { url: server } = await sharedVhost();
    await withNetwork({ ...options, server }, run);
  });
}

async function withNetwork(options: DevNetworkOptions, run: NetworkTest): Promise<void> {
  const events: NetworkEvents = { chunks: new Events(), calls: new Events() };
  await using network = await DevNetwork.start({
    ...options,
    onChunk: (metric, chunk) => events.chunks.add({ metric, chunk }),
    onCall: (call) => events.calls.add(call),
  });
  await run(network, events);
}
