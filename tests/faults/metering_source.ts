/**
 * The source that the faults befall, a program of its own as sources are:
 * `metering_source.ts OPTIONS`, with the options of {@linkcode MeteringOptions} as JSON.
 *
 * It prints a line `TICK TIME_NS` when the points of a tick have been taken by `send`, where TICK is
 * the value of all of them, `memory RESIDENT_BYTES HEAP_BYTES` every second, `event` and the source's
 * event as JSON for each, and `health STATUS` after each event and ten times a second. It stops when
 * its standard input ends, and then prints the source's counters as JSON.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { IntervalSource } from "../../src/source/interval_source.ts";
import type { SourceOptions } from "../../src/source/source.ts";
import { Timestamp } from "../../src/time/timestamp.ts";

/** What the program is told. */
export interface MeteringOptions {
  readonly source: SourceOptions;
  /** Chunk sizes by metric. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly periodMs: number;
  /** The first tick. */
  readonly firstTick: number;
}

const HEALTH_INTERVAL_MS = 100;

const ENCODER = new TextEncoder();

class MeteringSource extends IntervalSource {
  readonly #metrics: readonly string[];
  #tick: number;

  constructor({ source, metrics, periodMs, firstTick }: MeteringOptions) {
    super({ ...source, period: periodMs / 1000 });
    this.#metrics = Object.keys(metrics);
    this.#tick = firstTick;
    for (const [name, chunkSize] of Object.entries(metrics)) {
      this.metric(name).chunkSize = chunkSize;
    }
    this.addRpcHandler("config", () => this.declareMetrics(this.#metrics));
  }

  protected override async update(): Promise<void> {
    const tick = this.#tick++;
    const time = Timestamp.now();
    await Promise.all(this.#metrics.map((metric) => this.send(metric, time, tick)));
    // Synchronous: what is printed survives a kill -9 that comes in the next instant.
    print(`${tick} ${time.posixNs}`);
  }
}

function printMemory(): void {
  const { rss, heapUsed } = Deno.memoryUsage();
  print(`memory ${rss} ${heapUsed}`);
}

/** Not at the event itself: another one may follow in the same turn, and health has seen both. */
async function printEvents(source: MeteringSource): Promise<void> {
  const printHealth = () => print(`health ${source.health.status}`);
  const timer = setInterval(printHealth, HEALTH_INTERVAL_MS);
  for await (const { time, ...event } of source.events()) {
    print(`event ${JSON.stringify({ ...event, timeMs: time.posixMs })}`);
    setImmediate(printHealth);
  }
  clearInterval(timer);
}

function print(line: string): void {
  const bytes = ENCODER.encode(line + "\n");
  for (let at = 0; at < bytes.byteLength;) at += Deno.stdout.writeSync(bytes.subarray(at));
}

async function main(options: MeteringOptions): Promise<void> {
  const source = new MeteringSource(options);
  const followed = printEvents(source);
  await source.connect();
  const timer = setInterval(printMemory, 1000);
  for await (const _ of Deno.stdin.readable) { /* until it ends */ }
  clearInterval(timer);
  await source.stop();
  await followed;
  print(JSON.stringify(source.stats));
  await source.stopped();
}

if (import.meta.main) await main(JSON.parse(Deno.args[0] ?? "{}"));
