import assert from "node:assert/strict";
import { conversion, convert, isUnit } from "../../src/programs/units.ts";

function inUnit(value: number, from: string, to: string): number | undefined {
  const factor = conversion(from, to);
  return factor && convert(value, factor);
}

Deno.test("conversion() knows prefixes of the SI, and binary ones of data", () => {
  assert.equal(inUnit(831, "mV", "V"), 0.831);
  assert.equal(inUnit(1.2, "kW", "W"), 1200);
  assert.equal(inUnit(3, "W", "mW"), 3000);
  assert.equal(inUnit(7, "\u00b5A", "A"), 7e-6);
  assert.equal(inUnit(7, "\u03bcA", "uA"), 7);
  assert.equal(inUnit(2, "MiB", "B"), 2 ** 21);
  assert.equal(inUnit(2, "MB", "B"), 2e6);
  assert.equal(inUnit(1, "KiB", "kB"), 1.024);
  assert.equal(inUnit(1013, "hPa", "Pa"), 101_300);
});

Deno.test("conversion() knows other units of the same kind", () => {
  assert.equal(inUnit(1.5, "h", "s"), 5400);
  assert.equal(inUnit(250, "ms", "s"), 0.25);
  assert.equal(inUnit(2, "kWh", "J"), 7_200_000);
  assert.equal(inUnit(1, "Gbit/s", "B/s"), 125_000_000);
  assert.equal(inUnit(3.6, "m³/h", "l/s"), 1);
  assert.equal(inUnit(1, "bar", "kPa"), 100);
});

Deno.test("conversion() knows how programs spell units", () => {
  for (
    const [from, to] of [
      ...[["Volts", "V"], ["Watts", "W"], ["degrees C", "°C"], ["C", "°C"], ["\u2103", "°C"]],
      ...[["RPM", "rpm"], ["percent", "%"], ["Ohm", "\u03a9"], ["\u2126", "\u03a9"], ["secs", "s"]],
      ...[["mins", "min"], ["bits", "bit"], ["Bits", "bit"], ["hrs", "h"], ["Amps", "A"]],
    ]
  ) assert.equal(inUnit(5, from ?? "", to ?? ""), 5, `${from} to ${to}`);
  assert(isUnit("degrees C"));
  assert(!isUnit("apples and pears"));
});

Deno.test("conversion() refuses another kind of unit, and what may mean several things", () => {
  for (
    const [from, to] of [
      ...[["W", "A"], ["°C", "K"], ["°F", "°C"], ["G", "B"], ["KB", "B"], ["Mb", "B"], ["dB", "B"]],
      ...[["Ki", "B"], ["mmin", "s"], ["W/s/s", "W"], ["apples", "W"], ["W", "apples"], [
        "MiW",
        "W",
      ]],
      // A plural of "c" or "m" is none.
      ...[["cs", "°C"], ["cs", "s"], ["ms", "m"]],
      ...[["toString", "W"], ["constructor", "toString"]],
    ]
  ) assert.equal(conversion(from ?? "", to ?? ""), undefined, `${from} to ${to}`);
  assert.equal(inUnit(3, "Packets", "packets"), 3);
});
