/**
 * The floor of a tick's CPU time in Deno: waits with a timer, writes as many bytes as a message has,
 * and reads an answer, on a socket of the kind that sources have: `raw_ticking.ts URL ECHO_PORT`.
 *
 * @module
 */

import { once } from "node:events";
import { connect } from "node:net";
import { quantile } from "../statistics.ts";
import { answerAll, cpuSeconds } from "./answering.ts";
import type { TickingAnswer, TickingQuestion } from "./ticking.ts";

// Of a point's frames, with a name as long as that of `ticking.ts`.
const MESSAGE = new Uint8Array(110);

const [, echoPort = ""] = Deno.args;
const socket = connect(Number(echoPort), "127.0.0.1");
socket.setNoDelay(true);
socket.on("data", () => {});
await once(socket, "connect");

await answerAll(async ({ periodsMs, seconds }: TickingQuestion): Promise<TickingAnswer> => {
  const [periodMs = NaN] = periodsMs;
  const latenessUs: number[] = [];
  const cpuBefore = cpuSeconds();
  const startMs = performance.now();
  let missed = 0;
  for (let slot = 1; slot * periodMs < seconds * 1000; slot++) {
    const deadlineMs = startMs + slot * periodMs;
    const leftMs = deadlineMs - performance.now();
    if (leftMs < 0) {
      missed++;
      continue;
    }
    await new Promise((resolve) => setTimeout(resolve, leftMs));
    latenessUs.push(1000 * (performance.now() - deadlineMs));
    socket.write(MESSAGE);
  }
  return {
    ticks: latenessUs.length,
    p50: quantile(latenessUs, 0.5),
    p99: quantile(latenessUs, 0.99),
    max: quantile(latenessUs, 1),
    missed: 100 * missed / (missed + latenessUs.length),
    drift: NaN,
    cpu: 100 * (cpuSeconds() - cpuBefore) / seconds,
  };
});
