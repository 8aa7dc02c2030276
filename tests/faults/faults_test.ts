/**
 * Nothing is lost: each fault befalls a source of three metrics at 1 kHz, and what a durable queue
 * holds at the end is compared with what the source has made.
 *
 * `METRICQ_FAULTS=long` in the environment makes the faults longer, and lets them befall a source of
 * the reference package, too. `METRICQ_FAULTS_ONLY=TEXT` picks those with a text in their name.
 */

import assert from "node:assert/strict";
import { peerTest } from "../peers/peertest.ts";
import { type Account, accountTable } from "./account.ts";
import { Cluster } from "./cluster.ts";
import { FaultNetwork } from "./fault_network.ts";
import { type Outcome, play } from "./play.ts";
import { seededRandom } from "./proxy.ts";
import { killNode, SCENARIOS } from "./scenarios.ts";

const SEED = 4;

peerTest(
  {
    name: "Source loses nothing, whatever befalls it",
    needs: ["rabbitmq", "metricq"],
    timeoutMs: 0, // the long version takes an hour
  },
  async (t) => {
    const isLong = Deno.env.get("METRICQ_FAULTS") === "long";
    const only = Deno.env.get("METRICQ_FAULTS_ONLY") ?? "";
    const accounts = new Map<string, Account>();
    const perform = async (name: string, run: () => Promise<Outcome>) => {
      await t.step(name, async () => {
        const outcome = await run();
        accounts.set(name, outcome.account);
        assertNothingLost(outcome);
      });
    };
    {
      const random = seededRandom(SEED);
      await using network = await FaultNetwork.start(random);
      for (const scenario of SCENARIOS) {
        const { name, onlyLong = false } = scenario;
        if (onlyLong && !isLong || !name.includes(only)) continue;
        const run = (implementation: "deno" | "python") =>
          play(
            network,
            (controls) => scenario.run({ ...controls, network, random, isLong }),
            { ...scenario, implementation },
          );
        await perform(name, () => run("deno"));
        if (!isLong || scenario.hasSpool) continue;
        await t.step(`${name} (reference)`, async () => {
          accounts.set(`${name} (reference)`, (await run("python")).account);
        });
      }
    }
    if (killNode.name.includes(only)) {
      await using cluster = await Cluster.start();
      await perform(killNode.name, () => play(cluster, killNode.run(cluster)));
    }
    await Deno.stdout.write(new TextEncoder().encode(`\n${accountTable(accounts)}\n`));
  },
);

function assertNothingLost({ account, end, errorOutput, kills, stats }: Outcome): void {
  assert.equal(end, "stopped", errorOutput);
  const { missing, repeated, outOfOrder, wrong, mixedChunks, recoveryMs } = account;
  assert.deepEqual({ missing, outOfOrder, mixedChunks }, {
    missing: 0,
    outOfOrder: 0,
    mixedChunks: 0,
  });
  // A source that was killed may have taken the points of one tick and not been able to say so.
  assert(wrong <= 3 * kills, `${wrong} points are not what was made`);
  const counted = Number(stats.pointsResent) + Number(stats.pointsRecovered);
  if (kills === 0) assert(repeated <= counted, `${repeated} repeated, ${counted} counted`);
  assert(Number.isFinite(recoveryMs), "no data came after the fault");
}
