/**
 * Faults to plant into what is observed of a source.
 *
 * @module
 */

import type { Planted } from "./planted.ts";
import { fills, hasFaults } from "./shows.ts";

/** All of them. */
export const OBSERVE: readonly Planted[] = [
  {
    what: "outages are not added up",
    file: "src/observe/outage_meter.ts",
    text: "this.#endedMs += this.#currentMs;",
    replacement: "",
    shows: hasFaults("cut connection"),
  },
  {
    what: "that updates hang is not told",
    file: "src/observe/hang_watch.ts",
    text: "else this.#enter(true);",
    replacement: "",
    shows: hasFaults("updates hang"),
  },
  {
    what: "what hangs is not told",
    file: "src/observe/hang_watch.ts",
    text: "else this.#enter(true);",
    replacement: "else this.#alarm.clear();",
    shows: (plan) => fills("wait")(plan) || hasFaults("slow configuration")(plan),
  },
];
