/** The time that texts from the network take grows as they do, and no faster. */

import assert from "node:assert/strict";
import { look, PIECES, READERS } from "./support/text_readers.ts";

const SHORT = 4000;
const GROWTH = 8;
// Twice the growth, and again for the noise: what is quadratic takes 64 times as long.
const MAX_RATIO = 3 * GROWTH;
const NOISE_MS = 0.2;
// A pause of the machine does not come each time; a reader that is quadratic is so in all of them.
const MEASUREMENTS = 5;

function timeMs(read: (text: string) => unknown, text: string): number {
  let shortestMs = Infinity;
  for (let attempt = 0; attempt < 3; attempt++) {
    const startMs = performance.now();
    look(read, text);
    shortestMs = Math.min(shortestMs, performance.now() - startMs);
  }
  return shortestMs;
}

/** How many times as long `GROWTH` times the text takes: the least of several measurements. */
function growthOf(read: (text: string) => unknown, text: (length: number) => string): number {
  let least = Infinity;
  for (let at = 0; at < MEASUREMENTS && least >= MAX_RATIO; at++) {
    const ratio = timeMs(read, text(GROWTH * SHORT)) / (timeMs(read, text(SHORT)) + NOISE_MS);
    least = Math.min(least, ratio);
  }
  return least;
}

for (const [name, read] of Object.entries(READERS)) {
  Deno.test(`${name} takes a time that grows as the text does`, () => {
    for (const piece of PIECES) {
      for (const end of ["", "!"]) {
        const text = (length: number) => piece.repeat(length / piece.length) + end;
        const ratio = growthOf(read, text);
        const shown = JSON.stringify(piece);
        assert.ok(
          ratio < MAX_RATIO,
          `${shown}: ${GROWTH} times as long takes ${ratio} times as long`,
        );
      }
    }
  });
}
