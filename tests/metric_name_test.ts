import assert from "node:assert/strict";
import fc from "fast-check";
import { checkMetricName } from "../src/metric_name.ts";

Deno.test("checkMetricName() accepts names of two or more parts", () => {
  for (const name of ["ab.cd", "example.room1.power", "Test.Deno_2.x9"]) checkMetricName(name);
  const part = fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9_]{1,8}$/);
  fc.assert(fc.property(fc.array(part, { minLength: 2, maxLength: 20 }), (parts) => {
    checkMetricName(parts.join("."));
  }));
});

Deno.test("checkMetricName() refuses names that break the rules, and quotes them", () => {
  for (
    const name of [
      "",
      "power",
      ".power",
      "a.b",
      "ab.c",
      "ab..cd",
      "ab.1d",
      "ab.cd.",
      "ab.c d",
      "äb.cd",
    ]
  ) {
    assert.throws(() => checkMetricName(name), (error) => {
      assert(error instanceof RangeError);
      assert(error.message.startsWith(`Cannot use metric name: "${name}" is given, `));
      return true;
    }, name);
  }
});

Deno.test("checkMetricName() refuses names of more than 255 bytes without repeating all of them", () => {
  checkMetricName(`ab.${"c".repeat(252)}`);
  assert.throws(() => checkMetricName(`ab.${"c".repeat(253)}`), (error) => {
    assert(error instanceof RangeError);
    assert.match(error.message, /has 256 bytes, at most 255 are allowed$/);
    return true;
  });
});

Deno.test("checkMetricName() refuses what is not a text", () => {
  for (const value of [undefined, null, 1, {}, ["ab.cd"]]) {
    // What JavaScript programs may pass.
    assert.throws(() => checkMetricName(value as unknown as string), TypeError);
  }
});
