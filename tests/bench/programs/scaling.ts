/**
 * Sends a point of each of many metrics once per second: `scaling.ts URL`.
 *
 * @module
 */

import { Source, ticks, Timestamp } from "../../../mod.ts";
import { progress } from "../report.ts";
import { answerAll, cpuSeconds, residentMiB } from "./answering.ts";

/** What is asked for. */
export interface ScalingQuestion {
  readonly metrics: number;
  /** How many times each is sent. */
  readonly ticks: number;
}

/** What came out. */
export interface ScalingAnswer {
  readonly declareSeconds: number;
  /** How long a tick's points took until the last was confirmed. */
  readonly tickMs: number;
  readonly cpuNsPerPoint: number;
  readonly missed: number;
  readonly residentMiB: number;
}

const METRICS_PER_CALL = 5000;

class Scaling extends Source {
  protected task(): void {}

  async measure({ metrics, ticks: count }: ScalingQuestion): Promise<ScalingAnswer> {
    const names = Array.from({ length: metrics }, (_, at) => `bench.scaling.metric${at}`);
    const declareStartMs = performance.now();
    for (let at = 0; at < metrics; at += METRICS_PER_CALL) {
      await this.declareMetrics(names.slice(at, at + METRICS_PER_CALL));
      progress(`declared ${Math.min(at + METRICS_PER_CALL, metrics)} of ${metrics} metrics`);
    }
    const declareSeconds = (performance.now() - declareStartMs) / 1000;

    await this.#sendAll(names); // compiles, and makes what each metric keeps
    let tickMs = 0;
    let cpu = 0;
    let missed = 0;
    let at = 0;
    for await (const tick of ticks({ period: 1 })) {
      missed += tick.missed;
      const startMs = performance.now();
      const cpuBefore = cpuSeconds();
      await this.#sendAll(names);
      cpu += cpuSeconds() - cpuBefore;
      tickMs += performance.now() - startMs;
      if (++at === count) break;
    }
    return {
      declareSeconds,
      tickMs: tickMs / count,
      cpuNsPerPoint: cpu / count / metrics * 1e9,
      missed,
      residentMiB: residentMiB(),
    };
  }

  async #sendAll(names: readonly string[]): Promise<void> {
    const time = Timestamp.now();
    for (const name of names) await this.send(name, time, 1);
    await this.flush();
  }
}

const [url = ""] = Deno.args;
const source = new Scaling({ token: "bench-scaling", url });
await source.connect();
await answerAll((question: ScalingQuestion) => source.measure(question));
