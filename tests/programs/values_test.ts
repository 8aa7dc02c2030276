import assert from "node:assert/strict";
import * as v from "valibot";
import { OwnTime, readTime } from "../../src/programs/own_time.ts";
import { findValues, metadataOf, ValueConfig } from "../../src/programs/values.ts";

function find(config: Record<string, unknown>, text: string): number | string | undefined {
  const value = findValues({ it: v.parse(ValueConfig, config) }, text)["it"];
  if (typeof value === "object" && "time" in value) assert.fail("it has a time");
  return value instanceof Error ? value.message : value;
}

Deno.test("findValues() finds a number by a regular expression: its first group, or the whole", () => {
  assert.equal(find({ regex: "load: (\\S+)" }, "x\nload: 1.5e-3 z"), 0.0015);
  assert.equal(find({ regex: "^-?\\d+$" }, "x\n-12\n"), -12);
  assert.equal(find({ regex: "(\\d+)%", scale: 0.01 }, "at 45% now"), 0.45);
});

Deno.test("findValues() finds a number by a path in JSON", () => {
  const json = JSON.stringify({ a: [{ b: 4.5 }], on: true, off: false, text: "12 W", none: null });
  assert.equal(find({ json: "a[0].b" }, json), 4.5);
  assert.equal(find({ json: "on" }, json), 1);
  assert.equal(find({ json: "off" }, json), 0);
  assert.equal(find({ json: "text" }, json), 12);
  assert.equal(find({ json: "none" }, json), NaN);
});

Deno.test("findValues() finds a number by column and row of a table", () => {
  const csv = 'name, "power, W"\r\nrack 1, 5\r\n\r\n"rack ""2""", 7.25 W\r\n';
  assert.equal(find({ csv: "power, W" }, csv), 7.25);
  assert.equal(find({ csv: "power, W", row: 0 }, csv), 5);
  assert.equal(find({ csv: 2, row: 1 }, csv), 5);
  const columns = "Use%  Avail\n 12%   1000\n 34%   2000\n";
  assert.equal(find({ csv: "Use%", separator: " " }, columns), 34);
  assert.equal(find({ csv: "Avail", separator: " ", row: 0 }, columns), 1000);
  assert.equal(find({ csv: 2, separator: ";" }, "1;2;3"), 2);
  assert.equal(find({ csv: 2, separator: "\t" }, "a b\t2"), 2);
  assert.equal(find({ csv: 3, separator: "::" }, "1::2::3"), 3);
});

Deno.test("findValues() tells why there is no number, of each value on its own", () => {
  const configs = {
    a: v.parse(ValueConfig, { json: "a" }),
    b: v.parse(ValueConfig, { json: "b" }),
  };
  const { a, b } = findValues(configs, '{"a": 1}');
  assert.equal(a, 1);
  assert.equal(b instanceof Error && b.message, "b: there is no b");

  assert.equal(find({ regex: "x(\\d+)" }, "y1"), 'it: nothing matches "x(\\\\d+)"');
  assert.equal(find({ csv: "c" }, "a,b\n1,2"), "it: there is no row -1 of column c");
  assert.equal(find({ csv: 1, row: 5 }, "a,b\n1,2"), "it: there is no row 5 of column 1");
  assert.match(String(find({ json: "a" }, "<html>")), /^it: the text is not JSON$/);
  for (const text of ["N/A", "", "1.2.3", "12 34", "1,234", "nan", "0x10", "- 5"]) {
    const message = `it: ${JSON.stringify(text)} is given, a number is required`;
    assert.equal(find({ json: "a" }, JSON.stringify({ a: text })), message);
  }
  assert.match(String(find({ json: "a" }, '{"a": {}}')), /a number is required$/);
});

Deno.test("findValues() refuses a number that is too large for one, however it became so", () => {
  const refused = /is given, a number that is finite is required$/;
  for (
    const [config, text] of [
      [{ json: "a" }, '{"a": 1e400}'],
      [{ json: "a" }, '{"a": -1e400}'],
      [{ json: "a" }, '{"a": "1e400"}'],
      [{ json: "a", scale: 1e300 }, '{"a": 1e300}'],
      [{ regex: ".*", unit: "V" }, "1e308 kV"],
      [{ csv: 1 }, "1e309"],
    ] as const
  ) assert.match(String(find(config, text)), refused, text);
  assert.equal(find({ json: "a" }, '{"a": 1e308}'), 1e308);
  assert.equal(find({ json: "a" }, '{"a": 1e-400}'), 0);
});

Deno.test("ValueConfig requires one way to the number, and one that works", () => {
  const issues = (config: Record<string, unknown>) =>
    v.safeParse(ValueConfig, config).issues?.map(({ message }) => message).join();
  assert.equal(issues({ unit: "W" }), "one of regex, json, csv is required");
  assert.equal(issues({ regex: "1", json: "a" }), "one of regex, json, csv is required");
  assert.match(
    issues({ regex: "(" }) ?? "",
    /^"\("\ is given \(missing closing \)\), one that can be matched in linear time/,
  );
  assert.match(issues({ json: "a[" }) ?? "", /^"a\["/);
  assert.match(issues({ csv: 0 }) ?? "", />=1/);
});

Deno.test("metadataOf() is all that does not tell where the number is", () => {
  const config = v.parse(ValueConfig, {
    csv: "a",
    row: 1,
    separator: ";",
    scale: 2,
    unit: "W",
    description: "d",
    room: { x: 1 },
  });
  assert.deepEqual(metadataOf(config), { unit: "W", description: "d", room: { x: 1 } });
});

Deno.test("findValues() converts a unit that it reads to that of the configuration", () => {
  const read = (text: string, config: Record<string, unknown>) =>
    find({ regex: ".*", ...config }, text);
  assert.equal(read("831.00 mV", { unit: "V" }), 0.831);
  assert.equal(read("1.09 V", { unit: "V" }), 1.09);
  assert.equal(read("1.5GiB", { unit: "B" }), 1.5 * 2 ** 30);
  assert.equal(read("45 degrees C", { unit: "°C" }), 45);
  assert.equal(read("7", { unit: "W" }), 7);
  assert.equal(find({ json: "a", unit: "W" }, '{"a": 7}'), 7);
  assert.equal(find({ json: "a", unit: "W" }, '{"a": "7 kW"}'), 7000);
  assert.equal(read("12 W", { unit: "A" }), 'it: "12 W" is given, a number in A is required');
  // As it is printed where there is a factor, or no unit.
  assert.equal(read("831 mV", { unit: "V", scale: 0.5 }), 415.5);
  assert.equal(read("831 mV", { unit: "" }), 831);
  assert.equal(read("831 mV", {}), 831);
});

Deno.test("findValues() reads what ipmitool prints", () => {
  const sdr = [
    "Ambient Temp     | 0Eh | ok  | 12.1 | 23 degrees C",
    "FAN 1            | 2Ah | ok  |  7.1 | 3360 RPM",
    "CPU1 VCORE       | 05h | ok  |  3.1 | 0.92 Volts",
    "System Level     | 77h | ok  |  7.1 | 168 Watts",
  ].join("\r\n");
  const sensor = (name: string, unit: string) =>
    find({ regex: `^${name} .*\\|\\s*(.*)$`, unit }, sdr);
  assert.equal(sensor("Ambient Temp", "°C"), 23);
  assert.equal(sensor("FAN 1", "rpm"), 3360);
  assert.equal(sensor("CPU1 VCORE", "V"), 0.92);
  assert.equal(sensor("System Level", "W"), 168);
});

Deno.test("findValues() gives up a text that is too long for all its expressions together", () => {
  const configs = Object.fromEntries(
    Array.from({ length: 100 }, (_, at) => [
      `v${at}`,
      v.parse(ValueConfig, { regex: `(x${at}+x+)+y` }),
    ]),
  );
  const values = Object.values(findValues(configs, "x".repeat(1 << 20)));
  const messages = values.map((value) => value instanceof Error ? value.message : "");
  assert.match(messages[0] ?? "", /nothing matches/);
  assert.match(messages[99] ?? "", /the text of 1048576 characters is too long/);
});

Deno.test("findValues() takes long for no number, however it is printed", () => {
  const text = `1${" ".repeat(500_000)}x${" ".repeat(500_000)}`;
  assert.match(
    String(find({ regex: "(?s).*" }, text)),
    /a number is required$/,
  );
});

Deno.test("findValues() gives values the time that stands beside them, or that of all", () => {
  const text = JSON.stringify({
    a: { value: 1, at: "2024-05-01T12:00:00.123456789Z" },
    b: { value: 2, at: 1_714_564_800.25 },
    c: { value: 3, at: "1714564800123456789" },
    d: { value: 4, at: 1_714_564_800_500 },
    all: "1714564801.000000001",
  });
  const configs = Object.fromEntries(
    Object.entries({ a: "s", b: "s", c: "ns", d: "ms" }).map(([key, unit]) => [
      key,
      v.parse(ValueConfig, { json: `${key}.value`, time: { json: `${key}.at`, unit } }),
    ]),
  );
  const { e, f, ...own } = findValues(
    {
      ...configs,
      e: v.parse(ValueConfig, { json: "a.value" }),
      f: v.parse(ValueConfig, { json: "a.value", time: { json: "a.value.none" } }),
    },
    text,
    v.parse(OwnTime, { regex: '"all":"(.*?)"' }),
  );
  const times = Object.values({ ...own, e }).map((reading) =>
    typeof reading === "object" && "time" in reading ? reading.time.posixNs : reading
  );
  assert.deepEqual(times, [
    1714564800_123456789n,
    1714564800_250000000n,
    1714564800_123456789n,
    1714564800_500000000n,
    1714564801_000000001n,
  ]);
  assert(f instanceof Error && f.message === "f: there is no a.value.none");
});

Deno.test("readTime() refuses what is not a time", () => {
  for (
    const found of [NaN, 1e30, "1e9", "12:00", "2024-05-01 12:00:00", "-1", "", true, null, {}]
  ) {
    assert.throws(() => readTime(found, "s"), /is given, /, String(found));
  }
  assert.equal(readTime(-1.5, "s").posixNs, -1_500_000_000n);
});
