import assert from "node:assert/strict";
import fc from "fast-check";
import { checkMetricName, isRecommendedName } from "../../src/chunk/metric_name.ts";

/** Names that are in use, whatever is recommended. */
const REAL_NAMES = [
  "LZR.E98.1601A.B83.WA",
  "gpu-01.cpu.usage",
  "hodd.rack.1.power",
  "hodd.a.power",
  "foo",
  "büro.klima",
  "a..b",
  ".a",
  "a.",
  "a b",
  "a*.#b.**",
  "🌡.°C",
  "toString",
  "a.__proto__",
];

Deno.test("checkMetricName() takes the names that real networks have", () => {
  for (const name of REAL_NAMES) checkMetricName(name);
  const part = fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9_]{1,8}$/);
  fc.assert(fc.property(fc.array(part, { minLength: 2, maxLength: 20 }), (parts) => {
    checkMetricName(parts.join("."));
  }));
});

Deno.test("checkMetricName() refuses what cannot be carried or subscribed to, and quotes it", () => {
  const names = [
    "",
    "a\nb",
    "\0",
    "a.\x7f",
    "a\u0085",
    "a.\ud800",
    "*",
    "#",
    "a.*",
    "#.b",
    "a.*.c",
    "__proto__",
  ];
  for (const name of names) {
    assert.throws(() => checkMetricName(name), (error) => {
      assert(error instanceof RangeError);
      const start = `Cannot use metric name: ${JSON.stringify(name)} is given, `;
      assert.ok(error.message.startsWith(start), error.message);
      assert.match(error.message, / (?:is|are) required$/);
      return true;
    }, name);
  }
});

Deno.test("checkMetricName() counts 255 bytes of UTF-8, and shows the start of longer names", () => {
  checkMetricName("c".repeat(255));
  checkMetricName(`${"ü".repeat(127)}c`);
  for (const name of ["c".repeat(256), "ü".repeat(128), "🌡".repeat(64), "c".repeat(1e6)]) {
    assert.throws(() => checkMetricName(name), (error) => {
      assert(error instanceof RangeError);
      assert.match(error.message, /"… is given, 1 to 255 bytes of UTF-8 are required$/);
      assert.ok(error.message.length < 200);
      return true;
    });
  }
});

Deno.test("checkMetricName() refuses what is not a text", () => {
  for (const value of [undefined, null, 1, {}, ["ab.cd"], Symbol("ab.cd")]) {
    // What JavaScript programs may pass.
    assert.throws(() => checkMetricName(value as unknown as string), TypeError);
  }
});

Deno.test("isRecommendedName() asks for two or more parts, each a letter with others behind it", () => {
  for (const name of ["ab.cd", "example.room1.power", "Test.Deno_2.x9"]) {
    assert.equal(isRecommendedName(name), true, name);
  }
  for (const name of REAL_NAMES) assert.equal(isRecommendedName(name), false, name);
});
