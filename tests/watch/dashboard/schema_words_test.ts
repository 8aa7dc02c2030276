import assert from "node:assert/strict";
import type { JsonObject } from "../../../src/rpc/json.ts";
import { JsonText } from "../../../src/watch/dashboard/page/json_cursor.js";
import {
  fieldsOf,
  proposedNames,
  proposedValues,
  schemasAt,
  wordsOf,
} from "../../../src/watch/dashboard/page/schema_words.js";
import { boundSchema } from "../../../src/watch/dashboard/schema_bounds.ts";

const { schema: SCHEMA } = boundSchema({
  type: "object",
  properties: {
    rate: { type: "number", unit: "Hz", default: 1, description: "How often" },
    login: {
      oneOf: [
        { properties: { type: { const: "basic" }, user: {} }, required: ["type", "user"] },
        { properties: { type: { const: "bearer" }, token: { type: "string" } } },
      ],
    },
    devices: {
      additionalProperties: { $ref: "#/$defs/device" },
    },
  },
  required: ["devices"],
  $defs: {
    device: {
      properties: {
        mode: { enum: ["fast", "slow"], default: "slow", description: "Which way" },
        on: { type: "boolean" },
        list: { items: { type: "string", examples: ["a"] } },
      },
    },
  },
});

function at(path: (string | number)[], text = "{}") {
  return schemasAt(SCHEMA, path, new JsonText(text));
}

Deno.test("wordsOf() tells kind, unit, default and description of a place", () => {
  assert.deepEqual(wordsOf(at(["rate"])), {
    kind: "a number",
    unit: "Hz",
    standard: "1",
    description: "How often",
  });
  assert.equal(wordsOf(at(["devices", "any", "mode"]))?.kind, '"fast" or "slow"');
  assert.equal(wordsOf(at(["devices", "any", "list", 7]))?.kind, "a text");
  assert.equal(wordsOf(at(["nothing", "of", "this"])), undefined);
});

Deno.test("proposedNames() proposes what is not there yet, what is required first", () => {
  const names = (...args: Parameters<typeof proposedNames>) =>
    proposedNames(...args).map(({ label, stub }) => `${label}${stub}`);
  assert.deepEqual(names(at([]), []), ["devices", "rate", "login"]);
  assert.deepEqual(names(at([]), ["devices", "login"]), ["rate"]);
  assert.deepEqual(names(at(["login"]), []), ["type", "user", 'token""']);
  const bearer = at(["login"], '{"login": {"type": "bearer"}}');
  assert.deepEqual(names(bearer, ["type"]), ['token""']);
  const isRequired = (text: string) =>
    proposedNames(at(["login"], text), []).map(({ detail }) => detail.includes("required"));
  assert.deepEqual(isRequired("{}"), [false, false, false], "one or the other is meant");
  assert.deepEqual(isRequired('{"login": {"type": "basic"}}'), [true, true]);
});

Deno.test("proposedValues() proposes choices, defaults, examples, true and false", () => {
  const values = (path: (string | number)[]) =>
    proposedValues(at(path)).map(({ text, detail }) => `${text} ${detail}`.trim());
  assert.deepEqual(values(["devices", "a", "mode"]), ['"fast"', '"slow" default']);
  assert.deepEqual(values(["devices", "a", "on"]), ["true", "false"]);
  assert.deepEqual(values(["devices", "a", "list", 0]), ['"a" example']);
  assert.deepEqual(values(["rate"]), ["1 default"]);
  assert.deepEqual(values(["login", "type"]), ['"basic"', '"bearer"']);
});

Deno.test("fieldsOf() lists what is described, at each depth", () => {
  assert.deepEqual(fieldsOf(SCHEMA).map(({ path }) => path), ["rate", "devices.*.mode"]);
});

Deno.test("What is proposed and listed of a large schema is bounded", () => {
  const many: JsonObject = Object.fromEntries(
    Array.from({ length: 4000 }, (_, index) => [`field${index}`, { description: "x" }]),
  );
  const { schema } = boundSchema({ properties: many });
  assert.equal(proposedNames([schema], []).length, 200);
  assert.equal(fieldsOf(schema).length, 200);
  const choices = boundSchema({ enum: Array.from({ length: 1000 }, (_, index) => index) }).schema;
  assert.equal(proposedValues([choices]).length, 200);
});
