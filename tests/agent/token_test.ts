import assert from "node:assert/strict";
import { checkToken } from "../../src/agent/token.ts";

Deno.test("checkToken() refuses what is not a text", () => {
  for (const value of [undefined, null, 1, {}, ["ab.cd"]]) {
    // What JavaScript programs may pass.
    assert.throws(() => checkToken(value as unknown as string), TypeError);
  }
});

Deno.test("checkToken() accepts what can name a queue and refuses the rest", () => {
  for (const token of ["source-deno-dummy", "ü", "x".repeat(251)]) checkToken(token);
  for (const token of ["", "x".repeat(252), "ü".repeat(126), "amq.x"]) {
    assert.throws(
      () => checkToken(token),
      /^RangeError: Cannot use token: ".*" \(\d+ bytes\) is given/,
    );
  }
});
