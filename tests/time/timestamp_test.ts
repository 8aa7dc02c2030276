import assert from "node:assert/strict";
import fc from "fast-check";
import { Timedelta } from "../../src/time/timedelta.ts";
import { Timestamp } from "../../src/time/timestamp.ts";

const MAX = 2n ** 63n - 1n;
const MIN = -(2n ** 63n);
const anyNs = fc.oneof(
  fc.bigInt({ min: MIN, max: MAX }),
  fc.bigInt({ min: -3_000_000_000n, max: 3_000_000_000n }),
);
const halfNs = fc.bigInt({ min: MIN / 2n, max: MAX / 2n });

Deno.test("Timestamp.fromPosixNs() and .posixNs are exact over 64 bits", () => {
  fc.assert(
    fc.property(anyNs, (ns) => {
      assert.equal(Timestamp.fromPosixNs(ns).posixNs, ns);
    }),
    { examples: [[MIN], [MAX], [0n], [-1n]] },
  );
  assert.throws(() => Timestamp.fromPosixNs(MAX + 1n), RangeError);
  assert.throws(() => Timestamp.fromPosixNs(MIN - 1n), RangeError);
  assert.throws(() => Timestamp.fromPosixNs(Object(5)), TypeError);
});

Deno.test("new Timestamp() takes seconds and nanoseconds, and refuses parts that are none", () => {
  assert.equal(new Timestamp(1_714_564_800, 1).posixNs, 1_714_564_800_000_000_001n);
  for (const [s, ns] of [[0.5, 0], [NaN, 0], [0, -1], [0, 1e9], [2 ** 60, 0]] as const) {
    assert.throws(() => new Timestamp(s, ns), RangeError);
  }
});

Deno.test("Timestamp.fromPosixSeconds(), fromPosixMs() and fromPosixUs() round to the nearest ns", () => {
  assert.equal(Timestamp.fromPosixSeconds(1.001).posixNs, 1_001_000_000n);
  assert.equal(Timestamp.fromPosixSeconds(-0.1).posixNs, -100_000_000n);
  assert.equal(Timestamp.fromPosixMs(1_714_564_800_123).posixNs, 1_714_564_800_123_000_000n);
  assert.equal(Timestamp.fromPosixUs(1_714_564_800_123_456).posixNs, 1_714_564_800_123_456_000n);
  for (const bad of [NaN, Infinity, 1e20]) {
    assert.throws(() => Timestamp.fromPosixSeconds(bad), RangeError);
    assert.throws(() => Timestamp.fromPosixMs(bad), RangeError);
    assert.throws(() => Timestamp.fromPosixUs(bad), RangeError);
  }
});

Deno.test("Timestamp.posixSeconds, .posixMs and .posixUs are as near as a number comes", () => {
  const time = Timestamp.fromPosixNs(-1_500_000_000n);
  assert.equal(time.posixSeconds, -1.5);
  assert.equal(time.posixMs, -1500);
  assert.equal(time.posixUs, -1_500_000);
  assert.equal(new Timestamp(1_714_564_800, 500_000_000).posixSeconds, 1_714_564_800.5);
});

Deno.test("Timestamp.from() and toInstant() keep what Temporal tells exactly", () => {
  fc.assert(fc.property(anyNs, (ns) => {
    const instant = Temporal.Instant.fromEpochNanoseconds(ns);
    assert.equal(Timestamp.from(instant).posixNs, ns);
    assert.equal(Timestamp.from(instant.toZonedDateTimeISO("Europe/Berlin")).posixNs, ns);
    Timestamp.fromPosixNs(ns).toInstant() satisfies Temporal.Instant;
    assert.ok(Timestamp.fromPosixNs(ns).toInstant().equals(instant));
  }));
  const date = new Date(5);
  assert.equal(Timestamp.from(date).posixMs, 5);
  const time = Timestamp.now();
  assert.equal(Timestamp.from(time), time);
  assert.throws(() => Timestamp.from(new Date(NaN)), RangeError);
  const tooLate = Temporal.Instant.fromEpochMilliseconds(1e14);
  assert.throws(() => Timestamp.from(tooLate), RangeError);
});

Deno.test("Timestamp.from() refuses what is not an instant, and names the way to convert it", () => {
  for (
    const [given, shown, way] of [
      [1714564800000, "1714564800000", "Timestamp.fromPosixMs or Timestamp.fromPosixSeconds"],
      [1714564800000000000n, "1714564800000000000", "Timestamp.fromPosixNs"],
      ["2024-05-01T12:00:00Z", '"2024-05-01T12:00:00Z"', "Timestamp.fromIso8601"],
      [Temporal.PlainDate.from("2024-05-01"), "a Temporal.PlainDate", undefined],
      [{}, "an object", undefined],
      [null, "null", undefined],
      [undefined, "undefined", undefined],
    ] as const
  ) {
    assert.throws(() => Reflect.apply(Timestamp.from, Timestamp, [given]), {
      name: "TypeError",
      message: `Cannot make a Timestamp: ${shown} is given, a Timestamp is required` +
        (way ? `: ${way} makes one` : ""),
    });
  }
});

Deno.test("Timestamp.toInstant() tells of a runtime without Temporal", () => {
  const { Temporal: kept } = globalThis;
  const time = Timestamp.fromPosixNs(0n);
  try {
    Reflect.deleteProperty(globalThis, "Temporal");
    assert.throws(() => time.toInstant(), { name: "TypeError", message: /no Temporal/ });
  } finally {
    Object.defineProperty(globalThis, "Temporal", {
      value: kept,
      configurable: true,
      writable: true,
    });
  }
});

Deno.test("Timestamp.fromDate() and toDate() keep milliseconds, rounded down", () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date(-9e12), max: new Date(9e12), noInvalidDate: true }),
      (date) => {
        assert.deepEqual(Timestamp.fromDate(date).toDate(), date);
      },
    ),
  );
  assert.equal(Timestamp.fromPosixNs(-1n).toDate().getTime(), -1);
  assert.throws(() => Timestamp.fromDate(new Date(NaN)), RangeError);
  assert.throws(() => Timestamp.fromDate(Object(0)), TypeError);
});

Deno.test("Timestamp.toIso8601() has nine digits, and fromIso8601() reads them back", () => {
  assert.equal(new Timestamp(0, 1).toIso8601(), "1970-01-01T00:00:00.000000001Z");
  assert.equal(Timestamp.fromPosixNs(-1n).toIso8601(), "1969-12-31T23:59:59.999999999Z");
  fc.assert(
    fc.property(anyNs, (ns) => {
      const time = Timestamp.fromPosixNs(ns);
      assert.deepEqual(Timestamp.fromIso8601(time.toIso8601()), time);
    }),
    { examples: [[MIN], [MAX]] },
  );
});

Deno.test("Timestamp.fromIso8601() reads every form of the same instant", () => {
  const expected = Timestamp.fromPosixNs(1_714_564_800_500_000_000n);
  for (
    const text of [
      "2024-05-01T12:00:00.5Z",
      "2024-05-01T12:00:00,5z",
      "2024-05-01t12:00:00.500000000Z",
      "2024-05-01 14:00:00.5+02:00",
      "2024-05-01T14:00:00.5+02",
      "2024-05-01T14:00:00.5+0200",
      "20240501T120000.5Z",
      "2024-04-30T22:30:00.5-13:30",
      "2024-05-01T12:00:00.5000000009999Z",
    ]
  ) assert.deepEqual(Timestamp.fromIso8601(text), expected, text);
  assert.equal(Timestamp.fromIso8601("2024-05-01T12:00Z").seconds, 1_714_564_800);
});

Deno.test("Timestamp.fromIso8601() agrees with Date on milliseconds", () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date(-9e12), max: new Date(9e12), noInvalidDate: true }),
      (date) => {
        assert.deepEqual(Timestamp.fromIso8601(date.toISOString()), Timestamp.fromDate(date));
      },
    ),
  );
});

Deno.test("Timestamp.fromIso8601() refuses a time without a zone, and what is not a time", () => {
  const bad = [
    "",
    "now",
    "2024-05-01",
    "2024-05-01T12:00:00",
    "2024-05-0112:00Z",
    "2024-5-1T12:00Z",
  ];
  for (
    const text of [...bad, "2024-0501T12:00:00Z", "2024-05-01T12:0000Z", "2024-05-01T12:00:00.Z"]
  ) {
    assert.throws(() => Timestamp.fromIso8601(text), { name: "SyntaxError" }, text);
  }
  assert.throws(() => Timestamp.fromIso8601(Object(0)), TypeError);
});

Deno.test("Timestamp.fromIso8601() refuses dates and times that do not exist", () => {
  for (
    const text of [
      "2023-02-29T00:00:00Z",
      "2024-13-01T00:00:00Z",
      "2024-00-01T00:00:00Z",
      "2024-01-00T00:00:00Z",
      "2024-01-01T24:00:00Z",
      "2024-01-01T00:60:00Z",
      "2024-01-01T00:00:60Z",
      "2024-01-01T00:00:00+24:00",
      "0024-01-01T00:00:00Z",
      "2263-01-01T00:00:00Z",
    ]
  ) assert.throws(() => Timestamp.fromIso8601(text), { name: "RangeError" }, text);
});

Deno.test("Timestamp.toString(), toJSON() and what is printed are ISO 8601", () => {
  const time = new Timestamp(0, 5);
  assert.equal(`${time}`, "1970-01-01T00:00:00.000000005Z");
  assert.equal(JSON.stringify([time]), '["1970-01-01T00:00:00.000000005Z"]');
  assert.equal(Deno.inspect(time), "Timestamp(1970-01-01T00:00:00.000000005Z)");
});

Deno.test("Timestamp.add() and subtract() agree with integers", () => {
  fc.assert(fc.property(halfNs, halfNs, (a, b) => {
    const time = Timestamp.fromPosixNs(a);
    const delta = Timedelta.fromNs(b);
    assert.equal(time.add(delta).posixNs, a + b);
    const earlier = time.subtract(delta);
    assert(earlier instanceof Timestamp);
    assert.equal(earlier.posixNs, a - b);
    const between = time.subtract(Timestamp.fromPosixNs(b));
    assert(between instanceof Timedelta);
    assert.equal(between.ns, a - b);
  }));
});

Deno.test("Timestamp arithmetic refuses what leaves 64 bits and what is of another type", () => {
  const last = Timestamp.fromPosixNs(MAX);
  assert.throws(() => last.add(Timedelta.fromNs(1)), RangeError);
  assert.throws(() => last.subtract(Timestamp.fromPosixNs(-1n)), RangeError);
  for (const bad of [1, "1s", null, {}]) {
    const other = Object(bad);
    assert.throws(() => last.add(other), TypeError);
    assert.throws(() => last.subtract(other), TypeError);
    assert.throws(() => last.equals(other), TypeError);
    assert.throws(() => last.isBefore(other), TypeError);
  }
});

Deno.test("Timestamp.modulo() is what is past the last multiple, before 1970 too", () => {
  const second = Timedelta.fromS(1);
  assert.equal(Timestamp.fromPosixNs(1_500_000_000n).modulo(second).preciseString, "500ms");
  assert.equal(Timestamp.fromPosixNs(-1n).modulo(second).ns, 999_999_999n);
  assert.throws(() => new Timestamp(0).modulo(new Timedelta(0)), RangeError);
});

Deno.test("Timestamp compares as its nanoseconds do, with methods and with operators", () => {
  fc.assert(fc.property(anyNs, anyNs, fc.boolean(), (a, other, same) => {
    const b = same ? a : other;
    const [x, y] = [Timestamp.fromPosixNs(a), Timestamp.fromPosixNs(b)];
    assert.equal(x.compare(y), a < b ? -1 : a > b ? 1 : 0);
    assert.equal(x.equals(y), a === b);
    assert.equal(x.isBefore(y), a < b);
    assert.equal(x.isAfter(y), a > b);
    assert.equal(x < y, a < b);
    assert.equal(x >= y, a >= b);
  }));
});

Deno.test("Timestamp refuses to become an inexact number", () => {
  assert.throws(() => Number.parseFloat("1") * Object(new Timestamp(1)), TypeError);
  assert.throws(() => new Date(Object(new Timestamp(1))), TypeError);
});

Deno.test("Timestamp.now() is the system's time, and later with every call", () => {
  const before = Timestamp.fromPosixMs(Date.now() - 1);
  const times = Array.from({ length: 1000 }, () => Timestamp.now());
  const after = Timestamp.fromPosixMs(Date.now() + 2);
  assert(times.every((time, i) => i === 0 || time.isAfter(times[i - 1] ?? time)));
  assert(times.every((time) => time.isAfter(before) && time.isBefore(after)));
});

Deno.test("Timestamp.ago() and fromNow() lie around now", () => {
  const hour = Timedelta.fromString("1 h");
  const now = Timestamp.now();
  assert(Timestamp.ago(hour).add(hour).isAfter(now));
  assert(Timestamp.fromNow(hour).subtract(hour).isAfter(now));
  assert(Timestamp.ago(hour).isBefore(now));
});
