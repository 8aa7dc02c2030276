/**
 * A queue that gets the points of some metrics as well, and is full for a while: what is nacked for it has
 * come into the first queue all the same.
 *
 * @module
 */

import type { Topology } from "../../src/amqp/topology.ts";
import { DATA_EXCHANGE } from "../../src/dev/manager/data_queues.ts";
import type { Fault } from "./faults.ts";
import type { Plan, SourcePlan } from "./plan.ts";
import { Random } from "./random.ts";
import type { World } from "./world.ts";

const SECOND_QUEUE = "archive";
const KIND = "second queue full";
const BOUND = ["*.m0", "*.m1"];
// The part of all plans in which there is one.
const SECOND_QUEUES = 0.15;
const SHORTEST_MS = 1000;
const LONGEST_MS = 60_000;
// For how long it is full, or has room, until that changes.
const SHORTEST_TURN_MS = 5;
const LONGEST_TURN_MS = 5000;

/** Draws when it is full, in some plans. */
export function drawSecondQueue(
  seed: number,
  untilMs: number,
  sources: readonly SourcePlan[],
): Fault[] {
  const random = new Random(seed, KIND);
  if (!random.chance(SECOND_QUEUES)) return [];
  const atMs = random.fraction() * untilMs;
  const forMs = Math.min(random.logarithmic(SHORTEST_MS, LONGEST_MS), untilMs - atMs);
  const actor = sources[0]?.token ?? "";
  return [{ kind: KIND, atMs, forMs, actor, choice: random.fraction() }];
}

/** Whether a plan has it. */
export function hasSecondQueue({ faults }: Plan): boolean {
  return faults.some(({ kind }) => kind === KIND);
}

/** Declares and binds it. Nobody reads what is in it, so it keeps one message. */
export async function arrangeSecondQueue(topology: Topology): Promise<void> {
  await topology.declareQueue(SECOND_QUEUE, { durable: true, maxLength: 1 });
  for (const key of BOUND) await topology.bindQueue(SECOND_QUEUE, DATA_EXCHANGE, key);
}

/** It is full, and has room, by turns until a time. */
export async function fillSecondQueue(
  { plan, clock, broker }: World,
  { choice }: Fault,
  untilMs: number,
): Promise<void> {
  const random = new Random(plan.seed, `${KIND} ${choice}`);
  for (let isFull = true; clock.nowMs() < untilMs; isFull = !isFull) {
    const { queueLengths } = broker.current.restrictions;
    if (isFull) queueLengths.set(SECOND_QUEUE, 0);
    else queueLengths.delete(SECOND_QUEUE);
    await clock.sleep(random.logarithmic(SHORTEST_TURN_MS, LONGEST_TURN_MS));
  }
}

/** It has room again. */
export function emptySecondQueue({ broker }: World): void {
  broker.current.restrictions.queueLengths.delete(SECOND_QUEUE);
}
