/**
 * Sends one point per tick, and tells how late the ticks were: `ticking.ts URL ECHO_PORT`.
 *
 * @module
 */

import { once } from "node:events";
import { connect } from "node:net";
import { Source, ticks, Timestamp } from "../../../mod.ts";
import { quantile } from "../statistics.ts";
import { answerAll, cpuSeconds } from "./answering.ts";

/** What is asked for. */
export interface TickingQuestion {
  /** `timer`: no scheduler at all, but a loop over `setTimeout`, as one would write it by hand. */
  readonly precision: "fine" | "coarse" | "timer";
  /** The periods of as many sources. */
  readonly periodsMs: readonly number[];
  /** How long. */
  readonly seconds: number;
  /** How much of a period each tick's work takes, besides sending. */
  readonly busy?: number;
  /** Whether round trips are measured, which need CPU time themselves. */
  readonly roundTrips?: boolean;
}

/** What came out: times in microseconds, shares in percent. */
export interface TickingAnswer {
  readonly ticks: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly missed: number;
  /** By how much ticks of the last tenth were later than those of the first, at the median. */
  readonly drift: number;
  readonly cpu: number;
  /** Round trips to another process, meanwhile. */
  readonly trip50?: number;
  readonly trip99?: number;
  readonly tripMax?: number;
}

const [url = "", echoPort = ""] = Deno.args;

class Record {
  readonly latenessMs: number[] = [];
  missed = 0;
}

class Ticking extends Source {
  readonly record: Record = new Record();

  protected task(): void {}

  async measure(
    precision: "fine" | "coarse",
    periodMs: number,
    busyMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    let startMs: number | undefined;
    let slot = 0;
    for await (const tick of ticks({ period: periodMs / 1000, precision, signal })) {
      // And not the tick's own lateness: what counts is when the user's code runs, on a grid that is
      // counted here.
      const nowMs = performance.now();
      startMs ??= tick.deadlineMs;
      slot += tick.missed;
      const latenessMs = nowMs - (startMs + slot++ * periodMs);
      this.record.latenessMs.push(latenessMs);
      this.record.missed += tick.missed;
      await this.send("bench.ticking", Timestamp.now(), latenessMs);
      for (const startMs = performance.now(); performance.now() - startMs < busyMs;);
    }
  }

  async measureTimer(periodMs: number, signal: AbortSignal): Promise<void> {
    const startMs = performance.now();
    for (let slot = 1; !signal.aborted; slot++) {
      const deadlineMs = startMs + slot * periodMs;
      const leftMs = deadlineMs - performance.now();
      if (leftMs < 0) {
        this.record.missed++;
        continue;
      }
      await new Promise((resolve) => setTimeout(resolve, leftMs));
      const latenessMs = performance.now() - deadlineMs;
      this.record.latenessMs.push(latenessMs);
      await this.send("bench.ticking", Timestamp.now(), latenessMs);
    }
  }
}

async function measure(question: TickingQuestion): Promise<TickingAnswer> {
  const { precision, periodsMs, seconds, busy = 0 } = question;
  const sources = periodsMs.map((periodMs) =>
    new Ticking({ token: `bench-ticking-${Deno.pid}-${periodMs}`, url, chunkSize: 1 })
  );
  for (const source of sources) await source.connect();
  const stop = new AbortController();
  const cpuBefore = cpuSeconds();
  const running = sources.map((source, at) => {
    const periodMs = periodsMs[at] ?? NaN;
    return precision === "timer"
      ? source.measureTimer(periodMs, stop.signal)
      : source.measure(precision, periodMs, busy * periodMs, stop.signal);
  });
  const trips = question.roundTrips ? roundTrips(stop.signal) : [];
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const cpu = (cpuSeconds() - cpuBefore) / seconds;
  stop.abort();
  await Promise.all(running);
  const tripsMs = await trips;
  for (const source of sources) await source.stop();

  const records = sources.map(({ record }) => record);
  const latenessUs = records.flatMap((record) => record.latenessMs).map((ms) => ms * 1000);
  const missed = records.reduce((sum, record) => sum + record.missed, 0);
  const tenth = Math.floor(latenessUs.length / 10);
  return {
    ticks: latenessUs.length,
    p50: quantile(latenessUs, 0.5),
    p99: quantile(latenessUs, 0.99),
    max: quantile(latenessUs, 1),
    missed: 100 * missed / (missed + latenessUs.length),
    drift: quantile(latenessUs.slice(-tenth), 0.5) - quantile(latenessUs.slice(0, tenth), 0.5),
    cpu: 100 * cpu,
    trip50: quantile(tripsMs, 0.5) * 1000,
    trip99: quantile(tripsMs, 0.99) * 1000,
    tripMax: quantile(tripsMs, 1) * 1000,
  };
}

/** Sends a byte to a server that sends it back, again and again with random pauses. */
async function roundTrips(signal: AbortSignal): Promise<number[]> {
  const socket = connect(Number(echoPort), "127.0.0.1");
  socket.setNoDelay(true);
  await once(socket, "connect");
  const durationsMs: number[] = [];
  while (!signal.aborted) {
    const startMs = performance.now();
    socket.write("?");
    await once(socket, "data");
    durationsMs.push(performance.now() - startMs);
    await new Promise((resolve) => setTimeout(resolve, 10 * Math.random()));
  }
  socket.destroy();
  return durationsMs;
}

await answerAll(measure);
