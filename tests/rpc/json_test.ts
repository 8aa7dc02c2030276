import assert from "node:assert/strict";
import fc from "fast-check";
import { MessageError } from "../../src/errors.ts";
import { copyJson, copyJsonObject, encodeJsonObject, parseJsonObject } from "../../src/rpc/json.ts";

const utf8 = new TextEncoder();
const parse = (text: string) => parseJsonObject(utf8.encode(text));

Deno.test("parseJsonObject() reads what encodeJsonObject() writes", () => {
  const anyObject = fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue());
  fc.assert(
    fc.property(anyObject, (value) => {
      const text = JSON.stringify(value);
      fc.pre(!text.includes("__proto__"));
      assert.deepEqual(parseJsonObject(encodeJsonObject(value, "test")), JSON.parse(text));
    }),
    { numRuns: 50 },
  );
});

Deno.test("parseJsonObject() refuses what is not a JSON object, quoting how it begins", () => {
  const cases: [string | Uint8Array, string][] = [
    ["", 'no JSON: ""'],
    ["{", 'no JSON: "{"'],
    ["{'rate': 1}", `no JSON: "{'rate': 1}"`],
    ['{"a":NaN}', 'no JSON: "{\\"a\\":NaN}"'],
    ["a\nb\u001b", 'no JSON: "a\\nb\\u001b"'],
    ["x".repeat(81), `no JSON: "${"x".repeat(80)}"…`],
    ["null", 'null is given, an object is required: "null"'],
    ["[1,2]", 'an array is given, an object is required: "[1,2]"'],
    ['"text"', 'a string is given, an object is required: "\\"text\\""'],
    ["12", 'a number is given, an object is required: "12"'],
    [utf8.encode('{"ä":1}').subarray(0, 3), 'no UTF-8: "{\\"\ufffd"'],
    [new Uint8Array([0xff, 0xfe]), 'no UTF-8: "\ufffd\ufffd"'],
    [new Uint8Array(1000).fill(0x80), `no UTF-8: "${"\ufffd".repeat(80)}"`],
  ];
  for (const [body, detail] of cases) {
    const bytes = typeof body === "string" ? utf8.encode(body) : body;
    assert.throws(() => parseJsonObject(bytes), {
      name: "MessageError",
      message: `Cannot read message: ${detail}`,
    });
  }
});

Deno.test("parseJsonObject() answers any bytes with an object or a MessageError", () => {
  const anyBody = fc.oneof(
    fc.uint8Array({ maxLength: 50 }),
    fc.json().map((text) => utf8.encode(text)),
    fc.string({ unit: fc.constantFrom(...'{}[]",:\\u005f1e-nul tf') }).map((text) =>
      utf8.encode(text)
    ),
  );
  fc.assert(
    fc.property(anyBody, (body) => {
      try {
        assert.equal(typeof parseJsonObject(body), "object");
      } catch (error) {
        assert.ok(error instanceof MessageError, String(error));
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("parseJsonObject() drops __proto__ at every depth, however it is written", () => {
  for (const name of ["__proto__", "\\u005f_proto__", "__\\u0070roto__", "__pr\\u006Fto__"]) {
    const value = parse(`{"${name}":{"isAdmin":true},"a":[{"b":1,"${name}":{"isAdmin":true}}]}`);
    assert.deepEqual(Reflect.ownKeys(value), ["a"], name);
    assert.equal(JSON.stringify(value), '{"a":[{"b":1}]}', name);
    assert.equal(Object.getPrototypeOf(value), Object.prototype, name);
    assert.equal(Object.getPrototypeOf(Object.assign({}, value)), Object.prototype, name);
  }
  assert.equal("isAdmin" in {}, false);
});

Deno.test("parseJsonObject() keeps __proto__ as a value, and other names of Object.prototype", () => {
  const text = '{"a":"__proto__","constructor":1,"toString":"\\u005f","hasOwnProperty":null}';
  assert.deepEqual({ ...parse(text) }, {
    a: "__proto__",
    constructor: 1,
    toString: "_",
    hasOwnProperty: null,
  });
});

Deno.test("parseJsonObject() survives any depth", () => {
  const depth = 200_000;
  const nested = "[".repeat(depth) + "]".repeat(depth);
  assert.ok(Array.isArray(parse(`{"a":${nested}}`)["a"]));
  assert.throws(() => parse(`{"__proto__":0,"a":${nested}}`), {
    name: "MessageError",
    message: /^Cannot read message: nested too deeply: "\{\\"__proto__\\":0,/,
  });
});

Deno.test("parseJsonObject() reads a body of 10 MB", () => {
  const text = "ä".repeat(5_000_000);
  assert.equal(parse(`{"text":"${text}"}`)["text"], text);
});

Deno.test("encodeJsonObject() leaves out what is undefined", () => {
  const body = encodeJsonObject({ a: undefined, b: [null], c: new Date(0) }, "test");
  assert.equal(new TextDecoder().decode(body), '{"b":[null],"c":"1970-01-01T00:00:00.000Z"}');
});

Deno.test("copyJson() makes a deep copy that JSON carries unchanged", () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    const copied = copyJson(value, "value");
    assert.deepEqual(JSON.parse(JSON.stringify(copied)), JSON.parse(JSON.stringify(value)));
    if (typeof value === "object" && value !== null) assert.notEqual(copied, value);
  }));
});

Deno.test("copyJson() leaves out what is undefined, and asks objects for their toJSON()", () => {
  const value = { unit: undefined, rate: 1, since: new Date(0) };
  assert.deepEqual(copyJson(value, "value"), { rate: 1, since: "1970-01-01T00:00:00.000Z" });
});

Deno.test("copyJson() names the part that JSON cannot carry", () => {
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  for (
    const [value, message] of [
      [{ rate: NaN }, "Cannot use metadata.rate: NaN is given, JSON cannot carry it"],
      [{ a: [1, { b: 2n }] }, "Cannot use metadata.a[1].b: 2n is given, JSON cannot carry it"],
      [{ tags: new Map() }, "Cannot use metadata.tags: a Map is given, JSON cannot carry it"],
      [cycle, "Cannot use metadata.self: a cycle is given, JSON cannot carry it"],
    ] as const
  ) {
    assert.throws(() => copyJson(value, "metadata"), { name: "TypeError", message });
  }
  assert.throws(
    () => copyJson({ f: () => 1 }, "metadata"),
    /Cannot use metadata\.f: .* JSON cannot/,
  );
});

Deno.test("copyJson() takes one object in two places for no cycle", () => {
  const shared = { a: 1 };
  assert.deepEqual(copyJson([shared, shared], "value"), [{ a: 1 }, { a: 1 }]);
});

Deno.test("copyJson() lets no key reach a prototype", () => {
  const copied = copyJson(JSON.parse('{"__proto__": {"polluted": 1}}'), "value");
  assert.equal((copied as { polluted?: number }).polluted, undefined);
  assert.equal(({} as { polluted?: number }).polluted, undefined);
});

Deno.test("copyJsonObject() refuses what is not an object", () => {
  for (const value of [null, [], "text", 1]) {
    assert.throws(() => copyJsonObject(value, "metadata"), /an object is required$/);
  }
});

Deno.test("copyJson() refuses what is nested too deeply for the stack", () => {
  let value: unknown = [];
  for (let depth = 0; depth < 1e5; depth++) value = [value];
  assert.throws(() => copyJson(value, "value"), {
    name: "TypeError",
    message: "Cannot use value: it is nested too deeply",
  });
});
