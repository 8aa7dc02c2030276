import assert from "node:assert/strict";
import fc from "fast-check";
import { findJsonError } from "../../../src/watch/dashboard/page/json_error.js";

const CASES: [text: string, line: number, column: number, message: RegExp][] = [
  ["", 1, 1, /a value is expected, the end is found/],
  ['{\n  "rate": 50,\n  chunk: 3\n}', 3, 3, /a name in quotation marks is expected, "c" is found/],
  ['{"rate": 50,}', 1, 13, /a name in quotation marks is expected, "}" is found/],
  ['{"rate" 50}', 1, 9, /":" after the name is expected, "5" is found/],
  ['{"rate": 50', 1, 12, /"," or "}" is expected, the end is found/],
  ["[1 2]", 1, 4, /"," or "]" is expected, "2" is found/],
  ['{"a": "x\n"}', 1, 9, /a closing quotation mark is expected, the end of the line is found/],
  ['"\\x"', 1, 2, /a backslash begins none of the known escapes/],
  ["01", 1, 2, /nothing more is expected, "1" is found/],
  ["{} 🙂", 1, 4, /nothing more is expected, "🙂" is found/],
  ["NaN", 1, 1, /a value is expected, "N" is found/],
  ["[".repeat(501), 1, 501, /it is nested too deeply/],
];

for (const [text, line, column, message] of CASES) {
  Deno.test(`findJsonError() tells what is wrong in ${JSON.stringify(text.slice(0, 40))}`, () => {
    const error = findJsonError(text);
    assert.deepEqual({ line: error?.line, column: error?.column }, { line, column });
    assert.match(error?.message ?? "", message);
  });
}

Deno.test("findJsonError() accepts all that JSON.parse() accepts", () => {
  fc.assert(fc.property(fc.jsonValue(), fc.constantFrom(0, 2, "\t"), (value, space) => {
    assert.equal(findJsonError(` ${JSON.stringify(value, null, space)}\r\n`), undefined);
  }));
});

Deno.test("findJsonError() agrees with JSON.parse() about texts that were damaged", () => {
  const damage = fc.constantFrom(
    '"',
    "\\",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "0",
    "-",
    ".",
    "e",
    "\n",
    "t",
  );
  fc.assert(fc.property(fc.json(), fc.nat(), damage, (text, at, character) => {
    const offset = at % (text.length + 1);
    const damaged = text.slice(0, offset) + character + text.slice(offset);
    assert.equal(findJsonError(damaged) === undefined, isJson(damaged), damaged);
    const cut = text.slice(0, offset);
    assert.equal(findJsonError(cut) === undefined, isJson(cut), cut);
  }));
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
