import assert from "node:assert/strict";
import * as format from "../../../src/watch/view/format.js";

Deno.test("formatValue() shows about five digits", () => {
  const cases: [number | undefined, string][] = [
    [undefined, "–"],
    [NaN, "no reading"],
    [Infinity, "∞"],
    [-Infinity, "−∞"],
    [0, "0"],
    [42, "42"],
    [-1_234_567, "-1,234,567"],
    [3.141592653, "3.1416"],
    [99.99999, "100.000"],
    [1234.56, "1,234.6"],
    [123_456.7, "123,457"],
    [0.5, "0.5000"],
    [0.00123456, "0.00123"],
    [0.0000123456, "1.235e-5"],
    [2.5e12, "2.500e+12"],
  ];
  for (const [value, text] of cases) assert.equal(format.formatValue(value), text);
});

Deno.test("formatRate() and formatDeclared() show rates", () => {
  assert.deepEqual(
    [0, 0.0167, 1, 49.96, 99.96, 1000.4].map((rate) => format.formatRate(rate)),
    ["0", "0.017", "1.00", "50.0", "100.0", "1,000"],
  );
  assert.deepEqual([0.1, 50, 1000].map(format.formatDeclared), ["0.1", "50", "1,000"]);
});

Deno.test("formatDelay() and formatUptime() choose the unit that fits", () => {
  assert.deepEqual(
    [undefined, 0.44, -12, 1500, 600_000].map(format.formatDelay),
    ["–", "0.4 ms", "-12 ms", "1.5 s", "10 min"],
  );
  assert.deepEqual(
    [-1, 0, 59.9, 60, 3661, 86_400, 93_784].map(format.formatUptime),
    ["0 s", "0 s", "59 s", "1 min", "1 h 1 min", "1 d", "1 d 2 h"],
  );
});

Deno.test("formatTime() rounds to whole milliseconds", () => {
  const midnight = new Date(2026, 0, 1).getTime();
  assert.equal(format.formatTime(midnight + 14_999.9999), "00:00:15");
  assert.equal(format.formatTime(midnight + 1234, 3), "00:00:01.234");
});
