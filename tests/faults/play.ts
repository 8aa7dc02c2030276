/**
 * Lets a fault befall a source, and draws up the account.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { RabbitMq } from "../peers/rabbitmq.ts";
import type { SourceOptions } from "../../src/source/source.ts";
import { type Account, account, bindQueue, queueGone, queueGrows, readQueue } from "./account.ts";
import { loginsOf } from "./broker_log.ts";
import { EventAccount } from "./event_account.ts";
import { pause } from "./proxy.ts";
import { type Implementation, SourceProcess } from "./source_process.ts";

/** Where sources and queues are. */
export interface Place {
  /** What a source is told. */
  url(heartbeatSeconds: number): string | string[];
  /** The broker that holds the durable queue. */
  readonly queueUrl: string;
  /** All nodes of the broker. */
  readonly nodes: readonly RabbitMq[];
  /** What survives there what happens there. */
  readonly queueType: "classic" | "quorum";
}

/** What a fault can do to the source, and has to tell. */
export interface Controls {
  /** To be called at the moment at which a fault ends. */
  healed(): void;
  /** Kills the source (-9). */
  killSource(): Promise<void>;
  /** Stops the source and waits for its end. */
  stopSource(): Promise<void>;
  /** Starts the source again. */
  startSource(): Promise<void>;
}

/** How a play goes. */
export interface PlayOptions {
  /** Whose source it befalls. Default `"deno"`. */
  readonly implementation?: Implementation;
  /** Seconds between heartbeats. Default 2. */
  readonly heartbeatSeconds?: number;
  /** Chunk sizes of the metrics, by the last part of their names. */
  readonly chunkSizes?: Readonly<Record<string, number>>;
  /** Whether the source has a spool. */
  readonly hasSpool?: boolean;
  /** Further options of the source. */
  readonly source?: Partial<SourceOptions>;
}

/** What has come of it. */
export interface Outcome {
  readonly account: Account;
  /** Where what the source has told by events does not fit what others have seen. */
  readonly eventProblems: readonly string[];
  /** How the source has ended. */
  readonly end: "stopped" | "hung" | "failed";
  /** What the source has said on its standard error output. */
  readonly errorOutput: string;
  /** How often the source was killed: it may have taken a tick that it could not tell of. */
  readonly kills: number;
  /** The counters of the source that was the last. */
  readonly stats: Readonly<Record<string, unknown>>;
}

const CHUNK_SIZES = { single: 1, ten: 10, hundred: 100 };

// A source that has not recovered then never does.
const RECOVERY_LIMIT_MS = 20_000;

// At its end a source has to send what it has kept in the fault, however slow this machine is.
const STOP_TIMEOUT_SECONDS = 60;

let plays = 0;

/** Plays a fault, while a source sends several metrics at 1 kHz. */
export async function play(
  place: Place,
  fault: (controls: Controls) => Promise<unknown>,
  options: PlayOptions = {},
): Promise<Outcome> {
  const { implementation = "deno", heartbeatSeconds = 2, chunkSizes = CHUNK_SIZES } = options;
  const name = `play${++plays}`;
  const token = `source-${name}`;
  const sizes = Object.entries(chunkSizes);
  const metrics = Object.fromEntries(sizes.map(([key, size]) => [`${name}.${key}.value`, size]));
  await bindQueue(place.queueUrl, token, `${name}.#`, place.queueType);
  const folder = await Deno.makeTempDir({ prefix: "metricq-faults-" });
  const ending = new AbortController();
  const recoveries: Promise<number>[] = [];
  const made = new Map<number, bigint>();
  const events = new EventAccount();
  let kills = 0;
  const start = () =>
    new SourceProcess(implementation, {
      source: {
        token,
        url: place.url(heartbeatSeconds),
        stopTimeout: STOP_TIMEOUT_SECONDS,
        ...options.hasSpool && { spool: `${folder}/spool.db` },
        ...options.source,
      },
      metrics,
      periodMs: 1,
      firstTick: nextTick(made),
    }, { onTick: (tick, timeNs) => made.set(tick, timeNs), events });
  let source = start();
  try {
    await source.started();
    await pause(500);
    await fault({
      healed: () => void recoveries.push(recoveryMs(place.queueUrl, token, ending.signal)),
      killSource: async () => {
        kills++;
        await source.kill();
      },
      stopSource: async () => {
        const end = await source.stop();
        // Without a network to stop in, the reference's source has to be killed.
        if (implementation === "deno") assert.equal(end, "stopped", source.errorOutput);
      },
      startSource: async () => {
        // Until the broker has noticed the end of the last one, its token is in use.
        await queueGone(place.queueUrl, `${token}-rpc`);
        source = start();
        await source.started();
      },
    });
    await Promise.race([Promise.all(recoveries), pause(RECOVERY_LIMIT_MS, ending.signal)]);
    await pause(500);
    ending.abort();
    const end = await source.stop();
    const chunks = await readQueue(place.queueUrl, token);
    const logins = await loginsOf(token, place.nodes);
    return {
      account: account(made, Object.keys(metrics), chunks, await Promise.all(recoveries)),
      eventProblems: implementation === "deno" ? events.problems(logins, chunks, source.stats) : [],
      end,
      errorOutput: source.errorOutput,
      kills,
      stats: source.stats,
    };
  } finally {
    ending.abort();
    await source.kill();
    await Deno.remove(folder, { recursive: true });
  }
}

async function recoveryMs(url: string, queue: string, signal: AbortSignal): Promise<number> {
  const sinceMs = performance.now();
  const hasGrown = await queueGrows(url, queue, signal);
  return hasGrown ? performance.now() - sinceMs : Infinity;
}

// Not simply the next: of the last the process that was killed may not have told.
function nextTick(made: ReadonlyMap<number, bigint>): number {
  return Math.max(-1, ...[...made.keys()].slice(-1)) + 2;
}
