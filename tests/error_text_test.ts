import assert from "node:assert/strict";
import { describeError, inspectError } from "../src/error_text.ts";
import { ConnectFailed } from "../src/errors.ts";

Deno.test("describeError() joins an error and its causes to one line", () => {
  const error = new ConnectFailed("Cannot connect", {
    cause: new Error("no route", { cause: "line 1\nline 2\x1b[2J" }),
  });
  assert.equal(describeError(error), "Cannot connect: no route: line 1\\nline 2\\x1b[2J");
});

Deno.test("describeError() says once what an error and its cause both say", () => {
  const cause = new Error("connection refused");
  assert.equal(
    describeError(new Error("No: connection refused", { cause })),
    "No: connection refused",
  );
});

Deno.test("describeError() tells all errors of an AggregateError", () => {
  const error = new AggregateError([new Error("a"), new Error("b"), new Error("a")], "No node");
  assert.equal(describeError(error), "No node (a; b)");
});

Deno.test("describeError() comes to an end when errors cause each other", () => {
  const error = new Error("hen");
  error.cause = new Error("egg", { cause: error });
  assert.equal(describeError(error), "hen: egg");
});

Deno.test("describeError() takes whatever can be thrown", () => {
  assert.deepEqual([undefined, null, 7, "text", new TypeError("")].map(describeError), [
    "undefined",
    "null",
    "7",
    "text",
    "TypeError",
  ]);
});

Deno.test("describeError() and inspectError() show no password of a URL", () => {
  const cause = new Error("amqps://user:sec@ret@host/ is away");
  const error = Object.assign(new Error("No amqp://user:secret@host", { cause }), {
    url: "amqp://user:secret@host",
  });
  assert.doesNotMatch(describeError(error), /sec|ret/);
  assert.doesNotMatch(inspectError(error), /sec.?ret/);
  assert.match(inspectError(error), /\n {4}at /);
});
