/**
 * Faults to plant into the schedule of ticks.
 *
 * @module
 */

import type { Planted } from "./planted.ts";
import { updates } from "./shows.ts";

/** All of them. */
export const SCHEDULE: readonly Planted[] = [
  {
    what: "a ticker leaves out every other tick",
    file: "src/schedule/ticker.ts",
    text: "if (givenUp === undefined) continue;",
    replacement: "if (givenUp === undefined) continue;\n" +
      "        if ((this.odd = !this.odd)) { missed = grid.skip(); continue; }",
  },
  {
    what: "missed deadlines are not counted",
    file: "src/schedule/phase_grid.ts",
    text: "return this.#slot - first;",
    replacement: "return 0;",
    shows: updates(({ slow, aligns }) => slow > 0 && !aligns),
  },
  {
    what: "a late update moves the deadlines behind it",
    file: "src/schedule/ticker.ts",
    text: "if (grid.period === this.#period) {",
    replacement: "if (grid.period === this.#period && grid.skip() < 1) {",
    shows: updates(({ slow, aligns }) => slow > 0 && !aligns),
  },
  {
    what: "aligned ticks come before their time when the time of day is set back",
    file: "src/schedule/wall_grid.ts",
    text: "if (this.#now.isBefore(this.#time)) return undefined;",
    replacement: "",
    shows: updates(({ aligns }) => aligns),
  },
];
