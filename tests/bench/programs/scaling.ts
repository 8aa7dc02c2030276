/**
 * Sends points of many metrics, each a message of its own: once per second, and as fast as they are
 * taken: `scaling.ts URL`.
 *
 * @module
 */

import { Source, ticks, Timestamp } from "../../../mod.ts";
import { progress } from "../report.ts";
import { answerAll, cpuSeconds, residentMiB } from "./answering.ts";

/** What is asked for: metrics that are declared, or points of those. */
export type ScalingQuestion =
  | { readonly declare: number }
  | { readonly ticks: number }
  | { readonly points: number };

/** How long declaring took. */
export interface DeclaringAnswer {
  readonly seconds: number;
}

/** How sending once per second went. */
export interface TickingAnswer {
  /** How long each tick's points took until the last was confirmed. */
  readonly roundMs: readonly number[];
  readonly missed: number;
  readonly residentMiB: number;
}

/** How sending at full speed went, until the last point was confirmed. */
export interface StreamingAnswer {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

class Scaling extends Source {
  #names: readonly string[] = [];

  protected task(): void {}

  async answer(question: ScalingQuestion): Promise<unknown> {
    if ("declare" in question) return await this.#declare(question.declare);
    if ("ticks" in question) return await this.#tick(question.ticks);
    return await this.#stream(question.points);
  }

  async #declare(metrics: number): Promise<DeclaringAnswer> {
    this.#names = Array.from({ length: metrics }, (_, at) => `bench.scaling.metric${at}`);
    const startMs = performance.now();
    await this.declareMetrics(this.#names, {
      onProgress: (declared) => progress(`declared ${declared} of ${metrics} metrics`),
    });
    return { seconds: (performance.now() - startMs) / 1000 };
  }

  async #tick(count: number): Promise<TickingAnswer> {
    const roundMs: number[] = [];
    let missed = 0;
    for await (const tick of ticks({ period: 1 })) {
      missed += tick.missed;
      const startMs = performance.now();
      await this.#sendAll();
      await this.flush();
      roundMs.push(performance.now() - startMs);
      if (roundMs.length === count) break;
    }
    return { roundMs, missed, residentMiB: residentMiB() };
  }

  async #stream(points: number): Promise<StreamingAnswer> {
    const startMs = performance.now();
    const cpuBefore = cpuSeconds();
    for (let sent = 0; sent < points; sent += this.#names.length) await this.#sendAll();
    await this.flush();
    return {
      seconds: (performance.now() - startMs) / 1000,
      cpuSeconds: cpuSeconds() - cpuBefore,
    };
  }

  async #sendAll(): Promise<void> {
    const time = Timestamp.now();
    for (const name of this.#names) await this.send(name, time, 1);
  }
}

const [url = ""] = Deno.args;
const source = new Scaling({ token: "bench-scaling", url });
await source.connect();
await answerAll((question: ScalingQuestion) => source.answer(question));
