/**
 * A source whose metrics are looked at: `looked_at.ts URL`. It declares many, and sends points of some.
 *
 * @module
 */

import { Source, ticks, Timestamp } from "../../../mod.ts";
import { answerAll } from "./answering.ts";

/** What is asked for. */
export type LookedAtQuestion =
  | { readonly declare: number }
  /** Points of the first metrics from now on, instead of those before. */
  | { readonly metrics: number; readonly pointsPerSecond: number }
  /** An hour of points of the first metric, at once. */
  | { readonly hourAtHz: number };

const PERIOD_MS = 100;
const NS_PER_MS = 1_000_000n;
const HOUR_MS = 3_600_000;

class LookedAt extends Source {
  #metrics = 0;
  #pointsPerSecond = 0;

  protected async task(signal: AbortSignal): Promise<void> {
    let owed = 0;
    for await (const _ of ticks({ period: PERIOD_MS / 1000, precision: "coarse", signal })) {
      owed += this.#pointsPerSecond * PERIOD_MS / 1000;
      const points = Math.floor(owed);
      owed -= points;
      if (points === 0) continue;
      const endNs = Timestamp.now().posixNs;
      const stepNs = NS_PER_MS * BigInt(PERIOD_MS) / BigInt(points);
      for (let at = 0; at < this.#metrics; at++) await this.#send(at, points, endNs, stepNs);
    }
  }

  async answer(question: LookedAtQuestion): Promise<unknown> {
    if ("declare" in question) {
      const names = Array.from({ length: question.declare }, (_, at) => nameOf(at));
      await this.declareMetrics(
        Object.fromEntries(names.map((name, at) => [name, metadataOf(at)])),
      );
    } else if ("hourAtHz" in question) {
      const points = question.hourAtHz * HOUR_MS / 1000;
      const stepNs = NS_PER_MS * BigInt(HOUR_MS) / BigInt(points);
      await this.#send(0, points, Timestamp.now().posixNs, stepNs);
      await this.flush();
    } else {
      this.#metrics = question.metrics;
      this.#pointsPerSecond = question.pointsPerSecond;
    }
    return {};
  }

  async #send(at: number, points: number, endNs: bigint, stepNs: bigint): Promise<void> {
    const times = new BigInt64Array(points);
    const values = new Float64Array(points);
    for (let index = 0; index < points; index++) {
      const timeNs = endNs - stepNs * BigInt(points - 1 - index);
      times[index] = timeNs;
      values[index] = 200 + at % 50 + 20 * Math.sin(Number(timeNs / NS_PER_MS) / 3000 + at);
    }
    const metric = this.metric(nameOf(at));
    metric.chunkSize = Math.min(points, 1000);
    await metric.sendMany(times, values);
  }
}

function nameOf(at: number): string {
  const [rack, node] = [Math.floor(at / 100), at % 100];
  return `bench.rack${String(rack).padStart(4, "0")}.node${String(node).padStart(2, "0")}.power`;
}

function metadataOf(at: number) {
  return { rate: 1, unit: "W", description: `Power of node ${at}, at its supply` };
}

const source = new LookedAt({ token: "source-looked-at", url: Deno.args[0] ?? "" });
await source.connect();
await answerAll((question: LookedAtQuestion) => source.answer(question));
await source.stop();
