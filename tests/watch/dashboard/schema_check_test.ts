import { Validator } from "@cfworker/json-schema";
import assert from "node:assert/strict";
import fc from "fast-check";
import type { JsonObject, JsonValue } from "../../../src/rpc/json.ts";
import { boundSchema } from "../../../src/watch/dashboard/schema_bounds.ts";
import { checkBySchema } from "../../../src/watch/dashboard/schema_check.ts";

/** What is wrong with a value, as a page shows it. */
function problems(schema: JsonObject, value: JsonValue): string[] {
  const checked = checkBySchema(boundSchema(schema).schema, value);
  assert.equal(checked.isComplete, true);
  return checked.problems.map(({ path, message }) => `${path.join(".")}: ${message}`);
}

const CASES: readonly [string, JsonObject, JsonValue, readonly string[]][] = [
  ["a type", { type: "number" }, "5", [": a number is required, a text is given"]],
  ["types", { type: ["number", "string"] }, [], [
    ": a number or a text is required, a list is given",
  ]],
  ["whole numbers", { type: "integer" }, 1.5, [": a whole number is required, 1.5 is given"]],
  ["limits", { exclusiveMinimum: 0, maximum: 5 }, 0, [": more than 0 is required, 0 is given"]],
  ["decimal steps", { multipleOf: 0.1 }, 0.3, []],
  ["lengths", { minLength: 2 }, "a", [": at least 2 characters required, 1 given"]],
  ["patterns", { pattern: "^a+$" }, "b", [": a text that matches ^a+$ is required"]],
  ["patterns of whole texts", { pattern: "^a$" }, "b\na", [
    ": a text that matches ^a$ is required",
  ]],
  ["choices", { enum: ["a", "b", 1] }, "c", [': "a", "b" or 1 is required']],
  ["constants", { const: { a: 1, b: 2 } }, { b: 2, a: 1 }, []],
  ["zero and minus zero", { const: 0 }, -0, []],
  ["fields that are missing", { required: ["values"] }, {}, [': "values" is required in it']],
  [
    "fields that are misspelt",
    { properties: { timeout: {} }, additionalProperties: false },
    { timeuot: 1 },
    ['timeuot: it is not known here: did you mean "timeout"?'],
  ],
  ["names of fields", { propertyNames: { pattern: "^\\w+$" } }, { "a b": 1 }, [
    "a b: as a name, a text that matches ^\\w+$ is required",
  ]],
  ["fields by their place", { properties: { a: { items: { type: "number" } } } }, { a: [1, "x"] }, [
    "a.1: a number is required, a text is given",
  ]],
  [
    "the way that its constants tell",
    {
      oneOf: [
        { properties: { type: { const: "basic" }, user: { type: "string" } }, required: ["user"] },
        { properties: { type: { const: "bearer" }, token: {} }, required: ["token"] },
      ],
    },
    { type: "basic" },
    [': "user" is required in it'],
  ],
  ["none of the types", { anyOf: [{ type: "number" }, { type: "string" }] }, true, [
    ": a number or a text is required, true is given",
  ]],
  [
    "one of several fields",
    { oneOf: [{ required: ["regex"] }, { required: ["json"] }] },
    {},
    [": one of regex and json is required in it"],
  ],
  [
    "two of several fields",
    { oneOf: [{ required: ["regex"] }, { required: ["json"] }] },
    { regex: "", json: "" },
    [": only one of regex and json is allowed in it"],
  ],
  ["items that are there already", { uniqueItems: true }, [{ a: 1, b: 2 }, 1, { b: 2, a: 1 }], [
    "2: it is there already",
  ]],
  ["lists of an earlier draft", { items: [{ type: "number" }], additionalItems: false }, [1, 2], [
    "1: nothing is allowed here",
  ]],
  ["references", { $ref: "#/$defs/a~1b%20", $defs: { "a/b ": { type: "null" } } }, 1, [
    ": null is required, 1 is given",
  ]],
];

for (const [what, schema, value, expected] of CASES) {
  Deno.test(`checkBySchema() tells ${what}`, () => {
    assert.deepEqual(problems(schema, value), expected);
  });
}

const json = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<JsonValue>(null, true, 0, 1, 1.5, -3, "", "a", "ab", "b1"),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("a", "b", "c"), tie("value"), { maxKeys: 3 }),
  ),
})).value;

const count = fc.nat(3);
const name = fc.constantFrom("a", "b", "c");
const pattern = fc.constantFrom("^a", "b$", "[0-9]", "^[ab]*$");
const schemas = fc.letrec<{ schema: JsonValue }>((tie) => {
  const one = tie("schema");
  const some = fc.array(one, { minLength: 1, maxLength: 3 });
  const named = fc.dictionary(name, one, { maxKeys: 2 });
  const keyword: Record<string, fc.Arbitrary<unknown>> = {
    type: fc.oneof(
      fc.constantFrom("null", "boolean", "number", "integer", "string", "array", "object"),
      fc.constant(["number", "string"]),
    ),
    const: json,
    enum: fc.array(json, { minLength: 1, maxLength: 3 }),
    properties: named,
    patternProperties: fc.dictionary(pattern, one, { maxKeys: 2 }),
    additionalProperties: one,
    propertyNames: one,
    required: fc.uniqueArray(name),
    dependentRequired: fc.dictionary(name, fc.uniqueArray(name), { maxKeys: 2 }),
    dependentSchemas: named,
    prefixItems: some,
    items: one,
    contains: one,
    uniqueItems: fc.boolean(),
    minItems: count,
    maxItems: count,
    minProperties: count,
    maxProperties: count,
    minLength: count,
    maxLength: count,
    minimum: fc.integer({ min: -3, max: 3 }),
    exclusiveMaximum: fc.integer({ min: -3, max: 3 }),
    multipleOf: fc.constantFrom(1, 0.5, 3),
    pattern,
    allOf: some,
    anyOf: some,
    oneOf: some,
    not: one,
    if: one,
    then: one,
    else: one,
    $ref: fc.constantFrom("#/$defs/one", "#/$defs/two"),
  };
  const keywords = Object.entries(keyword).map(([key, values]) =>
    values.map((value) => [key, value])
  );
  return {
    schema: fc.oneof(
      { maxDepth: 3, depthSize: "small" },
      fc.constantFrom<JsonValue>(true, false, {}, { type: "string" }),
      fc.array(fc.oneof(...keywords), { minLength: 1, maxLength: 4 })
        .map((pairs) => Object.fromEntries(pairs)),
    ),
  };
}).schema.filter((schema) => typeof schema === "object");

const DEFS = {
  one: { type: ["string", "object"] },
  two: { properties: { a: { $ref: "#/$defs/one" } } },
};

Deno.test("checkBySchema() finds problems where another library does", () => {
  fc.assert(
    fc.property(schemas, json, (schema, value) => {
      const whole = { ...schema as JsonObject, $defs: DEFS };
      const { schema: bounded, isWhole } = boundSchema(structuredClone(whole));
      assert.equal(isWhole, true);
      const { problems } = checkBySchema(bounded, value);
      const judged = new Validator(structuredClone(whole), "2020-12").validate(value);
      assert.equal(problems.length === 0, judged.valid, JSON.stringify(problems));
    }),
    { numRuns: 3000 },
  );
});

Deno.test("checkBySchema() refuses nothing for a part of a schema that is not understood", () => {
  const strange = fc.constantFrom(
    { unevaluatedProperties: false },
    { $ref: "http://a/b" },
    {
      pattern: "(?=a)",
    },
    { dependencies: {} },
    { type: "text" },
    { $dynamicRef: "#a" },
    { minContains: 2, contains: {} },
  );
  const within = fc.constantFrom("not", "if", "oneOf", "allOf", "items", "contains", "properties");
  fc.assert(
    fc.property(strange, fc.array(within, { maxLength: 3 }), json, (part, places, value) => {
      const schema = places.reduce<JsonObject>((inner, place) => {
        if (place === "oneOf") return { oneOf: [inner, inner] };
        if (place === "allOf") return { allOf: [inner] };
        if (place === "if") return { if: inner, then: true, else: false };
        return { [place]: place === "properties" ? { a: inner } : inner };
      }, part);
      const isRefused = ({ message }: { message: string }) => /kind/.test(message);
      const { problems } = checkBySchema(boundSchema(schema).schema, value);
      // A list that is empty holds none, whatever the kind.
      if (!places.includes("contains")) assert.deepEqual(problems.filter(isRefused), []);
    }),
  );
});

Deno.test("boundSchema() cuts what is large, deep or endless, and says so", () => {
  const deep = { $ref: "#/$defs/a", $defs: { a: { properties: { a: { $ref: "#/$defs/a" } } } } };
  const doubling = Object.fromEntries(
    Array.from({ length: 40 }, (_, i) => [
      `a${i}`,
      { allOf: [{ $ref: `#/$defs/a${i + 1}` }, { $ref: `#/$defs/a${i + 1}` }] },
    ]),
  );
  const hostile: JsonObject[] = [
    deep,
    { $ref: "#" },
    { allOf: [{ $ref: "#" }, { $ref: "#" }] },
    { $ref: "#/$defs/a0", $defs: doubling },
    { enum: Array.from({ length: 100_000 }, (_, i) => i) },
    { properties: Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`p${i}`, {}])) },
    { description: "x".repeat(1e6), not: { pattern: "x".repeat(1e6) } },
    { $ref: "https://example.com/schema" },
    Array.from({ length: 5000 }).reduce<JsonObject>((inner) => ({ items: inner }), {}),
    ...[
      { allOf: Array(90_000).fill(true) },
      { required: Array(1000).fill("x".repeat(400)) },
      { required: Array(90_000).fill("") },
      { dependentRequired: { a: Array(1000).fill("x".repeat(400)) } },
      { type: Array(40_000).fill("string") },
      { $ref: `#/${"a/".repeat(200_000)}` },
      { default: Array(200_000).fill(1), not: { const: Array(10_000).fill(1) } },
    ].map((large) => ({ $defs: { large }, allOf: Array(2400).fill({ $ref: "#/$defs/large" }) })),
  ];
  for (const schema of hostile) {
    const { schema: bounded, isWhole } = boundSchema(schema);
    assert.ok(JSON.stringify(bounded).length < 4 * 2 ** 20, "it is large");
    assert.equal(isWhole, false);
  }
});

Deno.test("checkBySchema() gives up what would take too long", () => {
  const all = { anyOf: Array.from({ length: 4000 }, () => ({ items: { type: "string" } })) };
  const value = Array.from({ length: 1000 }, () => 1);
  assert.deepEqual(checkBySchema(boundSchema(all).schema, value), {
    problems: [],
    isComplete: false,
  });
  const required = Array.from({ length: 1000 }, (_, index) => `field${index}`);
  const missing = boundSchema({ items: { required } }).schema;
  assert.equal(checkBySchema(missing, Array(20_000).fill({})).isComplete, false);
  const text = "x".repeat(250_000);
  const fields = Object.fromEntries(Array.from({ length: 30_000 }, (_, i) => [`a${i}`, 1]));
  const described = Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`b${i}`, {}]));
  const ways = ["c", "d"].map((name) => ({ properties: described, required: [name] }));
  const costly: [JsonObject, JsonValue][] = [
    [{ allOf: Array(4900).fill({ minLength: 1 }) }, text],
    [{ allOf: Array(4900).fill({ minProperties: 1 }) }, fields],
    [{ allOf: Array(400).fill({ additionalProperties: { minimum: 0 } }) }, fields],
    [{ allOf: Array(400).fill({ patternProperties: { "^b": {} } }) }, fields],
    [{ items: { anyOf: ways } }, Array(80_000).fill({})],
    [{ enum: [1] }, JSON.parse(`${"[".repeat(9000)}${"]".repeat(9000)}`)],
  ];
  for (const [schema, value] of costly) {
    const { schema: bounded } = boundSchema(schema);
    assert.equal(
      checkBySchema(bounded, value).isComplete,
      false,
      JSON.stringify(schema).slice(0, 90),
    );
  }
  // What says nothing of parts of a value does not look at them.
  const silent = boundSchema({ allOf: Array(4900).fill({ minItems: 1 }) }).schema;
  assert.equal(checkBySchema(silent, Array(100_000).fill(1)).isComplete, true);
  const pattern = boundSchema({ pattern: "(a+)+b" }).schema;
  assert.equal(checkBySchema(pattern, "a".repeat(50_000)).problems.length, 1);
  const long = boundSchema({ allOf: Array(400).fill({ pattern: "(a{1,30}){1,30}b" }) }).schema;
  assert.equal(checkBySchema(long, "a".repeat(250_000)).isComplete, false);
});
