/** What a `PollingSource` makes of readings that are not as TypeScript would have them. */

import assert from "node:assert/strict";
import { rateOf } from "../../src/source/rate_of.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { LogRecords } from "../support/log_records.ts";
import { fail, LocalSource } from "./local_source.ts";

/** What a source of one group sends and says, of these answers one after the other. */
async function poll(
  metrics: readonly string[],
  answers: readonly unknown[],
  options: object = {},
): Promise<{ sent: LocalSource["sent"]; warnings: string[]; infos: string[] }> {
  await using logged = await LogRecords.capture();
  const source = new LocalSource();
  const left = [...answers];
  await source.start({
    name: "meter",
    period: 1,
    metrics: Object.fromEntries(metrics.map((metric) => [metric, {}])),
    // The cast: these are answers that TypeScript refuses.
    read: () => left.shift() as undefined,
    ...options,
  });
  await source.clock.advance(answers.length - 1);
  await source.end();
  return {
    sent: source.sent,
    warnings: logged.messages("warning"),
    infos: logged.messages("info"),
  };
}

function valuesOf(sent: LocalSource["sent"], metric: string): number[] | undefined {
  return sent[metric]?.map(([, value]) => value);
}

for (
  const [given, problem] of [
    ["5.3", '"5.3" is given, a number is required'],
    [true, "true is given, a number is required"],
    [5n, "5n is given, a number is required"],
    [{ power: 5 }, "an object is given, a number is required"],
    [() => 5, "a function is given, a number is required"],
    [[5], "a list with 5 is given, a number, or a list of { time, value } is required"],
    [
      { time: new Date(0), value: 5 },
      "a Date is given, a Timestamp is required: Timestamp.from makes one",
    ],
    [
      { time: 5, value: 5 },
      "5 is given, a Timestamp is required: Timestamp.fromPosixMs or Timestamp.fromPosixSeconds makes one",
    ],
    [{ time: Timestamp.now(), value: "5" }, '"5" is given, a number is required'],
    [
      [{ time: Timestamp.now(), value: 5 }, { value: 6 }],
      "a list with an object is given, a number, or a list of { time, value } is required",
    ],
  ] as const
) {
  Deno.test(`PollingSource tells once that ${problem}, and sends NaN`, async () => {
    const wrong = { "test.one": given, "test.two": 2 };
    const right = { "test.one": 1, "test.two": 2 };
    const { sent, warnings, infos } = await poll(["test.one", "test.two"], [
      ...[right, wrong, wrong, right, wrong],
    ]);
    assert.deepEqual(valuesOf(sent, "test.one"), [1, NaN, NaN, 1, NaN]);
    assert.deepEqual(valuesOf(sent, "test.two"), [2, 2, 2, 2, 2]);
    assert.deepEqual(warnings, Array(2).fill(`No reading of meter: test.one: ${problem}`));
    assert.deepEqual(infos, ["test.one of meter is read again, after 2 failures"]);
  });
}

Deno.test("PollingSource tells once of a name with a typing error, and what it means", async () => {
  const reading = { "test.power": 1, "test.voltgae": 2 };
  const { sent, warnings } = await poll(["test.power", "test.voltage"], [
    reading,
    reading,
    reading,
  ]);
  assert.deepEqual(valuesOf(sent, "test.power"), [1, 1, 1]);
  assert.deepEqual(valuesOf(sent, "test.voltage"), [NaN, NaN, NaN]);
  assert.deepEqual(warnings, [
    'No reading of meter: test.voltage is missing in what is read; "test.voltgae" is read, and not ' +
    'one of the group\'s metrics: did you mean "test.voltage"?',
  ]);
});

Deno.test("PollingSource tells once of names that are there beside the right ones", async () => {
  const reading = { "test.one": 1, "test.other": 2 };
  const { warnings } = await poll(["test.one"], [reading, reading, { "test.one": 1 }, reading]);
  assert.deepEqual(
    warnings,
    Array(2).fill('No reading of meter: "test.other" is read, and not one of the group\'s metrics'),
  );
});

Deno.test("PollingSource takes null for no reading, on purpose and without a word", async () => {
  const answers = [
    ...[{ "test.one": null, "test.two": 1 }, null, { "test.one": 5, "test.two": 2 }, null],
  ];
  const { sent, warnings, infos } = await poll(["test.one", "test.two"], answers);
  assert.deepEqual(valuesOf(sent, "test.one"), [NaN, NaN, 5, NaN]);
  assert.deepEqual(valuesOf(sent, "test.two"), [1, NaN, 2, NaN]);
  assert.deepEqual([warnings, infos], [[], []]);
});

Deno.test("PollingSource takes undefined once, as of a first rate, and tells of it when it comes again", async () => {
  const rate = rateOf();
  const first = { "test.one": rate(5, 0) };
  const { sent, warnings } = await poll(["test.one"], [
    ...[first, { "test.one": rate(7, 1000) }, ...Array(3).fill({ "test.one": undefined })],
  ]);
  assert.deepEqual(valuesOf(sent, "test.one"), [NaN, 2, NaN, NaN, NaN]);
  assert.deepEqual(warnings, [
    "No reading of meter: test.one: undefined is given each time, a number is required",
  ]);
});

Deno.test("PollingSource tells of a read without a return, but not of one with nothing to send yet", async () => {
  const forgotten = await poll(["test.one"], [undefined, undefined, undefined]);
  assert.deepEqual(forgotten.sent, {});
  assert.deepEqual(forgotten.warnings, [
    "No reading of meter: read has returned undefined each time, readings are required",
  ]);
  const rare = [undefined, { "test.one": 1 }, undefined, undefined, { "test.one": 2 }];
  const { sent, warnings } = await poll(["test.one"], rare);
  assert.deepEqual(sent["test.one"], [[2000, 1], [5000, 2]]);
  assert.deepEqual(warnings, []);
});

for (
  const [given, shown] of [
    [5, "5 is given, an object with its metrics is required"],
    ["5", '"5" is given, an object with its metrics is required'],
    [
      [5],
      "a list is given, an object with its metrics is required: Object.fromEntries makes one",
    ],
    [
      new Map([["test.one", 5]]),
      "a Map is given, an object with its metrics is required: Object.fromEntries makes one",
    ],
  ] as const
) {
  Deno.test(`PollingSource tells once that ${shown}`, async () => {
    const { sent, warnings } = await poll(["test.one"], [given, given, given]);
    assert.deepEqual(valuesOf(sent, "test.one"), [NaN, NaN, NaN]);
    assert.deepEqual(warnings, [`No reading of meter: Cannot read meter: ${shown}`]);
  });
}

Deno.test("PollingSource tells once of a found metric that is no number, and sends it when it is one", async () => {
  const { sent, warnings } = await poll(["test.one"], [
    { "test.one": 1, "test.found": "1" },
    { "test.one": 1, "test.found": "2" },
    { "test.one": 1, "test.found": 3 },
    { "test.one": 1, "test.found": new Error("test.found: overload") },
    { "test.one": 1, "test.found": null },
    { "test.one": 1, "test.found": 6 },
  ], { describe: () => ({}) });
  assert.deepEqual(valuesOf(sent, "test.found"), [3, NaN, 6]);
  assert.deepEqual(warnings, [
    'No reading of meter: test.found: "1" is given, a number is required',
    "No reading of meter: test.found: overload",
  ]);
});

Deno.test("PollingSource reads no metric from what every object has", async () => {
  const { sent, warnings } = await poll(["toString"], [{}, {}]);
  assert.deepEqual(valuesOf(sent, "toString"), [NaN, NaN]);
  assert.deepEqual(warnings, ["No reading of meter: toString is missing in what is read"]);
});

Deno.test("PollingSource tells what is wrong after a device was away as before", async () => {
  await using logged = await LogRecords.capture();
  const source = new LocalSource();
  const answers = [() => ({ "test.one": "1" }), () => fail("away"), () => ({ "test.one": 1 })];
  await source.start({
    period: 1,
    metrics: { "test.one": {} },
    read: () => answers.shift()?.() as undefined,
  });
  await source.clock.advance(2);
  await source.end();
  assert.deepEqual(logged.messages("warning"), [
    'No reading of test.one: test.one: "1" is given, a number is required',
  ]);
  assert.deepEqual(logged.messages("info"), ["test.one is read again, after 2 failures"]);
});
