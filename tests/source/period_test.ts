import assert from "node:assert/strict";
import fc from "fast-check";
import { chunkSizeFor, periodMetadata, readPeriod } from "../../src/source/period.ts";
import { Timedelta } from "../../src/time/timedelta.ts";

Deno.test("readPeriod() reads interval, period and rate, as numbers and as texts", () => {
  const configs = [
    { interval: 0.05 },
    { interval: "50ms" },
    { period: 0.05 },
    { period: "50 ms" },
    { rate: 20 },
    { rate: "20" },
    { rate: "20Hz" },
    { rate: " 20 hz " },
  ];
  for (const config of configs) assert.equal(readPeriod(config).preciseString, "50ms");
});

Deno.test("readPeriod() takes the fallback only when there is none", () => {
  assert.equal(readPeriod({}, "2s").s, 2);
  assert.equal(readPeriod({ rate: 1 }, "2s").s, 1);
  assert.equal(readPeriod({ rate: undefined }, 3).s, 3);
});

Deno.test("readPeriod() refuses none, several, and what is not a period", () => {
  const refuses = (config: Record<string, unknown>, name: string, message: RegExp) =>
    assert.throws(() => readPeriod(config), { name, message });
  refuses({}, "TypeError", /none is given, one of interval, period and rate is required/);
  refuses({ rate: 1, period: 1 }, "TypeError", /period and rate is given/);
  for (const rate of [0, -1, Infinity, NaN, "fast", "", "-2 Hz", true]) {
    refuses({ rate }, "RangeError", /^Cannot read rate: .* a number of Hz above 0 is required$/);
  }
  for (const interval of [0, -1, Infinity, NaN, "0s"]) {
    refuses({ interval }, "RangeError", /^Cannot read interval: .* a duration above 0 is required/);
  }
  refuses({ period: "soon" }, "SyntaxError", /"soon" is given/);
  refuses({ period: true }, "TypeError", /true is given/);
  refuses({ rate: 1e12 }, "RangeError", /a duration above 0 is required/);
});

Deno.test("periodMetadata() names the rate in Hz and the exact interval", () => {
  assert.deepEqual(periodMetadata("50ms"), { rate: 20, interval: "50ms" });
  assert.deepEqual(periodMetadata("1min"), { rate: 1 / 60, interval: "1min" });
});

Deno.test("readPeriod() reads back what periodMetadata() wrote", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 1e12 }), (ns) => {
    const period = Timedelta.fromNs(ns);
    const { interval, rate } = periodMetadata(period);
    assert(readPeriod({ interval }).equals(period));
    const error = Math.abs(Number(readPeriod({ rate }).ns) - ns);
    assert(error <= 1 + ns * 1e-12, `${ns} ns, ${error} ns`);
  }));
});

Deno.test("chunkSizeFor() makes about one message a second, and none slower than its points", () => {
  assert.equal(chunkSizeFor("1ms"), 1000);
  assert.equal(chunkSizeFor(0.3), 3);
  assert.equal(chunkSizeFor("1s"), 1);
  assert.equal(chunkSizeFor("1h"), 1);
  assert.equal(chunkSizeFor("1ns"), 524_288);
  assert.equal(chunkSizeFor("1s", "1min"), 60);
});
