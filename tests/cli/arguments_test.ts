import assert from "node:assert/strict";
import { type Arguments, type Operands, parseArguments } from "../../src/cli/arguments.ts";
import { nameOption } from "../../src/cli/options.ts";

const options = [nameOption("count", { description: "How many" })];

async function parse(operands: Operands | undefined, ...args: string[]): Promise<Arguments> {
  return await parseArguments({ name: "program", version: "1", operands }, options, args);
}

Deno.test("parseArguments() gives operands in their order, wherever options stand", async () => {
  const operands = { name: "FILE", description: "What to read" };
  const parsed = await parse(operands, "a", "--count", "2", "b", "--", "--count");
  assert.deepEqual("operands" in parsed && parsed.operands, ["a", "b", "--count"]);
  assert.deepEqual("given" in parsed && [...parsed.given], [["count", ["2"]]]);
});

Deno.test("parseArguments() refuses more or fewer operands than the program takes", async () => {
  const file = { name: "FILE", description: "What to read" };
  const cases: [Operands, string[], string][] = [
    [{ ...file, least: 1, most: 1 }, [], "0 × FILE given, 1 required"],
    [{ ...file, least: 1, most: 1 }, ["a", "b"], "2 × FILE given, 1 required"],
    [{ ...file, least: 2 }, ["a"], "1 × FILE given, at least 2 required"],
    [{ ...file, most: 1 }, ["a", "b"], "2 × FILE given, at most 1 required"],
  ];
  for (const [operands, args, message] of cases) {
    await assert.rejects(parse(operands, ...args), { name: "UsageError", message });
  }
  await assert.rejects(parse(undefined, "a"), {
    message: 'Unexpected argument "a": only options are taken',
  });
});

Deno.test("parseArguments() shows operands in the help", async () => {
  const usage = async (least?: number, most?: number) => {
    const operands = { name: "FILE", description: "What to read", least, most };
    const help = await parse(operands, "--help");
    assert.match("print" in help ? help.print : "", /FILE +What to read/);
    return "print" in help ? help.print.split("\n")[0] : undefined;
  };
  assert.equal(await usage(), "Usage: program [options] [FILE...]");
  assert.equal(await usage(1), "Usage: program [options] FILE [FILE...]");
  assert.equal(await usage(1, 1), "Usage: program [options] FILE");
  assert.equal(await usage(0, 1), "Usage: program [options] [FILE]");
});
