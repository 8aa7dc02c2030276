/**
 * Sends points, and tells when it began: `sending.ts URL DELIVERY [send|append|sendMany]`.
 *
 * @module
 */

import { Source, Timestamp } from "../../../mod.ts";
import { answerAll, cpuSeconds, residentMiB } from "./answering.ts";

/** What is asked for. */
export interface SendingQuestion {
  /** How many points, all metrics together. */
  readonly points: number;
  /** How many of them make a message. */
  readonly chunkSize: number;
  /** Among how many metrics they are dealt in turn. */
  readonly metrics: number;
  /** Whether times are made before, or each is the current one. */
  readonly times: "given" | "now";
}

/** The metric of the one point that follows the others, so that it can be seen that they are through. */
export const LAST_METRIC = "bench.sending.last";

/** What came out, when all was handed over (or confirmed, if it is to be). */
export interface SendingAnswer {
  /** When it began, in milliseconds since 1970. */
  readonly startMs: number;
  readonly cpuSeconds: number;
  readonly residentMiB: number;
}

class Sending extends Source {
  protected task(): void {}

  async measure(question: SendingQuestion, way: string): Promise<SendingAnswer> {
    const { chunkSize, metrics, points, times } = question;
    this.chunkSize = chunkSize;
    this.metric(LAST_METRIC).chunkSize = 1;
    const names = metricNames(metrics);
    const each = times === "given" ? this.#sendGiven : this.#sendNow;
    const run = way === "sendMany" ? this.#sendMany : way === "append" ? this.#append : each;
    const startMs = performance.timeOrigin + performance.now();
    const cpuBefore = cpuSeconds();
    await run.call(this, names, points, chunkSize);
    await this.send(LAST_METRIC, TIMES[0], points);
    await this.flush();
    return {
      startMs,
      cpuSeconds: cpuSeconds() - cpuBefore,
      residentMiB: residentMiB(),
    };
  }

  async #sendGiven(names: readonly string[], points: number): Promise<void> {
    for (let sent = 0, round = 0; sent < points; round++) {
      const time = TIMES[round % TIMES.length] ?? TIMES[0];
      for (const name of names) {
        await this.send(name, time, sent++);
      }
    }
  }

  async #append(names: readonly string[], points: number): Promise<void> {
    const metrics = names.map((name) => this.metric(name));
    for (let sent = 0, round = 0; sent < points; round++) {
      const time = TIMES[round % TIMES.length] ?? TIMES[0];
      for (const metric of metrics) {
        if (!metric.append(time, sent++)) await metric.ready;
      }
    }
  }

  async #sendNow(names: readonly string[], points: number): Promise<void> {
    for (let sent = 0; sent < points;) {
      for (const name of names) {
        await this.send(name, Timestamp.now(), sent++);
      }
    }
  }

  async #sendMany(names: readonly string[], points: number, chunkSize: number): Promise<void> {
    const timesNs = BigInt64Array.from(TIMES.slice(0, chunkSize), ({ posixNs }) => posixNs);
    const values = Float64Array.from(timesNs, (_, at) => at);
    for (let sent = 0; sent < points;) {
      for (const name of names) {
        await this.sendMany(name, timesNs, values);
        sent += chunkSize;
      }
    }
  }
}

/** Ten seconds of times, a millisecond apart. That they come again does not matter here. */
const TIMES: readonly [Timestamp, ...Timestamp[]] = [
  new Timestamp(1_700_000_000),
  ...Array.from(
    { length: 9_999 },
    (_, at) => new Timestamp(1_700_000_000 + Math.floor((at + 1) / 1000), (at + 1) % 1000 * 1e6),
  ),
];

/** The metrics that are sent. */
export function metricNames(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `bench.sending.metric${at}`);
}

if (import.meta.main) {
  const [url = "", delivery, way = "send"] = Deno.args;
  const source = new Sending({
    token: `bench-sending-${delivery}-${way}`,
    url,
    delivery: delivery === "confirmed" ? delivery : "at-most-once",
  });
  await source.connect();
  await answerAll((question: SendingQuestion) => source.measure(question, way));
}
