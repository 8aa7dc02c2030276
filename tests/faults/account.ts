/**
 * The account of a scenario: what a source has made against what a durable queue has received.
 *
 * @module
 */

import { AMQPClient } from "@cloudamqp/amqp-client";
import { decodeChunk } from "../../src/chunk/decode_chunk.ts";
import { pause } from "./proxy.ts";

const POLL_MS = 10;

/** A chunk as the queue holds it. */
export interface ReceivedChunk {
  readonly metric: string;
  readonly ticks: Float64Array;
  readonly timesNs: BigInt64Array;
}

/** One line of the table; the numbers of points are sums over all metrics. */
export interface Account {
  readonly made: number;
  readonly received: number;
  /** Made and never received. */
  readonly missing: number;
  /** Received more than once, each time after the first counted. */
  readonly repeated: number;
  /** Received for the first time after a later one of the same metric. */
  readonly outOfOrder: number;
  /** Received with another value or time than was made, or never made. */
  readonly wrong: number;
  /** Chunks that hold some of the points of an earlier one and other points, too. */
  readonly mixedChunks: number;
  /** The longest time between the times of neighbouring points of one metric. */
  readonly longestGapMs: number;
  /** From the end of a fault to the next chunk that the queue gets; the longest of several. */
  readonly recoveryMs: number;
}

/** Sums up. `recoveriesMs` are those of all faults, `Infinity` where there was none. */
export function account(
  made: ReadonlyMap<number, bigint>,
  metrics: readonly string[],
  chunks: readonly ReceivedChunk[],
  recoveriesMs: readonly number[],
): Account {
  const sums = {
    made: made.size * metrics.length,
    received: 0,
    missing: 0,
    repeated: 0,
    outOfOrder: 0,
    wrong: 0,
    mixedChunks: 0,
    longestGapMs: 0,
  };
  for (const metric of metrics) {
    const times = new Map<number, bigint>();
    let last = -1;
    for (const { ticks, timesNs } of chunks.filter((chunk) => chunk.metric === metric)) {
      let known = 0;
      for (const [i, tick] of ticks.entries()) {
        const timeNs = timesNs[i] ?? 0n;
        sums.received++;
        if (times.has(tick)) known++;
        else if (tick < last) sums.outOfOrder++;
        if (made.get(tick) !== timeNs) sums.wrong++;
        times.set(tick, timeNs);
        last = Math.max(last, tick);
      }
      sums.repeated += known;
      if (known > 0 && known < ticks.length) sums.mixedChunks++;
    }
    for (const tick of made.keys()) if (!times.has(tick)) sums.missing++;
    sums.longestGapMs = Math.max(sums.longestGapMs, longestGapMs([...times.values()]));
  }
  return { ...sums, recoveryMs: Math.max(0, ...recoveriesMs) };
}

function longestGapMs(timesNs: bigint[]): number {
  timesNs.sort((a, b) => Number(a - b));
  let longestNs = 0;
  for (const [i, timeNs] of timesNs.entries()) {
    longestNs = Math.max(longestNs, Number(timeNs - (timesNs[i - 1] ?? timeNs)));
  }
  return longestNs / 1e6;
}

/** Makes a durable queue and binds it to the data exchange. */
export async function bindQueue(
  url: string,
  queue: string,
  routingKey: string,
  type: "classic" | "quorum",
): Promise<void> {
  await withClient(url, async (client) => {
    const channel = await client.channel();
    await channel.queueDeclare(queue, { durable: true }, { "x-queue-type": type });
    await channel.queueBind(queue, "metricq.data", routingKey);
  });
}

/**
 * Waits until a queue gets something, also while its broker comes and goes. Gives up when `signal` is
 * aborted, and returns whether it has grown.
 */
export async function queueGrows(
  url: string,
  queue: string,
  signal: AbortSignal,
): Promise<boolean> {
  let before = Infinity;
  while (!signal.aborted) {
    try {
      const hasGrown = await withClient(url, async (client) => {
        const channel = await client.channel();
        while (!signal.aborted) {
          const { messageCount } = await channel.queueDeclare(queue, { passive: true });
          if (messageCount > before) return true;
          before = messageCount;
          await pause(POLL_MS, signal);
        }
        return false;
      });
      if (hasGrown) return true;
    } catch {
      await pause(POLL_MS, signal); // the broker is away; that is what this waits for
    }
  }
  return false;
}

/** Waits until there is no queue of a name, be it one for another connection alone. */
export async function queueGone(url: string, queue: string): Promise<void> {
  while (true) {
    try {
      await withClient(url, async (client) => {
        await (await client.channel()).queueDeclare(queue, { passive: true });
      });
    } catch (error) {
      const reason = String(error);
      if (reason.includes("NOT_FOUND")) return;
      if (!reason.includes("RESOURCE_LOCKED")) throw error; // locked: its owner is there
    }
    await pause(POLL_MS);
  }
}

/** Takes all that is in a queue, and deletes it. */
export async function readQueue(url: string, queue: string): Promise<ReceivedChunk[]> {
  return await withClient(url, async (client) => {
    const channel = await client.channel();
    const { messageCount } = await channel.queueDeclare(queue, { passive: true });
    const chunks: ReceivedChunk[] = [];
    const complete = Promise.withResolvers<void>();
    if (messageCount === 0) complete.resolve();
    await channel.basicConsume(queue, { noAck: true }, (message) => {
      const { timesNs, values } = decodeChunk(message.body ?? new Uint8Array(0));
      chunks.push({
        metric: message.routingKey,
        ticks: values,
        timesNs,
      });
      if (chunks.length === messageCount) complete.resolve();
    });
    await complete.promise;
    await channel.queueDelete(queue);
    return chunks;
  });
}

/** Runs with a connection of the AMQP client's own. */
export async function withClient<Result>(
  url: string,
  work: (client: AMQPClient) => Promise<Result>,
): Promise<Result> {
  const client = new AMQPClient(url);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}
