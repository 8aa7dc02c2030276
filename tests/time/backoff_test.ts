import assert from "node:assert/strict";
import { backoffMs } from "../../src/time/backoff.ts";

Deno.test("backoffMs() doubles from 0.1 s up to 0.8 s", () => {
  const waits = [0, 1, 2, 3, 4, 5, 1000].map((attempt) => backoffMs(attempt, 0));
  assert.deepEqual(waits, [100, 200, 400, 800, 800, 800, 800]);
});

Deno.test("backoffMs() doubles up to another ceiling where that is given", () => {
  const waits = [0, 1, 6, 7, 1000].map((attempt) => backoffMs(attempt, 0, 10_000));
  assert.deepEqual(waits, [100, 200, 6400, 10_000, 10_000]);
});

Deno.test("backoffMs() takes off a random part, half at most", () => {
  assert.equal(backoffMs(0, 0.5), 75);
  assert.equal(backoffMs(9, 0.999_999) > 400, true);
});
