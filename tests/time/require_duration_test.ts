import assert from "node:assert/strict";
import { requireDuration } from "../../src/time/require_duration.ts";
import { Timedelta } from "../../src/time/timedelta.ts";

Deno.test("requireDuration() makes a Timedelta of every duration above 0", () => {
  for (const value of [0.25, "250 ms", Timedelta.fromMs(250)]) {
    assert.equal(requireDuration("Cannot set period", value).preciseString, "250ms");
  }
  assert.equal(requireDuration("Cannot set period", "1 ns").ns, 1n);
});

Deno.test("requireDuration() refuses what is not a duration above 0, naming the action, the value and the rule", () => {
  const refuses = (value: unknown, name: string, message: string | RegExp) =>
    assert.throws(() => Reflect.apply(requireDuration, undefined, ["Cannot set period", value]), {
      name,
      message,
    });
  const shown: [unknown, string][] = [
    [0, "0"],
    [-0, "0"],
    [-1, "-1"],
    [1e-10, "1e-10"],
    [NaN, "NaN"],
    [Infinity, "Infinity"],
    ["0s", '"0s"'],
    ["-5 ms", '"-5 ms"'],
    [Timedelta.fromNs(-1), "-1ns"],
  ];
  for (const [value, text] of shown) {
    const message = `Cannot set period: ${text} is given, a duration above 0 is required`;
    refuses(value, "RangeError", message);
  }
  for (const value of [null, undefined]) {
    const message = `Cannot set period: ${value} is given, a duration above 0 is required`;
    refuses(value, "TypeError", message);
  }
  refuses({}, "TypeError", /an object is given, .* is required$/);
  refuses("often", "SyntaxError", /"often" is given, .* are required$/);
  refuses(1e300, "RangeError", /1e\+300 seconds is given, .* is required$/);
});
