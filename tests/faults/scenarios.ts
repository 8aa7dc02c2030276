/**
 * What befalls a source.
 *
 * @module
 */

import { withClient } from "./account.ts";
import { closeConnections, killBroker, memoryAlarm, stopBroker } from "./broker_faults.ts";
import type { Cluster } from "./cluster.ts";
import type { FaultNetwork } from "./fault_network.ts";
import type { Controls, PlayOptions } from "./play.ts";
import { pause, type Proxy } from "./proxy.ts";
import { randomFaults } from "./random_faults.ts";

/** Where a scenario takes place. */
export interface Stage extends Controls {
  readonly network: FaultNetwork;
  readonly random: () => number;
  /** Whether there is time. */
  readonly isLong: boolean;
}

/** A fault, from its beginning to its end, while a source sends. */
export interface Scenario extends PlayOptions {
  readonly name: string;
  /** Default: always. */
  readonly onlyLong?: boolean;
  readonly run: (stage: Stage) => Promise<unknown>;
}

/** The scenarios whose faults lie in the network or the broker. */
export const SCENARIOS: readonly Scenario[] = [
  { name: "none", run: ({ healed }) => Promise.resolve(healed()) },
  { name: "broker killed (-9) and restarted", run: killBroker },
  { name: "broker stopped and started", run: stopBroker },
  { name: "partition of 5 s", run: (stage) => partition(stage, 5) },
  {
    name: "partition of 90 s",
    onlyLong: true,
    heartbeatSeconds: 10,
    run: (stage) => partition(stage, 90),
  },
  { name: "half-open connections", heartbeatSeconds: 1, run: halfOpen },
  { name: "connections cut", run: cut },
  { name: "noise on the line", run: noise },
  { name: "slow line", run: slowLine },
  { name: "memory alarm", run: memoryAlarm },
  { name: "connections closed by an administrator", run: closeConnections },
  { name: "data exchange deleted", run: deleteExchange },
  { name: "manager killed", run: killManager },
  { name: "slow consumer", run: slowConsumer },
  {
    name: "source killed (-9) in a partition, with a spool",
    hasSpool: true,
    // What is in a chunk that is not full is not in the spool.
    chunkSizes: { first: 1, second: 1, third: 1 },
    run: killSource,
  },
  {
    name: "source stopped in a partition, with a spool",
    hasSpool: true,
    source: { stopTimeout: 1 },
    run: stopSource,
  },
  {
    name: "random faults",
    run: (stage) => randomFaults(stage, stage.isLong ? 600_000 : 20_000),
  },
];

/** The death of the node that the source is connected to. */
export const killNode = {
  name: "one of three nodes killed (-9)",
  run: ({ nodes: [first] }: Cluster) => async ({ healed }: Controls): Promise<void> => {
    await first?.kill();
    healed();
    await pause(3000);
  },
};

async function partition({ network: { proxy }, healed }: Stage, seconds: number): Promise<void> {
  proxy.impair({ held: true });
  await pause(seconds * 1000);
  proxy.heal();
  healed();
}

/** The network forgets the connections that are there; neither side is told. New ones work. */
async function halfOpen({ network: { proxy }, healed }: Stage): Promise<void> {
  const forgotten = proxy.connections;
  for (const connection of forgotten) connection.impair({ held: true });
  healed();
  await pause(5000);
  for (const connection of forgotten) connection.cut();
}

async function cut({ network: { proxy }, healed }: Stage): Promise<void> {
  for (let time = 0; time < 5; time++) {
    proxy.cut();
    healed();
    await pause(500);
  }
}

async function noise({ network: { proxy }, healed }: Stage): Promise<void> {
  for (const direction of ["toServer", "toClient"] as const) {
    proxy.impair({ noise: 0.01 }, [direction]);
    await pause(2000);
    proxy.heal();
    healed();
    await pause(1000);
  }
}

async function slowLine({ network: { proxy }, healed }: Stage): Promise<void> {
  proxy.impair({ delayMs: 100, bytesPerSecond: 100_000 });
  await pause(3000);
  proxy.heal();
  healed();
}

async function deleteExchange({ network, healed }: Stage): Promise<void> {
  const { broker, proxy } = network;
  // As an administrator does it who notices: the queues are bound again.
  const bindings = await broker.ctl(
    "list_bindings",
    "source_name",
    "destination_name",
    "routing_key",
  );
  await withClient(broker.url, async (client) => {
    const channel = await client.channel();
    await keptOut(proxy, async () => {
      await channel.exchangeDelete("metricq.data");
    });
    await pause(1000); // in which the source is told that there is no such exchange
    await keptOut(proxy, async () => {
      await channel.exchangeDeclare("metricq.data", "topic", { durable: true });
      for (const line of bindings.split("\n")) {
        const [exchange, queue = "", key = ""] = line.split("\t");
        if (exchange === "metricq.data") await channel.queueBind(queue, exchange, key);
      }
    });
    healed();
  });
}

/**
 * Keeps the source from publishing while somebody works on the exchange. What is published to an
 * exchange that exists and has no binding (any more, or yet) goes nowhere, and RabbitMQ confirms it:
 * a loss that no source could know of, as MetricQ's protocol publishes without `mandatory`.
 */
async function keptOut(proxy: Proxy, work: () => Promise<void>): Promise<void> {
  proxy.impair({ held: true }, ["toServer"]);
  await pause(200); // the broker is through with what has passed before
  await work();
  proxy.heal();
}

async function killManager({ network, healed }: Stage): Promise<void> {
  await network.manager.kill();
  network.proxy.cut();
  healed();
  await pause(1000);
  await network.manager.restart();
}

/** A sink that takes its messages and never reads them. */
async function slowConsumer({ network: { broker }, healed }: Stage): Promise<void> {
  await withClient(broker.url, async (client) => {
    const channel = await client.channel();
    const { name } = await channel.queueDeclare("", { exclusive: true });
    await channel.queueBind(name, "metricq.data", "#");
    await channel.basicQos(1);
    await channel.basicConsume(name, { noAck: false }, () => {});
    await pause(3000);
    healed();
  });
}

async function killSource(stage: Stage): Promise<void> {
  const { network: { proxy } } = stage;
  proxy.impair({ held: true });
  await pause(2000);
  await stage.killSource();
  proxy.heal();
  stage.healed();
  await stage.startSource();
}

async function stopSource(stage: Stage): Promise<void> {
  const { network: { proxy } } = stage;
  proxy.impair({ held: true });
  await pause(2000);
  await stage.stopSource();
  proxy.heal();
  stage.healed();
  await stage.startSource();
}
