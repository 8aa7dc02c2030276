/**
 * Hostile input, made by fast-check: whatever comes, nothing crashes, nothing is left unhandled, and
 * nothing of it is kept.
 *
 * `METRICQ_FUZZ=100000` in the environment is how many inputs of each kind there are.
 *
 * @module
 */

import fc from "fast-check";
import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

const canReadEnvironment = Deno.permissions.querySync({ name: "env" }).state === "granted";
const runs = Number(canReadEnvironment && Deno.env.get("METRICQ_FUZZ") || 1000);

/** When a test has hung. */
export const FUZZ_TIMEOUT_MS: number = 120_000 * Math.max(1, runs / 1000);

// After the first inputs everything is compiled; what is bounded, such as the log of the last 1000
// calls, may still have to fill.
const WARM_UP = 0.2;
const GROWTH_LIMIT_BYTES = 4 * 2 ** 20;

/** Does something with each input. It fails when that throws, or leaves a promise or memory behind. */
export async function fuzz<Input>(
  inputs: fc.Arbitrary<Input>,
  act: (input: Input) => Promise<void> | void,
): Promise<void> {
  using unhandled = new UnhandledRejections();
  let count = 0;
  let warmBytes = Infinity;
  await fc.assert(
    fc.asyncProperty(inputs, async (input) => {
      await act(input);
      if (++count === Math.ceil(runs * WARM_UP)) warmBytes = await heapBytes();
    }),
    { numRuns: runs },
  );
  const endBytes = await heapBytes();
  unhandled.assertNone();
  const heap = [warmBytes, endBytes].map((bytes) => (bytes / 2 ** 20).toFixed(1)).join(" to ");
  const summary = `${runs} inputs, heap from ${heap} MiB`;
  assert(endBytes - warmBytes < GROWTH_LIMIT_BYTES, summary);
  await Deno.stdout.write(new TextEncoder().encode(`${summary}\n`));
}

/** Some of these texts, with some characters replaced, left out, put in, or there twice. */
export function mutated(texts: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const edit = fc.record({
    at: fc.nat(),
    length: fc.nat({ max: 5 }),
    insert: fc.oneof(
      fc.string({ unit: "binary", maxLength: 3 }),
      fc.constantFrom("\0", "\r", "\n", '"', "'", "\\", "{", "[", "-", "1e999", "\u2028", "\ud800"),
    ),
    isDoubled: fc.boolean(),
  });
  return fc.tuple(texts, fc.array(edit, { maxLength: 3 })).map(([text, edits]) =>
    edits.reduce((changed, { at, length, insert, isDoubled }) => {
      const start = at % (changed.length + 1);
      const end = start + length;
      const middle = isDoubled ? changed.slice(start, end).repeat(2) : insert;
      return changed.slice(0, start) + middle + changed.slice(end);
    }, text)
  );
}

async function heapBytes(): Promise<number> {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc");
  for (let time = 0; time < 3; time++) {
    collectGarbage();
    await setImmediate(); // in which what is collected may let go of more
  }
  return Deno.memoryUsage().heapUsed;
}

/** Collects what would end the process. */
class UnhandledRejections implements Disposable {
  readonly #reasons: unknown[] = [];
  readonly #note = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    this.#reasons.push(event.reason);
  };

  constructor() {
    addEventListener("unhandledrejection", this.#note);
  }

  assertNone(): void {
    assert.deepEqual(this.#reasons, []);
  }

  [Symbol.dispose](): void {
    removeEventListener("unhandledrejection", this.#note);
  }
}
