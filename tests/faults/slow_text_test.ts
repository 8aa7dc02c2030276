/** Texts that are made to be slow to look at; `tests/linear_text_test.ts` is the short form. */

import fc from "fast-check";
import assert from "node:assert/strict";
import { cpuUsage } from "node:process";
import { look, PIECES, READERS } from "../support/text_readers.ts";
import { fuzz, FUZZ_TIMEOUT_MS } from "./fuzz.ts";

const MAX_CPU_MS = 100;
const LONGEST = 300_000; // characters
// What the collector of garbage does comes on top of a text now and then, and not three times.
const ATTEMPTS = 3;

const canReadEnvironment = Deno.permissions.querySync({ name: "env" }).state === "granted";
const isLong = canReadEnvironment && Deno.env.get("METRICQ_FAULTS") === "long";

const piece = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...PIECES) },
  fc.string({ unit: "binary", minLength: 1, maxLength: 3 }),
);
const pieces = (maxLength: number) => fc.array(piece, { maxLength }).map((parts) => parts.join(""));

/** One piece, or a few together, repeated up to a length, between a beginning and an end. */
const slowText = fc.record({
  beginning: pieces(3),
  repeated: fc.array(piece, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("")),
  // Short and long ones as often as each other: each power of ten the same.
  length: fc.double({ min: 0, max: Math.log(LONGEST), noNaN: true }).map(Math.exp),
  end: pieces(2),
}).map(({ beginning, repeated, length, end }) =>
  beginning + repeated.repeat(Math.ceil(length / repeated.length)) + end
);

function cpuMs(work: () => void): number {
  const before = cpuUsage();
  work();
  const { user, system } = cpuUsage(before);
  return (user + system) / 1000;
}

// A limit in milliseconds is for a machine that does nothing else.
if (isLong) {
  Deno.test({
    name: "No text takes more than 100 ms to look at",
    timeout: FUZZ_TIMEOUT_MS,
    fn: async () => {
      await fuzz(fc.tuple(fc.constantFrom(...Object.keys(READERS)), slowText), ([name, text]) => {
        const read = READERS[name];
        assert(read !== undefined);
        let leastMs = Infinity;
        for (let attempt = 0; attempt < ATTEMPTS && leastMs > MAX_CPU_MS; attempt++) {
          leastMs = Math.min(leastMs, cpuMs(() => look(read, text)));
        }
        assert.ok(leastMs <= MAX_CPU_MS, `${name}: ${leastMs} ms for ${text.length} characters`);
      });
    },
  });
}
