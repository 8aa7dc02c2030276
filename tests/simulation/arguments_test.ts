import assert from "node:assert/strict";
import { readArguments, usage, UsageError } from "./arguments.ts";

Deno.test("Arguments of a simulation are numbers and switches", () => {
  const { seed, rate, shrink, open } = readArguments(["--seed", "42", "--shrink", "--rate=0.5"]);
  assert.deepEqual({ seed, rate, shrink, open }, {
    seed: 42,
    rate: 0.5,
    shrink: true,
    open: undefined,
  });
});

const REFUSED: readonly [args: string[], message: RegExp][] = [
  [["--seed", "x"], /^Cannot use --seed: "x" is given, an integer of 0 or more is required$/],
  [["--from", "1.5"], /^Cannot use --from: "1.5" is given/],
  [["--count", ""], /^Cannot use --count: "" is given/],
  [["--rate", "0"], /^Cannot use --rate: "0" is given, a number above 0 is required$/],
  [["--sed", "1"], /--sed/],
  [["42"], /42/],
  [["--seed"], /--seed/],
  [["--hash"], /^Cannot use --hash: --seed is not given, it is required$/],
];

for (const [args, message] of REFUSED) {
  Deno.test(`simulate ${args.join(" ")} is refused in one line`, () => {
    assert.throws(() => readArguments(args), (error) => {
      assert(error instanceof UsageError);
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /\n/);
      return true;
    });
  });
}

Deno.test("The usage of a simulation has each option", () => {
  for (const name of ["seed", "from", "count", "first", "rate", "open", "shrink", "hash", "help"]) {
    assert(usage().includes(`  --${name}`), name);
  }
});
