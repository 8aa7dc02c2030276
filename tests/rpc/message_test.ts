import assert from "node:assert/strict";
import fc from "fast-check";
import { MessageError } from "../../src/errors.ts";
import {
  encodeErrorResponse,
  encodeRequest,
  encodeResponse,
  readMessage,
} from "../../src/rpc/message.ts";

const utf8 = new TextEncoder();
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

Deno.test("readMessage() reads a message with a function as a request", () => {
  const message = {
    body: encodeRequest("config", { rate: 10, _id: "source-a" }),
    appId: "manager",
    correlationId: "metricq-rpc-py-manager-1",
    replyTo: "manager-rpc",
    contentType: "application/json",
  };
  assert.deepEqual(readMessage(message), {
    kind: "request",
    function: "config",
    arguments: { rate: 10, _id: "source-a" },
    fromToken: "manager",
    correlationId: "metricq-rpc-py-manager-1",
    replyTo: "manager-rpc",
  });
});

Deno.test("readMessage() reads empty and missing properties of a request alike", () => {
  const expected = {
    kind: "request",
    function: "discover",
    arguments: {},
    fromToken: undefined,
    correlationId: undefined,
    replyTo: undefined,
  };
  const body = encodeRequest("discover", {});
  assert.deepEqual(readMessage({ body }), expected);
  assert.deepEqual(readMessage({ body, appId: "", correlationId: "", replyTo: "" }), expected);
});

Deno.test("readMessage() reads a message without a function as a response", () => {
  const body = encodeResponse("get_metrics", { metrics: ["a.b"] });
  assert.deepEqual(readMessage({ body, appId: "manager", correlationId: "1", replyTo: "x" }), {
    kind: "response",
    correlationId: "1",
    body: { metrics: ["a.b"] },
    fromToken: "manager",
  });
});

Deno.test("readMessage() refuses what breaks the protocol", () => {
  const cases: [string, string][] = [
    ["{}", "Cannot read message: it has neither a function nor a correlation id"],
    ['{"function":""}', "Cannot read request: its function is an empty string, a name is required"],
    ['{"function":null}', "Cannot read request: its function is null, a name is required"],
    ['{"function":5}', "Cannot read request: its function is a number, a name is required"],
    ['{"function":["a"]}', "Cannot read request: its function is an array, a name is required"],
    ["[]", 'Cannot read message: an array is given, an object is required: "[]"'],
  ];
  for (const [body, message] of cases) {
    assert.throws(() => readMessage({ body: utf8.encode(body) }), {
      name: "MessageError",
      message,
    });
  }
  assert.throws(() => readMessage({ body: utf8.encode("{}"), correlationId: "" }), MessageError);
});

Deno.test("readMessage() never gives handlers a prototype from the network", () => {
  const body = utf8.encode('{"function":"config","__proto__":{"rate":1}}');
  const message = readMessage({ body });
  assert.ok(message.kind === "request");
  assert.deepEqual(Reflect.ownKeys(message.arguments), []);
  assert.equal(message.arguments["rate"], undefined);
});

Deno.test("readMessage() answers any JSON with a message or a MessageError", () => {
  const anyBody = fc.oneof(
    fc.json(),
    fc.record({ function: fc.jsonValue(), a: fc.jsonValue() }, { requiredKeys: [] })
      .map((value) => JSON.stringify(value)),
  );
  fc.assert(fc.property(anyBody, fc.option(fc.string()), (body, correlationId) => {
    try {
      const message = readMessage({
        body: utf8.encode(body),
        correlationId: correlationId ?? undefined,
      });
      assert.equal(
        message.kind,
        Object.hasOwn(JSON.parse(body), "function") ? "request" : "response",
      );
    } catch (error) {
      assert.ok(error instanceof MessageError, String(error));
    }
  }));
});

Deno.test("encodeRequest() puts the function's name among the arguments", () => {
  assert.equal(text(encodeRequest("config", { rate: 1 })), '{"function":"config","rate":1}');
});

Deno.test("encodeRequest() refuses an argument that is named function, and what is not JSON", () => {
  assert.throws(() => encodeRequest("config", { function: "discover" }), {
    name: "TypeError",
    message: 'Cannot call config: an argument is named "function"',
  });
  assert.throws(() => encodeRequest("config", { rate: NaN }), {
    name: "TypeError",
    message: "Cannot use arguments of config.rate: NaN is given, JSON cannot carry it",
  });
});

Deno.test("encodeResponse() refuses what JSON cannot carry, naming the function", () => {
  const result = { count: 1n } as object as { count: number };
  assert.throws(() => encodeResponse("meter.count", result), {
    name: "TypeError",
    message: "Cannot use result of meter.count.count: 1n is given, JSON cannot carry it",
  });
});

Deno.test("encodeErrorResponse() makes a text of whatever was thrown", () => {
  const cases: [unknown, string][] = [
    [new RangeError("Cannot set rate"), "Cannot set rate"],
    [new TypeError(), "TypeError"],
    ["text", "text"],
    ["", "Unknown error"],
    [undefined, "Unknown error"],
    [null, "null"],
    [42, "42"],
    [Symbol("s"), "Symbol(s)"],
    [Object.create(null), "Unknown error"],
  ];
  for (const [thrown, error] of cases) {
    assert.deepEqual(JSON.parse(text(encodeErrorResponse(thrown))), { error });
  }
});
