/**
 * Sends points, and tells when it began: `sending.ts URL DELIVERY`.
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
  /** Whether times are given, or each is the current one. */
  readonly times: "given" | "now";
}

/** What came out, when all was handed over (or confirmed, if it is to be). */
export interface SendingAnswer {
  /** When it began, in milliseconds since 1970. */
  readonly startMs: number;
  readonly cpuSeconds: number;
  readonly residentMiB: number;
}

class Sending extends Source {
  protected task(): void {}

  async measure(question: SendingQuestion): Promise<SendingAnswer> {
    this.chunkSize = question.chunkSize;
    const names = metricNames(question.metrics);
    const startMs = performance.timeOrigin + performance.now();
    const cpuBefore = cpuSeconds();
    if (question.times === "given") await this.#sendGiven(names, question.points);
    else await this.#sendNow(names, question.points);
    await this.flush();
    return {
      startMs,
      cpuSeconds: cpuSeconds() - cpuBefore,
      residentMiB: residentMiB(),
    };
  }

  async #sendGiven(names: readonly string[], points: number): Promise<void> {
    for (let sent = 0, round = 0; sent < points; round++) {
      const time = new Timestamp(1_700_000_000 + Math.floor(round / 1000), (round % 1000) * 1e6);
      for (const name of names) {
        await this.send(name, time, sent++);
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
}

/** The metrics that are sent. */
export function metricNames(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `bench.sending.metric${at}`);
}

if (import.meta.main) {
  const [url = "", delivery] = Deno.args;
  const source = new Sending({
    token: `bench-sending-${delivery}`,
    url,
    delivery: delivery === "confirmed" ? delivery : "at-most-once",
  });
  await source.connect();
  await answerAll((question: SendingQuestion) => source.measure(question));
}
