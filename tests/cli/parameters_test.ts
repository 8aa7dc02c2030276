import assert from "node:assert/strict";
import {
  parseDuration,
  parseMetric,
  parsePort,
  parsePositiveInteger,
  parseTimestamp,
} from "../../src/cli/parameters.ts";

Deno.test("parseTimestamp() reads seconds since 1970 to the nanosecond", () => {
  assert.equal(parseTimestamp("0").posixNs, 0n);
  assert.equal(parseTimestamp("1700000000.123456789").posixNs, 1700000000123456789n);
});

Deno.test("parseTimestamp() reads ISO 8601 with a zone", () => {
  assert.equal(parseTimestamp("2012-12-21T00:00:00Z").posixNs, 1356048000000000000n);
});

Deno.test('parseTimestamp() reads "epoch", "now" and a past duration', () => {
  assert.equal(parseTimestamp("epoch").posixNs, 0n);
  const before = parseTimestamp("-10h");
  const now = parseTimestamp("now");
  const tenHoursNs = 36_000_000_000_000n;
  assert(now.posixNs - before.posixNs >= tenHoursNs);
  assert(parseTimestamp("-10h").posixNs >= now.posixNs - tenHoursNs);
});

Deno.test("parseTimestamp() refuses anything else and names all that it takes", () => {
  for (const text of ["", "-", "-10 parsecs", "10h", "yesterday", "2012-12-21T00:00:00", "1e9"]) {
    assert.throws(() => parseTimestamp(text), (error) => {
      assert(error instanceof SyntaxError, text);
      assert.match(error.message, /ISO 8601 .* "now", "epoch" or a past duration/);
      return true;
    }, text);
  }
  assert.throws(() => parseTimestamp("2012-13-21T00:00:00Z"), RangeError);
});

Deno.test("parseDuration() reads a number and a unit", () => {
  assert.equal(parseDuration("500ms").ns, 500_000_000n);
  assert.throws(() => parseDuration("soon"), SyntaxError);
});

Deno.test("parseMetric() takes names that the network carries only", () => {
  for (const name of ["example.room1.power", "gpu-01.cpu.usage", "foo"]) {
    assert.equal(parseMetric(name), name);
  }
  for (const name of ["", "example.*", "a\nb", "a".repeat(256)]) {
    assert.throws(() => parseMetric(name), RangeError, name);
  }
});

Deno.test("parsePositiveInteger() takes whole numbers of at least 1 only", () => {
  assert.equal(parsePositiveInteger("42"), 42);
  for (const text of ["", "0", "-1", "1.5", "1e3", " 1", "0x10", "NaN", "9007199254740992"]) {
    assert.throws(() => parsePositiveInteger(text), RangeError, text);
  }
});

Deno.test("parsePort() takes an integer from 0 to 65535", () => {
  for (const port of [0, 80, 65_535]) assert.equal(parsePort(String(port)), port);
  for (const text of ["", "-1", "1.5", "0x50", "65536", "amqp"]) {
    assert.throws(() => parsePort(text), RangeError, text);
  }
});
