import assert from "node:assert/strict";
import { describeError, errorText, inspectError, toError } from "../src/error_text.ts";
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

const fail = (): never => {
  throw new Error("from within");
};

const holdsItself = new AggregateError([], "itself");
holdsItself.errors.push(holdsItself, holdsItself);

const { proxy: revoked, revoke } = Proxy.revocable(new Error("x"), {});
revoke();

const listOfItself: unknown[] = [];
listOfItself.push(listOfItself, listOfItself);

/** What was seen thrown, and what it may be made of. */
const strange: Record<string, unknown> = {
  "nothing": undefined,
  "an object without a prototype": Object.create(null),
  "what cannot be printed": { toString: fail, [Symbol.for("Deno.customInspect")]: fail },
  "an Error whose message is a list": Object.assign(new Error("x"), { message: ["a", "b"] }),
  "an Error whose message throws": Object.defineProperty(new Error("x"), "message", { get: fail }),
  "an Error whose name throws": Object.defineProperty(new Error(""), "name", { get: fail }),
  "an Error whose cause throws": Object.defineProperty(new Error("x"), "cause", { get: fail }),
  "an Error whose message is an object": Object.assign(new Error("x"), {
    message: Object.create(null),
  }),
  "an AggregateError without errors": Object.assign(new AggregateError([]), { errors: 7 }),
  "an AggregateError that holds itself": holdsItself,
  "an AggregateError whose errors fail": Object.assign(new AggregateError([]), {
    errors: new Proxy([], { get: fail }),
  }),
  "an AggregateError whose errors are gone": Object.assign(new AggregateError([]), {
    errors: revoked,
  }),
  "a list that holds itself": listOfItself,
  "an Error whose message is such a list": Object.assign(new Error("x"), { message: listOfItself }),
  "an error that cannot be changed": Object.freeze(new Error("x")),
  "an error that is gone": revoked,
  "a proxy that fails at everything": new Proxy({}, { get: fail, getPrototypeOf: fail }),
  "a symbol": Symbol("text"),
  "a function": fail,
};

for (const [what, thrown] of Object.entries(strange)) {
  Deno.test(`Error texts can be made of ${what}`, () => {
    for (const value of [thrown, new Error("outer", { cause: thrown })]) {
      for (const text of [errorText(value), describeError(value), inspectError(value)]) {
        assert.equal(typeof text, "string");
        assert.notEqual(text, "");
      }
      const error = toError(value);
      assert(error instanceof Error);
      assert.equal(typeof `${error.name}: ${error.message}`, "string");
    }
  });
}

Deno.test("errorText() shows no password, and cuts long texts without cutting one in the middle", () => {
  assert.equal(
    errorText(new Error("No http://u:s3cret@h/?s3cret")),
    "No http://u:******@h/?******",
  );
  for (const before of [9980, 9990, 10_000, 19_990]) {
    const text = errorText(
      new Error(`${"x".repeat(before)} amqp://joe:s3cret@host/ ${"y".repeat(1e6)}`),
    );
    assert(text.length < 10_010, `${text.length}`);
    assert.doesNotMatch(text, /s3c/);
  }
});

Deno.test("toError() keeps an error that is one, and names as the cause what is none", () => {
  const error = new TypeError("x");
  assert.equal(toError(error), error);
  const list = strange["an Error whose message is a list"];
  assert.equal(toError(list).message, "a; b");
  assert.equal(toError(list).cause, list);
  assert.equal(toError(undefined).message, "Unknown error");
});
