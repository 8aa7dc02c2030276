import assert from "node:assert/strict";
import fc from "fast-check";
import { formatMarks, formatQuantity, prefixOf } from "../../../src/watch/view/quantity.js";

Deno.test("formatQuantity() writes a prefix of the SI where the unit takes one", () => {
  const cases: [number | undefined, string, string][] = [
    [23_130_000_000, "B", "23.13 GB"],
    [1000, "B", "1.000 kB"],
    [999, "B", "999 B"],
    [0.5, "B", "0.5000 B"],
    [1_250_000, "B/s", "1.250 MB/s"],
    [999.99, "W", "1.000 kW"],
    [-4_200_000, "W", "-4.200 MW"],
    [0.0042, "A", "4.200 mA"],
    [0.0000042, "s", "4.200 µs"],
    [86_400, "s", "86,400 s"],
    [2_400_000_000, "Hz", "2.400 GHz"],
    [0, "W", "0 W"],
    [42, "%", "42 %"],
    [42_000, "%", "42,000 %"],
    [12_345, "kWh", "12,345 kWh"],
    [21.5, "°C", "21.500 °C"],
    [12_345_678, "", "12,345,678"],
    [NaN, "W", "no reading"],
    [Infinity, "W", "∞"],
    [undefined, "W", "–"],
  ];
  for (const [value, unit, text] of cases) assert.equal(formatQuantity(value, unit), text);
});

Deno.test("formatQuantity() shows four digits that are right, at any size", () => {
  fc.assert(fc.property(
    fc.double({ min: 1e-9, max: 9e14, noNaN: true }),
    fc.constantFrom("W", "Hz", "V"),
    (value, unit) => {
      const text = formatQuantity(value, unit);
      const [, number = "", prefix = ""] = /^([\d.,]+) ([a-zµGMTkPnp]?)(?:W|Hz|V)$/.exec(text) ??
        [];
      const factor =
        { p: 1e-12, n: 1e-9, µ: 1e-6, m: 1e-3, "": 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15 }[
          prefix
        ];
      assert.ok(factor !== undefined, text);
      const shown = Number(number.replaceAll(",", "")) * factor;
      assert.ok(Math.abs(shown / value - 1) < 6e-4, `${value}: ${text}`);
    },
  ));
});

Deno.test("formatMarks() gives an axis one unit", () => {
  const axis = (marks: number[], unit: string) => {
    const { texts, unit: shown } = formatMarks(marks, unit);
    return [...texts, shown];
  };
  assert.deepEqual(axis([0, 5e8, 1e9, 1.5e9], "B"), ["0", "0.5", "1", "1.5", "GB"]);
  assert.deepEqual(axis([-20, 0, 20], "W"), ["-20", "0", "20", "W"]);
  assert.deepEqual(axis([0, 2e9], ""), ["0", "2.0e+9", ""]);
  assert.deepEqual(axis([], "W"), ["W"]);
});

Deno.test("prefixOf() takes the unit in front of a fraction", () => {
  assert.deepEqual(prefixOf(5e6, "bit/s"), [1e6, "M"]);
  assert.deepEqual(prefixOf(5e6, "km/h"), [1, ""]);
});
