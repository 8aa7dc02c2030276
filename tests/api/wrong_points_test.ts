/** Programs that read or send what is no point: each is told in one line, which says what to do. */

import assert from "node:assert/strict";
import { userProgram } from "./user_program.ts";

/** A program that polls a group of these metrics until it has read three times. */
function polling(metrics: string, read: string): string {
  return `
    class S extends PollingSource {
      @rpcHandler("config")
      async onConfig() {
        let left = 3;
        await this.poll([{ period: 0.01, name: "meter", metrics: ${metrics}, read: () => {
          if (--left < 0) void this.stop();
          ${read}
        } }]);
      }
    }
    await command({ defaultToken: "source-x" }, ({ server, token }) =>
      new S({ token, url: server }).run());
  `;
}

for (
  const [name, metrics, read, line] of [
    [
      "A text where a number is read",
      '{ "lab.power": {} }',
      'return { "lab.power": "5.3" };',
      'No reading of meter: lab.power: "5.3" is given, a number is required',
    ],
    [
      "A name with a typing error",
      '{ "lab.power": {} }',
      'return { "lab.pwoer": 5 };',
      'No reading of meter: lab.power is missing in what is read; "lab.pwoer" is read, and not one of ' +
      'the group\'s metrics: did you mean "lab.power"?',
    ],
    [
      "A misspelt property of an answer",
      '{ "lab.power": {} }',
      'return { "lab.power": JSON.parse("{}").apower };',
      "No reading of meter: lab.power: undefined is given each time, a number is required",
    ],
    [
      "A reading that is not returned",
      '{ "lab.power": {} }',
      '({ "lab.power": 5 });',
      "No reading of meter: read has returned undefined each time, readings are required",
    ],
    [
      "A Date as the time of a value",
      '{ "lab.power": {} }',
      'return { "lab.power": { time: new Date(), value: 5 } };',
      "No reading of meter: lab.power: a Date is given, a Timestamp is required: Timestamp.from makes one",
    ],
    [
      "A list of numbers",
      '{ "lab.power": {} }',
      'return { "lab.power": [1] };',
      "No reading of meter: lab.power: a list with 1 is given, a number, or a list of { time, value } is required",
    ],
    [
      "A Map of readings",
      '{ "lab.power": {} }',
      'return new Map([["lab.power", 5]]);',
      "No reading of meter: Cannot read meter: a Map is given, an object with its metrics is required: " +
      "Object.fromEntries makes one",
    ],
  ] as const
) {
  Deno.test(userProgram({
    name: `${name} is told once`,
    text: polling(metrics, read),
    check: ({ status, stderr }) => {
      assert.match(stderr, / WARNING metricq\.source: /);
      // A machine that is busy is told of, too.
      const told = stderr.trimEnd().split("\n").filter((one) => !one.includes(" missed "));
      assert.equal(told.length, 1, stderr);
      assert.ok(told[0]?.endsWith(line), stderr);
      assert.equal(status, 0);
    },
  }));
}

/** A program that declares a metric, sends what it is given, and ends. */
function sending(send: string): string {
  return `
    class S extends Source {
      async task() {
        await this.declareMetrics(["lab.power"]);
        ${send}
        void this.stop();
      }
    }
    await command({ defaultToken: "source-x" }, ({ server, token }) =>
      new S({ token, url: server }).run());
  `;
}

for (
  const [given, problem] of [
    ["new Date(), 5", "a Date is given, a Timestamp is required: Timestamp.from makes one"],
    [
      "Temporal.Now.instant(), 5",
      "a Temporal.Instant is given, a Timestamp is required: Timestamp.from makes one",
    ],
    [
      "5, 5",
      "5 is given, a Timestamp is required: Timestamp.fromPosixMs or Timestamp.fromPosixSeconds makes one",
    ],
    ['"now", 5', '"now" is given, a Timestamp is required: Timestamp.fromIso8601 makes one'],
    ["undefined, 5", "undefined is given, a Timestamp is required"],
    ['Timestamp.now(), "5"', '"5" is given, a number (NaN for "no reading") is required'],
    [
      "5, Timestamp.now()",
      "the value is given before its time, send(metric, time, value) is required",
    ],
  ] as const
) {
  Deno.test(userProgram({
    name: `send("lab.power", ${given}) ends the program with one line: ${problem}`,
    text: sending(`await this.send("lab.power", ${given});`),
    check: ({ status, stderr }) => {
      assert.equal(
        stderr,
        `error: Cannot send metric "lab.power": ${problem} (-v debug tells where)\n`,
      );
      assert.equal(status, 1);
    },
  }));
}

const NOW = "const now = Timestamp.now();";

for (
  const [name, send, line] of [
    [
      "Equal times",
      `${NOW} for (const value of [1, 2, 3]) await this.send("lab.power", now, value);`,
      /The times of lab\.power do not increase: (\S+) comes after \1, and databases refuse such points/,
    ],
    [
      "Earlier times",
      `${NOW} for (const s of [3, 2, 1])
        await this.send("lab.power", now.add(Timedelta.fromS(s)), s);`,
      /The times of lab\.power do not increase: \S+ comes after \S+, and databases refuse such points/,
    ],
    [
      "A time of 1970 behind one of today",
      `await this.send("lab.power", Timestamp.now(), 1);
       await this.send("lab.power", Timestamp.fromPosixSeconds(1714564.8), 1);`,
      /The times of lab\.power do not increase: 1970-01-20T\S+ comes after 20\S+, and databases refuse/,
    ],
    [
      "Times of 1970 alone",
      `for (const s of [1, 2]) await this.send("lab.power", Timestamp.fromPosixSeconds(s), 1);`,
      /The time of lab\.power is 1970-01-01T00:00:01\.000000000Z: is its unit right\?/,
    ],
  ] as const
) {
  Deno.test(userProgram({
    name: `${name} are told once`,
    text: sending(send),
    check: ({ status, stderr }) => {
      assert.match(stderr, line);
      assert.equal(stderr.trimEnd().split("\n").length, 1, stderr);
      assert.equal(status, 0);
    },
  }));
}
