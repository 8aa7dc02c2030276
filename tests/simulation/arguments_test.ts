import assert from "node:assert/strict";
import { drawingOf, readArguments, replayCommand, usage, UsageError } from "./arguments.ts";

Deno.test("Arguments of a simulation are numbers and switches", () => {
  const { seed, rate, shrink, hash } = readArguments(["--seed", "42", "--shrink", "--rate=0.5"]);
  assert.deepEqual({ seed, rate, shrink, hash }, {
    seed: 42,
    rate: 0.5,
    shrink: true,
    hash: undefined,
  });
});

const REFUSED: readonly [args: string[], message: RegExp][] = [
  [["--seed", "x"], /^Cannot use --seed: "x" is given, an integer from 0 to 2\^52 is required$/],
  [["--from", "1.5"], /^Cannot use --from: "1.5" is given/],
  [["--count", ""], /^Cannot use --count: "" is given/],
  [["--count", "0"], /^Cannot use --count: "0" is given, an integer from 1 to 2\^52 is required$/],
  [["--seed", "-1"], /^Cannot use --seed: "-1" is given, an integer from 0 to 2\^52 is required$/],
  [["--seed=-1"], /^Cannot use --seed: "-1" is given, an integer from 0 to 2\^52 is required$/],
  [["--rate", "-.5"], /^Cannot use --rate: "-.5" is given, a number above 0 is required$/],
  [["--rate", "0"], /^Cannot use --rate: "0" is given, a number above 0 is required$/],
  [["--sed", "1"], /--sed/],
  [["42"], /42/],
  [["--seed"], /--seed/],
  [["--hash"], /^Cannot use --hash: --seed is not given, it is required$/],
  [["--shrink"], /^Cannot use --shrink: --seed is not given, it is required$/],
  [
    ["--shrink", "--hash", "--seed", "1"],
    /^Cannot use --hash: --shrink is given, it has no effect/,
  ],
  [["--seed", "1", "--from", "1"], /^Cannot use --from: --seed is given, it has no effect then$/],
  [["--count", "1", "--seed", "1"], /^Cannot use --count: --seed is given/],
  [["--first", "--seed", "1"], /^Cannot use --first: --seed is given/],
  [["--seed", "1", "--seed", "2"], /^Cannot use --seed: it is given twice, once is required$/],
  [["--first", "--first"], /^Cannot use --first: it is given twice/],
  [["--open"], /--open/],
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
  for (const name of ["seed", "from", "count", "first", "rate", "shrink", "hash", "help"]) {
    assert(usage().includes(`  --${name}`), name);
  }
});

Deno.test("What replays a seed draws the plan that it had", () => {
  for (const pointsPerSecond of [undefined, 20, 0.5]) {
    const command = replayCommand(42, { pointsPerSecond });
    assert.match(command, /^deno task simulate --/);
    const given = readArguments(command.split(" ").slice(3));
    assert.equal(given.seed, 42);
    assert.deepEqual(drawingOf(given), { pointsPerSecond });
  }
});
