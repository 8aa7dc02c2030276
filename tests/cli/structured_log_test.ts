import assert from "node:assert/strict";
import type { LogRecord } from "@logtape/logtape";
import { structuredFormatter } from "../../src/cli/structured_log.ts";

function record(message: unknown[], properties: Record<string, unknown> = {}): LogRecord {
  return {
    category: ["metricq", "agent"],
    level: "info",
    message,
    rawMessage: "",
    properties,
    timestamp: Date.UTC(2024, 4, 1, 12, 30, 59, 7),
  };
}

const START = { time: "2024-05-01T12:30:59.007Z", level: "info", logger: "metricq.agent" };

Deno.test("structuredFormatter() writes a JSON object with what the message was made of", () => {
  const error = new Error("a", { cause: new Error("b") });
  const values = { points: 3, ok: true, none: null, lost: NaN, error, list: [1], level: "x" };
  const line = structuredFormatter("json", false)(record(["Sent ", 3, " points: ", error], values));
  assert.deepEqual(JSON.parse(line), {
    ...START,
    message: "Sent 3 points: a: b",
    points: 3,
    ok: true,
    none: null,
    lost: "NaN",
    error: "a: b",
    list: "[ 1 ]",
    level_: "x",
  });
});

Deno.test("structuredFormatter() writes logfmt, in quotes where a word would be misread", () => {
  const values = {
    a: "one",
    b: "two words",
    c: 'q"',
    d: "x=y",
    e: "",
    f: "a\nb",
    "g h": 1,
    i: "ä",
  };
  const line = structuredFormatter("logfmt", false)(record(["Sent"], values));
  assert.equal(
    line,
    "time=2024-05-01T12:30:59.007Z level=info logger=metricq.agent message=Sent " +
      'a=one b="two words" c="q\\"" d="x=y" e="" f="a\\nb" g_h=1 i=ä',
  );
});

Deno.test("structuredFormatter() keeps a record to one line, and passwords to itself", () => {
  const url = "amqp://ada:secret@host/";
  const text = `a\r\n\x1b[2J ${url}`;
  const values = {
    text,
    url: new URL(url),
    error: new Error(text),
    more: "b@c",
    object: { url: new URL(url) },
  };
  for (const format of ["json", "logfmt"] as const) {
    for (const showStacks of [false, true]) {
      const line = structuredFormatter(format, showStacks)(record(["", text, ""], values));
      assert(!["\n", "\r", "\x1b", "secret"].some((part) => line.includes(part)), line);
      if (format === "json") assert.equal(JSON.parse(line).more, "b@c");
    }
  }
});

Deno.test("structuredFormatter() adds the stack of an error if asked for", () => {
  const format = structuredFormatter("json", true);
  const { stack } = JSON.parse(format(record(["", new Error("a"), ""])));
  assert.match(stack, /^Error: a\n {4}at .*structured_log_test/);
  assert.equal("stack" in JSON.parse(format(record(["no error"]))), false);
});
