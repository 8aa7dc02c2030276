/**
 * What befalls a simulated network.
 *
 * @module
 */

import { Timedelta } from "../../src/time/timedelta.ts";
import { ownHosts } from "./addresses.ts";
import { DATABASE_QUEUE } from "./database.ts";
import { forbiddenTopic, largestMessageBytes, restrictionsAt } from "./restrictions.ts";
import { emptySecondQueue, fillSecondQueue } from "./second_queue.ts";
import type { World } from "./world.ts";

/** One fault. */
export interface Fault {
  readonly kind: FaultKind;
  readonly atMs: number;
  /** How long it lasts; 0 for what happens in a moment, and of what is refused until the end. */
  readonly forMs: number;
  /** Whom it befalls, where it is about one actor: the token of a source, or `"manager"`. */
  readonly actor: string;
  /** What else there is to choose, from 0 to below 1. */
  readonly choice: number;
}

/** What a kind of faults is. */
export interface KindOfFault {
  /** How often it is drawn, beside the others; 0 for what is drawn by itself. */
  readonly weight: number;
  /** How long it lasts at most; 0 for what happens in a moment. */
  readonly longestMs: number;
  /** Whether it may befall the manager as well as sources. */
  readonly alsoManager?: boolean;
  /** Whether it kills the process of its source. */
  readonly kills?: boolean;
  readonly begin: (world: World, fault: Fault, untilMs: number) => void;
  readonly end?: (world: World, fault: Fault) => void;
}

/** How long the first configuration of each run takes with the fault that is about it. */
export const SLOW_CONFIGURATION_MS = 75_000;
const DIRECTIONS = ["both", "to broker", "to client"] as const;
const TOLD = ["both", "client", "broker"] as const;

/** All kinds. */
export const FAULTS = {
  "cut connection": {
    weight: 4,
    longestMs: 0,
    alsoManager: true,
    begin: (world, { actor, choice }) => {
      const told = TOLD[Math.floor(choice * 30) % 3] ?? "both";
      chosenLink(world, actor, choice)?.cut(told);
    },
  },
  "half-open connection": {
    weight: 2,
    longestMs: 0,
    alsoManager: true,
    begin: (world, { actor, choice }) => chosenLink(world, actor, choice)?.stall(Infinity, "both"),
  },
  "stalled connection": {
    weight: 3,
    longestMs: 60_000,
    alsoManager: true,
    begin: (world, { actor, choice }, untilMs) => {
      const direction = DIRECTIONS[Math.floor(choice * 30) % 3] ?? "both";
      chosenLink(world, actor, choice)?.stall(untilMs, direction);
    },
  },
  "partition": {
    weight: 3,
    longestMs: 120_000,
    alsoManager: true,
    begin: (world, { actor }, untilMs) => {
      world.network.block(actor, untilMs);
      for (const link of world.network.linksOf(actor)) link.stall(untilMs, "both");
    },
  },
  "broker crash": {
    weight: 3,
    longestMs: 40_000,
    begin: (world, { choice }) => world.broker.crash(choice < 0.3),
    end: (world) => world.broker.recover(),
  },
  "memory alarm": {
    weight: 1,
    longestMs: 60_000,
    begin: (world) => world.broker.raiseAlarm(),
    end: (world) => world.broker.endAlarm(),
  },
  "connection closed by administrator": {
    weight: 1,
    longestMs: 0,
    alsoManager: true,
    begin: (world, { actor, choice }) => {
      const link = chosenLink(world, actor, choice);
      if (link !== undefined) world.broker.closeByAdministrator(link);
    },
  },
  "manager killed": {
    weight: 2,
    longestMs: 90_000,
    begin: (world) => world.killManager(false),
    end: (world) => void world.manager.start(),
  },
  "everything is new": {
    weight: 1,
    longestMs: 60_000,
    begin: (world, { choice }) => {
      world.broker.crash(choice < 0.3);
      world.killManager(true);
    },
    end: (world) => {
      world.broker.recover();
      void world.manager.start();
    },
  },
  "manager answers errors": {
    weight: 1,
    longestMs: 60_000,
    begin: (world, _fault, untilMs) => world.manager.failUntil(untilMs),
  },
  "queue of calls deleted": {
    weight: 1,
    longestMs: 0,
    begin: (world, { actor }) => void world.broker.current.deleteQueue(`${actor}-rpc`),
  },
  "queue full": {
    weight: 2,
    longestMs: 60_000,
    begin: (world, { choice }, untilMs) => {
      world.broker.current.restrictions.queueLengths.set(DATABASE_QUEUE, Math.floor(choice * 50));
      world.database?.slowUntil(untilMs);
    },
    end: (world) => void world.broker.current.restrictions.queueLengths.delete(DATABASE_QUEUE),
  },
  "large messages refused": {
    weight: 1,
    longestMs: 0,
    begin: restrict,
    end: restrict,
  },
  "topic forbidden": {
    weight: 1,
    longestMs: 0,
    begin: restrict,
    end: restrict,
  },
  "slow configuration": {
    weight: 1,
    longestMs: 0,
    kills: true,
    begin: (world, { actor }) => {
      world.source(actor)?.faults.takeLongerMs(SLOW_CONFIGURATION_MS);
      world.source(actor)?.kill();
    },
  },
  "configuration refused for now": {
    weight: 1,
    longestMs: 60_000,
    begin: (world, { actor, choice }, untilMs) => {
      world.source(actor)?.faults.refuseUntil(untilMs, Math.floor(choice * 1000) % 2 === 1);
      world.configs.replace(actor, choice);
    },
  },
  "source killed": {
    weight: 2,
    longestMs: 0,
    kills: true,
    begin: (world, { actor }) => world.source(actor)?.kill(),
  },
  "source stopped": {
    weight: 1,
    longestMs: 0,
    begin: (world, { actor }) => world.source(actor)?.stop(),
  },
  "disk full": {
    weight: 1,
    longestMs: 60_000,
    begin: (world, _fault, untilMs) => world.spools.fillUntil(untilMs),
  },
  "other configuration": {
    weight: 3,
    longestMs: 0,
    begin: (world, { actor, choice }) => world.configs.replace(actor, choice),
  },
  "other configuration on return": {
    weight: 0,
    longestMs: 60_000,
    begin: (world, { actor, choice }, untilMs) =>
      world.configs.replaceOnReturn(actor, choice, untilMs),
  },
  "wall clock stepped": {
    weight: 1,
    longestMs: 0,
    begin: (world, { choice }) =>
      world.clock.stepWallTime(Timedelta.fromMs(Math.round((choice - 0.5) * 2 * 86_400_000))),
  },
  "second queue full": {
    weight: 0,
    longestMs: 60_000,
    begin: (world, fault, untilMs) => void fillSecondQueue(world, fault, untilMs),
    end: emptySecondQueue,
  },
  "source killed in a send": {
    weight: 0,
    longestMs: 20_000,
    kills: true,
    begin: (world, { actor }, untilMs) => world.source(actor)?.faults.killInSend(untilMs),
  },
  "update breaks": {
    weight: 0,
    longestMs: 30_000,
    begin: (world, { actor }, untilMs) => world.source(actor)?.faults.updates.breakUntil(untilMs),
  },
  "updates hang": {
    weight: 0,
    longestMs: 90_000,
    begin: (world, { actor, choice }, untilMs) =>
      world.source(actor)?.faults.updates.hang({ untilMs, ignoresSignal: choice < 0.5 }),
  },
  "address gone": {
    weight: 0,
    longestMs: 60_000,
    begin: (world, { actor, choice }, untilMs) => {
      const plan = world.source(actor)?.plan;
      const hosts = plan === undefined ? [] : ownHosts(plan);
      const host = hosts[Math.floor(choice * hosts.length)];
      if (host === undefined) return;
      const isSilent = Math.floor(choice * 60) % 2 === 0;
      world.network.lead(host, isSilent ? "silent" : "refuses", untilMs);
      for (const link of world.network.linksOf(actor)) {
        if (link.hostname !== host) continue;
        if (isSilent) link.stall(untilMs, "both");
        else link.cut("both");
      }
    },
  },
} as const satisfies Readonly<Record<string, KindOfFault>>;

/** The name of a kind. */
export type FaultKind = keyof typeof FAULTS;

/** A kind. */
export function kindOf({ kind }: Fault): KindOfFault {
  return FAULTS[kind];
}

/** When a process is killed, in virtual ms. */
export interface Kill {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** When processes of a source are killed. */
export function killsOf(faults: readonly Fault[], token: string): Kill[] {
  return faults.filter((fault) => fault.actor === token && kindOf(fault).kills)
    .map(({ atMs, forMs }) => ({ fromMs: atMs, untilMs: atMs + forMs }));
}

/** Kinds by which a source may lose its connection for calls. */
export const OUTAGES: ReadonlySet<FaultKind> = new Set([
  "cut connection",
  "partition",
  "broker crash",
  "connection closed by administrator",
  "everything is new",
]);

/** Kinds that leave connections, the manager and processes as they are. */
export const CONFIGURING: ReadonlySet<FaultKind> = new Set([
  "other configuration",
  "configuration refused for now",
]);

/** Tells the broker what it is not to take from now on: there may be several restrictions at a time. */
function restrict({ broker, plan, clock }: World): void {
  const { restrictions } = broker.current;
  const inForce = restrictionsAt(plan.faults, clock.nowMs());
  // Calls have to pass, but for declarations, which can be split.
  const sizes = inForce.filter(({ kind }) => kind === "large messages refused");
  const { unrestrictedMessageBytes } = restrictions;
  restrictions.maxMessageBytes = Math.min(
    unrestrictedMessageBytes,
    ...sizes.map(largestMessageBytes),
  );
  restrictions.forbiddenTopics.clear();
  for (const fault of inForce) {
    if (fault.kind === "topic forbidden") restrictions.forbiddenTopics.add(forbiddenTopic(fault));
  }
}

function chosenLink(world: World, actor: string, choice: number) {
  const links = world.network.linksOf(actor);
  return links[Math.floor(choice * links.length)];
}
