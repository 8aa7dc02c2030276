import assert from "node:assert/strict";
import type { LogRecord } from "@logtape/logtape";
import { terminalFormatter } from "../../src/cli/logging.ts";

function record(...message: unknown[]): LogRecord {
  return {
    category: ["metricq", "agent"],
    level: "info",
    message,
    rawMessage: "",
    properties: {},
    timestamp: new Date(2024, 4, 1, 12, 30, 59, 7).getTime(),
  };
}

Deno.test("terminalFormatter() writes time, level, category and message in one line", () => {
  const line = terminalFormatter(false)(record("Sent ", 3, " points of ", "a.b", ""));
  assert.equal(line, "12:30:59.007 INFO    metricq.agent: Sent 3 points of a.b");
});

Deno.test("terminalFormatter() lets no value break the line or command the terminal", () => {
  const text = "a\nerror: forged\r\x1b[2J";
  const line = terminalFormatter(false)(record("", text, " ", { text }, " ", new Error(text), ""));
  assert(!["\n", "\r", "\x1b"].some((character) => line.includes(character)));
  assert(line.includes("a\\nerror: forged"));
});

Deno.test("terminalFormatter() shows no password of a URL", () => {
  const url = new URL("amqp://ada:secret@host/");
  const line = terminalFormatter(false)(record("", url, " ", { url }, ""));
  assert.match(line, /: amqp:\/\/ada:\*+@host\/ \{ url: URL \{/);
  assert.doesNotMatch(line.replaceAll("amqp://ada:secret@host/", ""), /secret/);
});

Deno.test("terminalFormatter() writes errors as their messages, with stacks if asked for", () => {
  const message = record("No: ", new Error("a", { cause: new Error("b") }), "");
  assert.match(terminalFormatter(false)(message), /: No: a: b$/);
  assert.match(terminalFormatter(true)(message), /: No: a: b\nError: a\n {4}at .*logging_test/);
});
