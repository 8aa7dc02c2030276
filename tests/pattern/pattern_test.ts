import assert from "node:assert/strict";
import fc from "fast-check";
import { compilePattern } from "../../src/pattern/pattern.ts";

Deno.test("compilePattern() finds the first group, or the whole without one", () => {
  assert.equal(compilePattern("^load (\\S+)$").find("x\nload 1.5\ny"), "1.5");
  assert.equal(compilePattern("\\d+").find("a 12 34"), "12");
  assert.equal(compilePattern("a(b)?").find("a"), "a");
  assert.equal(compilePattern("(?<value>\\d)").find("a7"), "7");
  assert.equal(compilePattern("\\u0041\\\\u").find("xA\\u"), "A\\u");
  assert.equal(compilePattern("x").find("y"), undefined);
});

Deno.test("compilePattern() refuses what is no expression, or cannot be matched in linear time", () => {
  for (const text of ["(", "(?=a)", "(?!a)", "(?<=a)b", "(a)\\1", "a{2000}", "*"]) {
    assert.throws(
      () => compilePattern(text),
      { name: "SyntaxError", message: /linear time/ },
      text,
    );
  }
  assert.throws(() => compilePattern("(a{900}b){9}"), {
    message: /at most 2000 are allowed|linear/,
  });
});

Deno.test("compilePattern() finds what JavaScript does", () => {
  const piece = fc.constantFrom(
    ...[
      "a",
      "b",
      "1",
      ".",
      "\\d",
      "\\w",
      "\\s",
      "[ab]",
      "[^a]",
      "a*",
      "b+?",
      "(a|b)",
      "(?:1)?",
      "^",
      "$",
    ],
    ...["\\b", "a{1,2}", " ", "\\.", "(\\d+)"],
  );
  const letter = fc.constantFrom("a", "b", "1", "2", " ", ".", "\n");
  fc.assert(
    fc.property(
      fc.array(piece, { minLength: 1, maxLength: 6 }),
      fc.array(letter),
      (parts, letters) => {
        const [source, text] = [parts.join(""), letters.join("")];
        const match = new RegExp(source, "m").exec(text);
        const expected = match ? match[1] ?? match[0] : undefined;
        assert.equal(
          compilePattern(source).find(text),
          expected,
          `${source} in ${JSON.stringify(text)}`,
        );
      },
    ),
    { numRuns: 2000 },
  );
});

Deno.test("compilePattern() refuses an expression that is too long before it compiles it", () => {
  assert.throws(() => compilePattern("x".repeat(10_001)), {
    name: "RangeError",
    message: /"… has 10001 characters, at most 10000 are allowed$/,
  });
  assert.equal(compilePattern(`[${"x".repeat(9000)}]`).find("axb"), "x");
});
