import assert from "node:assert/strict";
import fc from "fast-check";
import { compile } from "json-p3";
import { parseJsonPath, valueAt } from "../../src/programs/json_path.ts";

const JSON_VALUE = {
  sensors: [{ temperature: 20 }, { temperature: 21 }],
  "rooms 1.07": { 'a "b"': 5 },
  matrix: [[1, 2], [3, 4]],
  nothing: null,
};

Deno.test("valueAt() follows a path through fields and arrays", () => {
  const at = (path: string) => valueAt(JSON_VALUE, parseJsonPath(path));
  assert.equal(at("sensors[0].temperature"), 20);
  assert.equal(at("sensors[-1].temperature"), 21);
  assert.equal(at('["rooms 1.07"]["a \\"b\\""]'), 5);
  assert.equal(at("matrix[1][0]"), 3);
  assert.equal(at("nothing"), null);
  assert.equal(valueAt([7], parseJsonPath("[0]")), 7);
});

Deno.test("valueAt() finds nothing where there is nothing", () => {
  const paths = ["sensors[5].temperature", "sensors.length", "nothing.x", "toString", "matrix.x"];
  for (const path of paths) assert.equal(valueAt(JSON_VALUE, parseJsonPath(path)), undefined, path);
});

Deno.test("parseJsonPath() refuses what is no path", () => {
  for (const text of ["", ".", ".a", "a..b", "a[", "a[x]", "a]", 'a["', "a.", '["\\x"]']) {
    assert.throws(() => parseJsonPath(text), SyntaxError, text);
  }
});

Deno.test("parseJsonPath() refuses what leads to several values, or can never match", () => {
  for (
    const text of ["$..a", "$.*", "$[*]", "a[*]", "a.*", "$[0:2]", "$[?@.a]", "$[0,1]", "$a", "$."]
  ) {
    assert.throws(() => parseJsonPath(text), SyntaxError, text);
  }
});

Deno.test("parseJsonPath() reads paths with a root", () => {
  assert.deepEqual(parseJsonPath("$.Temperatures[0].ReadingCelsius"), [
    ...["Temperatures", 0, "ReadingCelsius"],
  ]);
  assert.deepEqual(parseJsonPath(`$['a "b"'][-1] [ "it's" ]["\\u00e4"]`), [
    'a "b"',
    -1,
    "it's",
    "ä",
  ]);
  assert.deepEqual(parseJsonPath("$"), []);
  assert.equal(valueAt(5, []), 5);
});

Deno.test("parseJsonPath() takes and refuses paths with a root as json-p3 does, and finds the same", () => {
  const value = {
    a: [{ b: 1, "0": 2, 'x"': 3, "it's": 4, "\\": 5 }, [6, 7], 8, null],
    "": { a: { _1: 9 } },
    ä: 10,
    "0": 11,
  };
  const piece = fc.constantFrom(
    ...[
      ".a",
      "[0]",
      "[1]",
      "[-1]",
      ".b",
      "['a']",
      '["b"]',
      "['it\\'s']",
      `["x\\""]`,
      ".ä",
      "[ 0 ]",
    ],
    ...[
      "",
      ".",
      "[",
      "]",
      "'",
      '"',
      "\\",
      "*",
      "..a",
      "[01]",
      "[-0]",
      "['']",
      "[:1]",
      "[?@]",
      "0",
      " ",
    ],
    ...[
      ".0",
      "['\\\\']",
      `["it's"]`,
      "['x\"']",
      "._1",
      ".a-b",
      `["\\u0061"]`,
      "[9007199254740992]",
      "\t",
    ],
  );
  let found = 0;
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 4 }), (pieces) => {
      const text = `$${pieces.join("")}`;
      let expected: unknown = "refused";
      try {
        const query = compile(text);
        if (query.singularQuery()) expected = query.query(value).values()[0];
      } catch {
        // It is no path for the judge either.
      }
      let seen: unknown = "refused";
      try {
        seen = valueAt(value, parseJsonPath(text));
      } catch {
        // As above.
      }
      assert.deepEqual(seen, expected, text);
      if (expected !== "refused" && expected !== undefined) found++;
    }),
    { numRuns: 3000 },
  );
  assert(found > 200, `only ${found} paths led to a value`);
});
