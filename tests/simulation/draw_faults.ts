/**
 * Draws what befalls a simulation.
 *
 * @module
 */

import { ownHosts } from "./addresses.ts";
import { type Fault, type FaultKind, FAULTS, type KindOfFault, OUTAGES } from "./faults.ts";
import type { SourcePlan } from "./plan.ts";
import { Random } from "./random.ts";
import { drawLiftings } from "./restrictions.ts";
import { drawSecondQueue } from "./second_queue.ts";

// The part of all faults that happen during another.
const DURING_OTHERS = 0.4;

/** Draws what befalls a simulation until a time. */
export function drawFaults(
  seed: number,
  untilMs: number,
  sources: readonly SourcePlan[],
): readonly Fault[] {
  const random = new Random(seed, "faults");
  const tokens = sources.map(({ token }) => token);
  // The cast: these are the keys of FAULTS.
  const kinds = Object.entries(FAULTS) as [FaultKind, KindOfFault][];
  const sum = kinds.reduce((total, [, { weight }]) => total + weight, 0);
  const count = random.integer(0, 20);
  const faults: Fault[] = [];
  for (let drawn = 0; drawn < count; drawn++) {
    let at = random.fraction() * sum;
    const found = kinds.find(([, { weight }]) => (at -= weight) < 0);
    if (found === undefined) continue;
    const [kind, { longestMs, alsoManager = false }] = found;
    // What happens while something is wrong already is the harder case, and rare by chance alone.
    const during = random.chance(DURING_OTHERS)
      ? faults.findLast((other) => other.forMs > 1000)
      : undefined;
    const atMs = during === undefined
      ? random.fraction() * untilMs
      : during.atMs + random.fraction() * during.forMs;
    const shortestMs = random.chance(0.5) ? 1 : longestMs / 10; // half of them are long
    const lastsMs = longestMs === 0 ? 0 : random.logarithmic(shortestMs, longestMs);
    const forMs = Math.min(lastsMs, untilMs - atMs);
    const isManager = alsoManager && random.chance(0.25);
    const actor = isManager ? "manager" : tokens[random.integer(0, tokens.length - 1)] ?? "";
    faults.push({ kind, atMs, forMs, actor, choice: random.fraction() });
  }
  // What has come later is drawn last, so that seeds keep the rest.
  faults.push(...drawReturn(random, faults, untilMs));
  faults.push(...drawUpdateFaults(seed, untilMs, sources));
  faults.push(...drawKillsInSend(seed, untilMs, sources));
  faults.push(...drawGoneAddresses(seed, untilMs, sources));
  faults.push(...drawFullDisks(seed, untilMs, sources));
  faults.push(...drawSecondQueue(seed, untilMs, sources));
  return drawLiftings(seed, untilMs, faults)
    .flatMap((fault) => onSpools(fault, sources))
    .sort((one, other) => one.atMs - other.atMs);
}

/** A disk is that of the sources with spools; where there are none, nobody would notice that it is full. */
function onSpools(fault: Fault, sources: readonly SourcePlan[]): readonly Fault[] {
  if (fault.kind !== "disk full") return [fault];
  const spools = sources.filter(({ hasSpool }) => hasSpool);
  return spools.slice(Math.floor(fault.choice * spools.length)).slice(0, 1)
    .map(({ token: actor }) => ({ ...fault, actor }));
}

// The part of all plans with an outage in which a source is configured as soon as it is back.
const RETURNS = 0.5;

/** Draws a configuration that meets a source while it registers again. */
function drawReturn(random: Random, faults: readonly Fault[], untilMs: number): readonly Fault[] {
  const outages = faults.filter(({ kind, actor }) => OUTAGES.has(kind) && actor !== "manager");
  const outage = outages[random.integer(0, Math.max(0, outages.length - 1))];
  const choice = random.fraction();
  if (outage === undefined || !random.chance(RETURNS)) return [];
  const kind = "other configuration on return";
  const { atMs, actor } = outage;
  return [{ kind, atMs, forMs: Math.min(FAULTS[kind].longestMs, untilMs - atMs), actor, choice }];
}

/** Draws when something befalls an actor, and for how long: mostly for much less than the longest time. */
function drawLasting(random: Random, kind: FaultKind, actor: string, untilMs: number): Fault {
  const { longestMs } = FAULTS[kind];
  const atMs = random.fraction() * untilMs;
  const forMs = Math.min(random.logarithmic(longestMs / 100, longestMs), untilMs - atMs);
  return { kind, atMs, forMs, actor, choice: random.fraction() };
}

// The part of all interval sources that each of these befalls.
const UPDATE_FAULTS = 0.25;

/** Draws what befalls interval sources, apart from the others, which are as they were before. */
function drawUpdateFaults(
  seed: number,
  untilMs: number,
  sources: readonly SourcePlan[],
): readonly Fault[] {
  const random = new Random(seed, "faults of updates");
  const faults: Fault[] = [];
  for (const { token: actor } of sources.filter((source) => source.kind === "interval")) {
    for (const kind of ["update breaks", "updates hang"] as const) {
      if (!random.chance(UPDATE_FAULTS)) continue;
      faults.push(drawLasting(random, kind, actor, untilMs));
    }
  }
  return faults;
}

// The part of all sources with a spool that are killed so.
const KILLED_IN_SEND = 0.5;

/** Draws what becomes of a point whose source is killed before it can be in the spool. */
function drawKillsInSend(
  seed: number,
  untilMs: number,
  sources: readonly SourcePlan[],
): readonly Fault[] {
  const random = new Random(seed, "kills in a send");
  const kind = "source killed in a send";
  return sources.filter(({ hasSpool }) => hasSpool && random.chance(KILLED_IN_SEND))
    .map(({ token: actor }) => {
      const atMs = random.fraction() * untilMs;
      const forMs = Math.min(FAULTS[kind].longestMs, untilMs - atMs);
      return { kind, atMs, forMs, actor, choice: random.fraction() };
    });
}

// How often that befalls a source that has names of its own for the broker, at most.
const MOST_GONE = 3;

/** Draws when names do not lead to the broker that else do. */
function drawGoneAddresses(
  seed: number,
  untilMs: number,
  sources: readonly SourcePlan[],
): readonly Fault[] {
  const random = new Random(seed, "addresses gone");
  return sources.filter((source) => ownHosts(source).length > 0).flatMap(({ token }) =>
    Array.from(
      { length: random.integer(0, MOST_GONE) },
      () => drawLasting(random, "address gone", token, untilMs),
    )
  );
}

// The part of all sources with a spool of which the disk is full once more.
const FULL_DISKS = 0.4;

/** Draws full disks beside the others, most of which are drawn where there is no spool. */
function drawFullDisks(
  seed: number,
  untilMs: number,
  sources: readonly SourcePlan[],
): readonly Fault[] {
  const random = new Random(seed, "full disks");
  return sources.filter(({ hasSpool }) => hasSpool && random.chance(FULL_DISKS))
    .map(({ token }) => drawLasting(random, "disk full", token, untilMs));
}
