/**
 * Faults of all kinds, one after the other.
 *
 * @module
 */

import { closeConnections, type FaultyPlace, killBroker, memoryAlarm } from "./broker_faults.ts";
import { pause } from "./proxy.ts";

/** Where the faults take place, and what decides which. */
export interface RandomPlace extends FaultyPlace {
  /** Numbers from 0 to below 1. */
  readonly random: () => number;
}

/** Lets one fault after the other happen, at random, until the time is over. Returns how many. */
export async function randomFaults(place: RandomPlace, durationMs: number): Promise<number> {
  const { network: { proxy }, random, healed } = place;
  const faults: readonly ((ms: number) => Promise<void>)[] = [
    async (ms) => {
      proxy.impair({ held: true });
      await pause(ms);
    },
    async (ms) => {
      proxy.impair({ held: true }, ["toClient"]);
      await pause(ms);
    },
    async (ms) => {
      proxy.impair({ held: true }, ["toServer"]);
      await pause(ms);
    },
    async (ms) => {
      proxy.impair({ delayMs: random() * 200 });
      await pause(ms);
    },
    async (ms) => {
      proxy.impair({ bytesPerSecond: 20_000 + random() * 200_000 });
      await pause(ms);
    },
    async (ms) => {
      const [one] = proxy.connections;
      one?.cut();
      await pause(ms / 10);
    },
    async (ms) => {
      proxy.cut();
      await pause(ms / 10);
    },
    async (ms) => {
      const forgotten = proxy.connections;
      for (const connection of forgotten) connection.impair({ held: true });
      await pause(3 * ms);
      for (const connection of forgotten) connection.cut();
    },
    () => closeConnections(place),
    () => memoryAlarm(place),
    () => killBroker(place),
  ];
  let count = 0;
  const endMs = performance.now() + durationMs;
  while (performance.now() < endMs) {
    const fault = faults[Math.floor(random() * faults.length)];
    count++;
    await fault?.(500 + random() * 2500);
    proxy.heal();
    healed();
    await pause(random() * 1500);
  }
  return count;
}
