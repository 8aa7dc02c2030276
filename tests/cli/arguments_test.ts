import assert from "node:assert/strict";
import fc from "fast-check";
import { type Arguments, parseArguments } from "../../src/cli/arguments.ts";
import { nameOption } from "../../src/cli/options.ts";
import type { Operands } from "../../src/cli/program_text.ts";
import { UsageError } from "../../src/cli/usage_error.ts";

const options = [
  nameOption("count", { description: "How many", short: "c" }),
  nameOption("tag", { description: "Some", multiple: true }),
  nameOption("loud", { description: "Whether to shout", flag: true, short: "l" }),
  nameOption("fast", { description: "Whether to hurry", flag: true, short: "f" }),
  { ...nameOption("log", { description: "Where", valueName: "PLACE" }), valueOptional: true },
];

function parse(operands: Operands | undefined, ...args: string[]): Arguments {
  return parseArguments({ name: "program", version: "1", operands }, options, args);
}

/** What is given on a command line without operands. */
function given(...args: string[]): Record<string, readonly string[]> {
  const parsed = parse(undefined, ...args);
  return "given" in parsed ? Object.fromEntries(parsed.given) : {};
}

Deno.test("parseArguments() takes values behind `=`, behind a letter, and from the next argument", () => {
  for (const args of [["--count=5"], ["--count", "5"], ["-c5"], ["-c", "5"]]) {
    assert.deepEqual(given(...args), { count: ["5"] });
  }
  assert.deepEqual(given("--count=", "--tag=a=b\nc"), { count: [""], tag: ["a=b\nc"] });
  assert.deepEqual(given("--tag", "a", "--tag", "-5"), { tag: ["a", "-5"] });
});

Deno.test("parseArguments() takes letters of options without values together", () => {
  assert.deepEqual(given("-lf"), { loud: [""], fast: [""] });
  assert.deepEqual(given("-lc", "5"), { loud: [""], count: ["5"] });
  assert.deepEqual(given("-fc5"), { fast: [""], count: ["5"] });
});

Deno.test("parseArguments() leaves out a value that may be left out", () => {
  assert.deepEqual(given("--log"), { log: [""] });
  assert.deepEqual(given("--log", "--loud"), { log: [""], loud: [""] });
  assert.deepEqual(given("--log", "here", "-l"), { log: ["here"], loud: [""] });
});

for (
  const [args, message] of [
    [["--cuont", "5"], "Unknown option --cuont: did you mean --count?"],
    [["--nothing"], "Unknown option --nothing"],
    [["-x"], "Unknown option -x"],
    [["-xcount=secret"], "Unknown option -xcount: did you mean --count?"],
    [["--secret:word"], "Unknown option --secret"],
    [["--loud=yes"], "Option --loud takes no value"],
    [["--count"], "Option --count has no value"],
    [["--count", "--loud"], "Option --count has no value: --loud comes next"],
    [["--loud", "more"], 'Unexpected argument "more": only options are taken'],
    [["--help=me"], "Unknown option --help: did you mean --help?"],
  ] as const
) {
  Deno.test(`parseArguments() refuses ${args.join(" ")}: ${message}`, () => {
    assert.throws(() => parse(undefined, ...args), { name: "UsageError", message });
  });
}

Deno.test("parseArguments() prints help and version, whatever else is wrong", () => {
  for (const args of [["-h"], ["--help"], ["--cuont", "--help"], ["-lh"], ["--loud=5", "-h"]]) {
    const parsed = parse(undefined, ...args);
    assert.match("print" in parsed ? parsed.print : "", /^Usage: program \[options\]\n/);
  }
  assert.deepEqual(parse(undefined, "--version"), { print: "1" });
});

Deno.test("parseArguments() takes any arguments apart, or says what is wrong with them", () => {
  const part = fc.constantFrom(
    "-",
    "--",
    "-c",
    "-l",
    "--count",
    "--log",
    "=",
    "x",
    "-h",
    "--tag",
    "",
  );
  const arg = fc.array(part, { maxLength: 3 }).map((parts) => parts.join(""));
  fc.assert(fc.property(fc.array(arg, { maxLength: 5 }), (args) => {
    try {
      parse({ name: "FILE", description: "What to read" }, ...args);
    } catch (error) {
      assert.ok(error instanceof UsageError, String(error));
    }
  }));
});

Deno.test("parseArguments() breaks the lines of its help between words, as wide as a terminal is", () => {
  const words = fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1, maxLength: 40 });
  fc.assert(fc.property(words, words, (one, other) => {
    const [description, operand] = [one.join(" "), other.join(" ")];
    const operands = { name: "FILE", description: operand };
    const parsed = parseArguments(
      { name: "program", version: "1", description, operands },
      options,
      ["--help"],
    );
    const lines = "print" in parsed ? parsed.print.split("\n") : [];
    assert.ok(lines.every((line) => line.length <= 80 && line === line.trimEnd()));
    const flat = lines.join(" ").replaceAll(/ +/g, " ");
    assert.ok(flat.includes(description) && flat.includes(operand));
  }));
});

Deno.test("parseArguments() gives operands in their order, wherever options stand", () => {
  const operands = { name: "FILE", description: "What to read" };
  const parsed = parse(operands, "a", "--count", "2", "b", "--", "--count");
  assert.deepEqual("operands" in parsed && parsed.operands, ["a", "b", "--count"]);
  assert.deepEqual("given" in parsed && [...parsed.given], [["count", ["2"]]]);
});

Deno.test("parseArguments() refuses more or fewer operands than the program takes", () => {
  const file = { name: "FILE", description: "What to read" };
  const cases: [Operands, string[], string][] = [
    [{ ...file, least: 1, most: 1 }, [], "0 × FILE given, 1 required"],
    [{ ...file, least: 1, most: 1 }, ["a", "b"], "2 × FILE given, 1 required"],
    [{ ...file, least: 2 }, ["a"], "1 × FILE given, at least 2 required"],
    [{ ...file, most: 1 }, ["a", "b"], "2 × FILE given, at most 1 required"],
  ];
  for (const [operands, args, message] of cases) {
    assert.throws(() => parse(operands, ...args), { name: "UsageError", message });
  }
  assert.throws(() => parse(undefined, "a"), {
    message: 'Unexpected argument "a": only options are taken',
  });
});

Deno.test("parseArguments() shows operands in the help", () => {
  const usage = (least?: number, most?: number) => {
    const operands = { name: "FILE", description: "What to read", least, most };
    const help = parse(operands, "--help");
    assert.match("print" in help ? help.print : "", /FILE +What to read/);
    return "print" in help ? help.print.split("\n")[0] : undefined;
  };
  assert.equal(usage(), "Usage: program [options] [FILE...]");
  assert.equal(usage(1), "Usage: program [options] FILE [FILE...]");
  assert.equal(usage(1, 1), "Usage: program [options] FILE");
  assert.equal(usage(0, 1), "Usage: program [options] [FILE]");
});
