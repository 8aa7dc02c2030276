import assert from "node:assert/strict";
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
