import assert from "node:assert/strict";
import { rateOf } from "../../src/source/rate_of.ts";
import { Timestamp } from "../../src/time/timestamp.ts";

Deno.test("rateOf() gives growth per second, and nothing for the first reading", () => {
  const rate = rateOf();
  assert.deepEqual([rate(10, 1000), rate(10, 1500), rate(20, 2000)], [undefined, 0, 20]);
});

Deno.test("rateOf() counts on over the end of the counter's range", () => {
  const rate = rateOf({ wrapsAt: 65536 });
  rate(65530, 0);
  assert.equal(rate(4, 1000), 10);
  // Half of the range is still taken for growth, more is not.
  const after = (second: number) => {
    const next = rateOf({ wrapsAt: 65536 });
    next(65000, 0);
    return next(second, 1000);
  };
  assert.deepEqual([after(65000 - 32768), after(65000 - 32767)], [32768, NaN]);
});

Deno.test("rateOf() gives no reading for a counter that was reset, and goes on from there", () => {
  const rate = rateOf({ wrapsAt: 2 ** 32 });
  rate(1_000_000, 0);
  assert.deepEqual([rate(5, 1000), rate(8, 2000)], [NaN, 3]);
  const endless = rateOf();
  endless(100, 0);
  assert.deepEqual([endless(99, 1000), endless(100, 2000)], [NaN, 1]);
});

Deno.test("rateOf() takes no count of NaN, nor of a reading at the same time or an earlier one", () => {
  const rate = rateOf();
  rate(0, 0);
  assert.deepEqual([rate(NaN, 1000), rate(4, 2000), rate(9, 2000)], [NaN, 2, NaN]);
  assert.deepEqual([rate(9, 1000), rate(10, 2000)], [NaN, 1]);
});

Deno.test("rateOf() takes times of the device, to the nanosecond", () => {
  const rate = rateOf();
  const start = Timestamp.fromIso8601("2026-01-01T12:00:00Z").posixNs;
  rate(0, Timestamp.fromPosixNs(start));
  assert.equal(rate(1, Timestamp.fromPosixNs(start + 1000n)), 1e6);
});

Deno.test("rateOf() refuses a range that is none", () => {
  assert.throws(() => rateOf({ wrapsAt: 0 }), {
    name: "RangeError",
    message: /above 0 is required/,
  });
});
