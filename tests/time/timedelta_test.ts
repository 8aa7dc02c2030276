import assert from "node:assert/strict";
import fc from "fast-check";
import { Timedelta } from "../../src/time/timedelta.ts";

const MAX = 2n ** 63n - 1n;
const MIN = -(2n ** 63n);

const anyNs = fc.oneof(
  fc.bigInt({ min: MIN, max: MAX }),
  fc.bigInt({ min: -3_000_000_000n, max: 3_000_000_000n }),
);
/** Halves of the range, so that sums stay within it. */
const halfNs = fc.bigInt({ min: MIN / 2n, max: MAX / 2n });
const divisorNs = anyNs.filter((ns) => ns !== 0n);

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b !== 0n && (a < 0n) !== (b < 0n) ? quotient - 1n : quotient;
}

Deno.test("Timedelta.fromNs() and .ns are exact over 64 bits", () => {
  fc.assert(
    fc.property(anyNs, (ns) => {
      const delta = Timedelta.fromNs(ns);
      assert.equal(delta.ns, ns);
      assert(delta.nanoseconds >= 0 && delta.nanoseconds < 1e9);
    }),
    { examples: [[MIN], [MAX], [0n], [-1n]] },
  );
});

Deno.test("Timedelta.fromNs() takes a safe integer and refuses other numbers", () => {
  assert.equal(Timedelta.fromNs(-1).ns, -1n);
  for (const bad of [0.5, 2 ** 53, NaN, Infinity]) {
    assert.throws(() => Timedelta.fromNs(bad), RangeError);
  }
});

Deno.test("Timedelta refuses what is beyond 64 bits of nanoseconds", () => {
  for (const ns of [MAX + 1n, MIN - 1n, 10n ** 400n]) {
    assert.throws(() => Timedelta.fromNs(ns), RangeError);
  }
  const last = Timedelta.fromNs(MAX);
  const first = Timedelta.fromNs(MIN);
  assert.throws(() => last.add(Timedelta.fromNs(1)), RangeError);
  assert.throws(() => first.subtract(Timedelta.fromNs(1)), RangeError);
  assert.throws(() => first.negate(), RangeError);
  assert.throws(() => last.multiply(2), RangeError);
  assert.throws(() => Timedelta.fromS(9_223_372_037), RangeError);
});

Deno.test("new Timedelta() takes seconds and nanoseconds, and refuses parts that are none", () => {
  assert.equal(new Timedelta(-1, 999_999_999).ns, -1n);
  assert.equal(new Timedelta(2).ns, 2_000_000_000n);
  for (const [s, ns] of [[0.5, 0], [NaN, 0], [0, -1], [0, 1e9], [0, 0.5], [2 ** 60, 0]] as const) {
    assert.throws(() => new Timedelta(s, ns), RangeError);
  }
  assert.throws(() => new Timedelta(Object("1")), TypeError);
});

Deno.test("Timedelta.fromS(), fromMs() and fromUs() round to the nearest nanosecond", () => {
  assert.equal(Timedelta.fromS(0.1).ns, 100_000_000n);
  assert.equal(Timedelta.fromS(0.001).ns, 1_000_000n);
  assert.equal(Timedelta.fromS(1.001).ns, 1_001_000_000n);
  assert.equal(Timedelta.fromS(0.29).ns, 290_000_000n);
  assert.equal(Timedelta.fromS(1 / 3).ns, 333_333_333n);
  assert.equal(Timedelta.fromS(-2 / 3).ns, -666_666_667n);
  assert.equal(Timedelta.fromMs(0.3).ns, 300_000n);
  assert.equal(Timedelta.fromUs(-1.0006).ns, -1_001n);
  assert.equal(Timedelta.fromS(0.999_999_999_9).ns, 1_000_000_000n);
});

Deno.test("Timedelta.fromS(), fromMs() and fromUs() give back what .s, .ms and .us told", () => {
  const within52Days = fc.bigInt({ min: -(2n ** 52n), max: 2n ** 52n });
  fc.assert(fc.property(within52Days, (ns) => {
    const delta = Timedelta.fromNs(ns);
    assert.equal(Timedelta.fromS(delta.s).ns, ns);
    assert.equal(Timedelta.fromMs(delta.ms).ns, ns);
    assert.equal(Timedelta.fromUs(delta.us).ns, ns);
  }));
});

Deno.test("Timedelta.s, .ms and .us are the nearest numbers", () => {
  assert.equal(Timedelta.fromString("-100 ms").s, -0.1);
  assert.equal(Timedelta.fromString("64.1 s").s, 64.1);
  assert.equal(Timedelta.fromString("1 ns").ms, 1e-6);
  assert.equal(Timedelta.fromString("-1 ns").us, -0.001);
  assert.equal(Timedelta.fromString("106751 d").s, 106751 * 86400);
});

Deno.test("Timedelta.from…() refuse what is not a finite number", () => {
  for (const make of [Timedelta.fromS, Timedelta.fromMs, Timedelta.fromUs]) {
    for (const bad of [NaN, Infinity, -Infinity, 1e300]) assert.throws(() => make(bad), RangeError);
    assert.throws(() => make(Object("1")), TypeError);
  }
});

Deno.test("Timedelta.from() takes seconds, a text or a Timedelta, and nothing else", () => {
  const half = Timedelta.fromMs(500);
  assert.equal(Timedelta.from(half), half);
  assert.deepEqual(Timedelta.from(0.5), half);
  assert.deepEqual(Timedelta.from("500ms"), half);
  for (const bad of [null, undefined, {}, true, 5n]) {
    assert.throws(() => Timedelta.from(bad as number), {
      name: "TypeError",
      message:
        /is given, a number of seconds, a string such as "500ms" or a Timedelta is required$/,
    });
  }
});

Deno.test("Timedelta.fromString() knows every unit by every name", () => {
  const units: [string, bigint][] = [
    ["s second seconds", 10n ** 9n],
    ["ms millisecond milliseconds", 10n ** 6n],
    ["us microsecond microseconds \u03BCs \u00B5s", 10n ** 3n],
    ["ns nanosecond nanoseconds", 1n],
    ["min minute minutes", 60n * 10n ** 9n],
    ["h hour hours", 3600n * 10n ** 9n],
    ["d day days", 86400n * 10n ** 9n],
  ];
  for (const [names, nsPerUnit] of units) {
    for (const name of names.split(" ")) {
      assert.equal(Timedelta.fromString(`7${name}`).ns, 7n * nsPerUnit, name);
      assert.equal(Timedelta.fromString(` -7 ${name} `).ns, -7n * nsPerUnit, name);
    }
  }
});

Deno.test("Timedelta.fromString() reads a bare number as seconds", () => {
  assert.equal(Timedelta.fromString("10").s, 10);
  assert.equal(Timedelta.fromString("+.5").s, 0.5);
});

Deno.test("Timedelta.fromString() reads decimals exactly, with point or comma", () => {
  assert.equal(Timedelta.fromString("9007199.254740993s").ns, 9_007_199_254_740_993n);
  assert.equal(Timedelta.fromString("-0,5 s").ns, -500_000_000n);
  assert.equal(Timedelta.fromString("-1.5 min").ns, -90_000_000_000n);
  fc.assert(fc.property(anyNs, fc.constantFrom(".", ","), (ns, point) => {
    const digits = String(ns < 0n ? -ns : ns).padStart(10, "0");
    const text = `${ns < 0n ? "-" : ""}${digits.slice(0, -9)}${point}${digits.slice(-9)}s`;
    assert.equal(Timedelta.fromString(text).ns, ns);
  }));
});

Deno.test("Timedelta.fromString() cuts off what is finer than a nanosecond", () => {
  assert.equal(Timedelta.fromString("1.9 ns").ns, 1n);
  assert.equal(Timedelta.fromString("-1.9 ns").ns, -1n);
  assert.equal(Timedelta.fromString("0.9999999999 s").ns, 999_999_999n);
});

Deno.test("Timedelta.fromString() refuses what is not a number and a unit", () => {
  const bad = ["", " ", "s", "-", ".", "5.", "1.2.3s", "5 parsecs", "5 S", "1e3", "0x10s", "- 5s"];
  for (const text of [...bad, "1h 30min", "NaN", "Infinity", "9".repeat(65)]) {
    assert.throws(() => Timedelta.fromString(text), { name: "SyntaxError" }, text);
  }
  assert.throws(() => Timedelta.fromString("300 years"), {
    message: 'Cannot parse a duration: "300 years" is given, ' +
      "a number and one of the units d, h, min, s, ms, us and ns are required",
  });
  assert.throws(() => Timedelta.fromString("106752 d"), RangeError);
  assert.throws(() => Timedelta.fromString(Object(5)), TypeError);
});

Deno.test("Timedelta.fromString() answers a text of a million characters at once, and shortly", () => {
  assert.throws(
    () => Timedelta.fromString(`1${" ".repeat(1e6)}!`),
    (error: Error) => error.message.length < 250,
  );
});

Deno.test("Timedelta.preciseString uses the largest unit without a fraction", () => {
  const texts = ["0s", "1ns", "-1001ns", "1μs", "100ms", "1500ms", "59s", "90min", "-25h", "7d"];
  for (const text of texts) assert.equal(Timedelta.fromString(text).preciseString, text);
  assert.equal(Timedelta.fromString("60 s").preciseString, "1min");
});

Deno.test("Timedelta.fromString() makes the same duration of a preciseString", () => {
  fc.assert(fc.property(anyNs, fc.constantFrom(1n, 1_000n, 60_000_000_000n), (ns, step) => {
    const delta = Timedelta.fromNs(ns / step * step);
    assert.deepEqual(Timedelta.fromString(delta.preciseString), delta);
  }));
});

Deno.test("Timedelta.toString(), toJSON() and what is printed are readable", () => {
  const delta = Timedelta.fromMs(1500);
  assert.equal(`${delta}`, "1500ms");
  assert.equal(JSON.stringify({ delta }), '{"delta":"1500ms"}');
  assert.equal(Deno.inspect(delta), "Timedelta(1500ms)");
});

Deno.test("Timedelta.add(), subtract(), negate() and abs() agree with integers", () => {
  fc.assert(
    fc.property(halfNs, halfNs, (a, b) => {
      const [x, y] = [Timedelta.fromNs(a), Timedelta.fromNs(b)];
      assert.equal(x.add(y).ns, a + b);
      assert.equal(x.subtract(y).ns, a - b);
      assert.deepEqual(x.negate(), Timedelta.fromNs(-a));
      assert.equal(x.abs().ns, a < 0n ? -a : a);
    }),
    { examples: [[-1n, 1n], [0n, 0n]] },
  );
});

Deno.test("Timedelta.floorDivide() and modulo() round down, as in Python", () => {
  const seven = Timedelta.fromNs(-7);
  assert.equal(seven.floorDivide(2).ns, -4n);
  assert.equal(seven.modulo(Timedelta.fromNs(2)).ns, 1n);
  assert.equal(seven.modulo(Timedelta.fromNs(-2)).ns, -1n);
  fc.assert(fc.property(anyNs, divisorNs, fc.integer(), (a, b, n) => {
    const [x, y] = [Timedelta.fromNs(a), Timedelta.fromNs(b)];
    const quotient = floorDivide(a, b);
    assert.equal(x.modulo(y).ns, a - quotient * b);
    if (Number.isSafeInteger(Number(quotient))) {
      assert.equal(x.floorDivide(y), Number(quotient));
    } else {
      assert.throws(() => x.floorDivide(y), RangeError);
    }
    if (n !== 0 && floorDivide(a, BigInt(n)) <= MAX) {
      assert.equal(x.floorDivide(n).ns, floorDivide(a, BigInt(n)));
    }
  }));
});

Deno.test("Timedelta.floorDivide() refuses a divisor that is not an integer", () => {
  for (const bad of [0.5, NaN, Infinity]) {
    assert.throws(() => Timedelta.fromS(1).floorDivide(bad), RangeError);
  }
});

Deno.test("Timedelta.multiply() and divide() round once, to the nearest nanosecond", () => {
  const long = Timedelta.fromNs(MAX / 4n);
  assert.equal(long.multiply(3).ns, MAX / 4n * 3n);
  assert.equal(Timedelta.fromNs(9_007_199_254_740_993n).multiply(0.5).ns, 4_503_599_627_370_497n);
  assert.equal(Timedelta.fromS(10).divide(2.5).preciseString, "4s");
  assert.equal(Timedelta.fromNs(5).multiply(0.5).ns, 3n);
  assert.equal(Timedelta.fromNs(5).multiply(-0.5).ns, -3n);
  assert.equal(Timedelta.fromNs(-5).divide(-2).ns, 3n);
  assert.equal(Timedelta.fromS(1).multiply(5e-324).ns, 0n);
  fc.assert(fc.property(halfNs, fc.integer({ min: 1, max: 2 ** 31 }), (a, n) => {
    const quotient = Timedelta.fromNs(a).divide(n).ns;
    const error = quotient * BigInt(n) - a;
    assert((error < 0n ? -error : error) * 2n <= BigInt(n));
  }));
});

Deno.test("Timedelta.divide() by a Timedelta tells how often it goes into this one", () => {
  assert.equal(Timedelta.fromS(1).divide(Timedelta.fromMs(400)), 2.5);
  assert.equal(Timedelta.fromS(-1).divide(Timedelta.fromMs(400)), -2.5);
});

Deno.test("Timedelta cannot be divided by 0", () => {
  const [one, zero] = [Timedelta.fromS(1), new Timedelta(0)];
  for (
    const divide of [
      () => one.divide(0),
      () => one.divide(zero),
      () => one.floorDivide(0),
      () => one.floorDivide(zero),
      () => one.modulo(zero),
    ]
  ) {
    assert.throws(divide, {
      name: "RangeError",
      message: /^Cannot divide a Timedelta: 0 is given/,
    });
  }
});

Deno.test("Timedelta compares as its nanoseconds do, with methods and with operators", () => {
  fc.assert(fc.property(anyNs, anyNs, fc.boolean(), (a, other, same) => {
    const b = same ? a : other;
    const [x, y] = [Timedelta.fromNs(a), Timedelta.fromNs(b)];
    assert.equal(x.compare(y), a < b ? -1 : a > b ? 1 : 0);
    assert.equal(x.equals(y), a === b);
    assert.equal(x < y, a < b);
    assert.equal(x >= y, a >= b);
  }));
});

Deno.test("Timedelta refuses operators and operands that would be inexact", () => {
  const delta = Timedelta.fromS(1);
  assert.throws(() => Math.max(Object(delta)), TypeError);
  for (const bad of [1, "1s", null, {}]) {
    const other = Object(bad);
    assert.throws(() => delta.add(other), TypeError);
    assert.throws(() => delta.subtract(other), TypeError);
    assert.throws(() => delta.compare(other), TypeError);
    assert.throws(() => delta.equals(other), TypeError);
    assert.throws(() => delta.modulo(other), TypeError);
  }
  assert.throws(() => delta.multiply(Object("2")), TypeError);
});

Deno.test("Timedelta never contains a negative zero", () => {
  for (const zero of [Timedelta.fromS(-0), new Timedelta(-0, -0), new Timedelta(0).negate()]) {
    assert.deepEqual(zero, new Timedelta(0, 0));
  }
});
