/**
 * Sends points, and tells when it began: `sending.ts URL DELIVERY [send|append|sendMany]`.
 *
 * @module
 */

import { Source, type SourceMetric, Timestamp } from "../../../mod.ts";
import { answerAll, cpuSeconds, residentMiB } from "./answering.ts";

const PERIOD_NS = 1_000_000;
const NS_PER_S = 1_000_000_000;

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
  // Behind those of the question before.
  #seconds = 1_700_000_000;

  protected task(): void {}

  async measure(question: SendingQuestion, way: string): Promise<SendingAnswer> {
    const { chunkSize, metrics, points, times } = question;
    this.chunkSize = chunkSize;
    this.metric(LAST_METRIC).chunkSize = 1;
    const names = metricNames(metrics);
    const send = times === "given" ? this.#sendGiven : this.#sendNow;
    const run = way === "sendMany" ? this.#sendMany : way === "append" ? this.#append : send;
    const startMs = performance.timeOrigin + performance.now();
    const cpuBefore = cpuSeconds();
    await run.call(this, names, points, chunkSize);
    this.#seconds += Math.ceil(points / 1000);
    await this.send(LAST_METRIC, new Timestamp(this.#seconds), points);
    await this.flush();
    return {
      startMs,
      cpuSeconds: cpuSeconds() - cpuBefore,
      residentMiB: residentMiB(),
    };
  }

  // By index: an iterator over one metric for each of its points would cost more than the point.
  async #sendGiven(names: readonly string[], points: number): Promise<void> {
    const next = new Times(this.#seconds);
    for (let sent = 0; sent < points; next.step()) {
      const time = new Timestamp(next.seconds, next.nanoseconds);
      for (let each = 0; each < names.length; each++) {
        await this.send(names[each] as string, time, sent++);
      }
    }
  }

  async #append(names: readonly string[], points: number): Promise<void> {
    const metrics = names.map((name) => this.metric(name));
    const next = new Times(this.#seconds);
    for (let sent = 0; sent < points; next.step()) {
      const { seconds, nanoseconds } = next;
      for (let each = 0; each < metrics.length; each++) {
        const metric = metrics[each] as SourceMetric;
        if (!metric.appendAt(seconds, nanoseconds, sent++)) await metric.ready;
      }
    }
  }

  async #sendNow(names: readonly string[], points: number): Promise<void> {
    for (let sent = 0; sent < points;) {
      for (let each = 0; each < names.length; each++) {
        await this.send(names[each] as string, Timestamp.now(), sent++);
      }
    }
  }

  async #sendMany(names: readonly string[], points: number, chunkSize: number): Promise<void> {
    const values = Float64Array.from({ length: chunkSize }, (_, at) => at);
    const startNs = BigInt(this.#seconds) * 1_000_000_000n;
    // That they come again does not matter with `onTime`: a caller reads them from somewhere.
    const timesNs = BigInt64Array.from(values, (at) => startNs + BigInt(at) * 1_000_000n);
    for (let sent = 0; sent < points;) {
      for (const name of names) {
        await this.sendMany(name, timesNs, values);
        sent += chunkSize;
      }
    }
  }
}

/** Times 1 ms apart, as the program in C++ has them: a division for each would cost more than the point. */
class Times {
  nanoseconds = 0;

  constructor(public seconds: number) {}

  step(): void {
    this.nanoseconds += PERIOD_NS;
    if (this.nanoseconds < NS_PER_S) return;
    this.nanoseconds = 0;
    this.seconds++;
  }
}

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
    onTime: "send",
  });
  await source.connect();
  await answerAll((question: SendingQuestion) => source.measure(question, way));
}
