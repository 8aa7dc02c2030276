/**
 * Nothing is lost: each fault befalls a source of three metrics at 1 kHz, and what a durable queue
 * holds at the end is compared with what the source has made.
 *
 * `METRICQ_FAULTS=long` in the environment makes the faults longer, and lets them befall a source of
 * the reference package, too. `METRICQ_FAULTS_ONLY=TEXT` picks those with a text in their name.
 */

import assert from "node:assert/strict";
import { needing } from "../support/needing.ts";
import { Cluster } from "./cluster.ts";
import { FaultNetwork } from "./fault_network.ts";
import { type Controls, type Outcome, play } from "./play.ts";
import { pause, seededRandom } from "./proxy.ts";
import { killNode, SCENARIOS } from "./scenarios.ts";
import type { Implementation } from "./source_process.ts";
import { accountTable, type Comparison, comparisonTable } from "./tables.ts";

const SEED = 4;

Deno.test(needing({ peers: ["rabbitmq", "metricq"] }, {
  name: "Source loses nothing, whatever befalls it",
  timeout: 0,
  fn: async (t) => {
    const isLong = Deno.env.get("METRICQ_FAULTS") === "long";
    const only = Deno.env.get("METRICQ_FAULTS_ONLY") ?? "";
    const comparisons = new Map<string, Comparison>();
    const perform = async (
      name: string,
      run: (implementation: Implementation) => Promise<Outcome>,
    ) => {
      if (!name.includes(only)) return;
      await t.step(name, async () => {
        const outcome = await run("deno");
        comparisons.set(name, outcome);
        assertNothingLost(outcome);
      });
      if (!isLong) return;
      await t.step(`${name} (reference)`, async () => {
        const { account: reference } = await run("python");
        const account = comparisons.get(name)?.account;
        if (account) comparisons.set(name, { account, reference });
      });
    };
    {
      await using network = await FaultNetwork.start(seededRandom(SEED));
      for (const scenario of SCENARIOS) {
        if (scenario.onlyLong && !isLong) continue;
        await perform(scenario.name, (implementation) => {
          // The same for each source, and whatever was played before.
          const random = seededRandom(SEED);
          const fault = (controls: Controls) =>
            scenario.run({ ...controls, network, random, isLong });
          return play(network, fault, { ...scenario, implementation });
        });
      }
    }
    await perform(killNode.name, async (implementation) => {
      await using cluster = await Cluster.start();
      return await play(cluster, killNode.run(cluster), { implementation });
    });
    await print(accountTable(comparisons));
    if (isLong) await print(comparisonTable(comparisons));
  },
}));

Deno.test(needing({ peers: ["rabbitmq", "metricq"] }, {
  name: "Source tells of every point that it loses, and of no other",
  fn: async () => {
    await using network = await FaultNetwork.start(seededRandom(SEED));
    const twoPartitions = async ({ healed }: Controls) => {
      for (let time = 0; time < 2; time++) {
        network.proxy.impair({ held: true });
        await pause(3000);
        network.proxy.heal();
        healed();
        await pause(1000);
      }
    };
    // Room for a sixth of a second at 3 kHz, and for less than the partition takes at a tenth of that.
    const source = { outboxMaxBytes: 100_000 };
    const { account, end, errorOutput, eventProblems, stats } = await play(network, twoPartitions, {
      source,
    });
    assert.equal(end, "stopped", errorOutput);
    assert.deepEqual(eventProblems, []);
    assert(account.missing > 0);
    // What it has given up may have arrived all the same, as its confirm was on the way.
    assert(account.missing <= Number(stats["pointsDropped"]), JSON.stringify(stats));
    assert(account.missing > Number(stats["pointsDropped"]) / 2, JSON.stringify(stats));
  },
}));

async function print(table: string): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(`\n${table}\n`));
}

function assertNothingLost(outcome: Outcome): void {
  const { account, end, errorOutput, eventProblems, kills, stats } = outcome;
  assert.equal(end, "stopped", errorOutput);
  const { missing, repeated, outOfOrder, wrong, mixedChunks, recoveryMs } = account;
  const found = { missing, outOfOrder, mixedChunks };
  // With the source's own account: what it knows to be confirmed was lost behind the broker.
  const told = `${JSON.stringify(found)}, the source counted ${
    JSON.stringify(stats)
  } ${errorOutput}`;
  assert.deepEqual(found, { missing: 0, outOfOrder: 0, mixedChunks: 0 }, told);
  // A source that was killed may have taken the points of one tick and not been able to say so.
  assert(wrong <= 3 * kills, `${wrong} points are not what was made`);
  const counted = Number(stats.pointsResent) + Number(stats.pointsRecovered);
  if (kills === 0) assert(repeated <= counted, `${repeated} repeated, ${counted} counted`);
  assert(Number.isFinite(recoveryMs), "no data came after the fault");
  assert.deepEqual(eventProblems, []);
}
