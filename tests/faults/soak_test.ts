/**
 * The hour: 10 million points under faults of all kinds, read and compared as they come.
 *
 * `METRICQ_SOAK_MINUTES` in the environment is how long it takes; a quarter of one unless it is set, which
 * shows that this test works.
 */

import assert from "node:assert/strict";
import { needing } from "../support/needing.ts";
import { FaultNetwork } from "./fault_network.ts";
import { seededRandom } from "./proxy.ts";
import type { RunningSums } from "./running_account.ts";
import { type Memory, soak, type SoakOutcome } from "./soak.ts";

const SEED = 4;
const POINTS_PER_MINUTE = 10_000_000 / 60;
// Before that a program's memory is not what it is going to be.
const JUDGED_MINUTES = 30;

Deno.test(needing({ peers: ["rabbitmq", "metricq"] }, {
  name: "Source loses nothing in a long time of faults, and needs no more memory at its end",
  timeout: 0,
  fn: async () => {
    const minutes = Number(Deno.env.get("METRICQ_SOAK_MINUTES") ?? 0.25);
    const random = seededRandom(SEED);
    await using network = await FaultNetwork.start(random);
    const outcome = await soak({
      network,
      random,
      durationMs: minutes * 60_000,
      onMinute: (minute, sums, memory) => print(`minute ${minute}: ${text(sums, memory)}`),
    });
    const { afterWarmUp, atEnd } = outcome.memory;
    const growth = atEnd.residentBytes / afterWarmUp.residentBytes;
    await print(
      `${outcome.faults} faults in ${minutes} minutes: ${text(outcome.sums, atEnd)};`,
      `after warm-up ${memoryText(afterWarmUp)}; ratio ${growth.toFixed(3)};`,
      `counters ${JSON.stringify(outcome.stats)}`,
    );
    assertNothingLost(outcome);
    assert(outcome.sums.made >= minutes * POINTS_PER_MINUTE, `${outcome.sums.made} points made`);
    if (minutes >= JUDGED_MINUTES) assert(growth <= 1.1, `memory has grown by ${growth}`);
  },
}));

function assertNothingLost(outcome: SoakOutcome): void {
  const { sums, end, errorOutput, eventProblems, stats } = outcome;
  assert.equal(end, "stopped", errorOutput);
  assert.deepEqual(eventProblems, []);
  const { missing, outOfOrder, wrong, mixedChunks, made, repeated } = sums;
  assert.deepEqual({ missing, outOfOrder, wrong, mixedChunks }, {
    missing: 0,
    outOfOrder: 0,
    wrong: 0,
    mixedChunks: 0,
  });
  assert.equal(stats.pointsSent, made);
  assert(
    repeated <= Number(stats.pointsResent),
    `${repeated} repeated, ${stats.pointsResent} counted`,
  );
}

function text(sums: Readonly<RunningSums>, memory: Memory): string {
  const counts = [
    `${sums.made} made`,
    `${sums.received} received`,
    `${sums.missing} missing`,
    `${sums.repeated} repeated`,
    `${sums.redelivered} redelivered`,
    `${sums.outOfOrder} out of order`,
    `${sums.wrong} wrong`,
  ];
  return `${counts.join(", ")}; memory ${memoryText(memory)}`;
}

function memoryText({ residentBytes, heapBytes }: Memory): string {
  const [resident, heap] = [residentBytes, heapBytes].map((bytes) => (bytes / 2 ** 20).toFixed(1));
  return `${resident} MiB, heap ${heap} MiB`;
}

async function print(...parts: string[]): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(`${parts.join(" ")}\n`));
}
