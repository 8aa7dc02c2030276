/** What an agent tells of what its configuration has to be. */

import assert from "node:assert/strict";
import { toStandardJsonSchema } from "@valibot/to-json-schema";
import { type } from "arktype";
import * as v from "valibot";
import * as z from "zod";
import { Agent, coreOf } from "../../src/agent/agent.ts";
import { withSchema } from "../../src/rpc/rpc_handler.ts";
import type { StandardSchema } from "../../src/rpc/schema.ts";
import { LogRecords } from "../support/log_records.ts";

/** An agent whose configuration is checked by these schemas. */
function agentWith(...schemas: StandardSchema[]): Agent {
  const agent = new Agent({ token: "agent-test", url: "amqp://localhost/" });
  for (const schema of schemas) agent.addRpcHandler("config", withSchema(schema, () => {}));
  return agent;
}

async function offered(agent: Agent): Promise<unknown> {
  return (await coreOf(agent).rpc.dispatch("discover", {})).configSchema;
}

async function schemaOf(agent: Agent): Promise<unknown> {
  return (await coreOf(agent).rpc.dispatch("config.schema", {})).schema;
}

/** A schema that takes everything, and tells what it is given. */
function telling(tell: () => Record<string, unknown>): StandardSchema {
  return {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: (value) => ({ value }),
      jsonSchema: { input: tell },
    },
  };
}

Deno.test("Agent tells the JSON Schema of zod and arktype, as its answer to discover says", async () => {
  const rate = { type: "number", exclusiveMinimum: 0 };
  const ofZod = agentWith(z.strictObject({
    rate: z.number().positive().default(1).meta({ description: "How often", unit: "Hz" }),
  }));
  assert.equal(await offered(ofZod), "config.schema");
  assert.deepEqual(await schemaOf(ofZod), {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "object",
    properties: { rate: { default: 1, description: "How often", unit: "Hz", ...rate } },
    additionalProperties: false,
  });
  const ofArktype = agentWith(type({ rate: "number > 0" }));
  assert.equal(await offered(ofArktype), "config.schema");
  assert.deepEqual(await schemaOf(ofArktype), {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "object",
    properties: { rate },
    required: ["rate"],
  });
});

Deno.test("Agent tells what JSON Schema can say of a schema, and leaves out the rest", async () => {
  const Limit = v.pipe(
    v.strictObject({ limit: v.pipe(v.number(), v.metadata({ unit: "W" })) }),
    v.check(({ limit }) => limit !== 13),
  );
  const ofValibot = agentWith({
    "~standard": { ...toStandardJsonSchema(Limit)["~standard"], ...Limit["~standard"] },
  });
  assert.deepEqual(await schemaOf(ofValibot), {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "object",
    properties: { limit: { type: "number", unit: "W" } },
    required: ["limit"],
    additionalProperties: false,
  });
  await assert.rejects(coreOf(ofValibot).rpc.dispatch("config", { limit: 13 }));
  const At = z.object({ at: z.date(), count: z.number().refine((count) => count !== 13) });
  const { properties } = await schemaOf(agentWith(At)) as Record<string, unknown>;
  assert.deepEqual(properties, { at: {}, count: { type: "number" } });
});

Deno.test("Agent offers nothing where a configuration has no schema, or one that cannot tell", async () => {
  await using logged = await LogRecords.capture();
  const plain = agentWith();
  plain.addRpcHandler("config", () => {});
  for (const agent of [plain, agentWith(v.object({ rate: v.number() }))]) {
    assert.equal(await offered(agent), undefined);
    await assert.rejects(schemaOf(agent), {
      name: "RpcError",
      message: /its configuration has no JSON Schema here/,
    });
  }
  assert.deepEqual(logged.messages("warning"), []);
});

Deno.test("Agent tells what all handlers of its configuration take", async () => {
  const agent = agentWith(
    telling(() => ({ required: ["a"] })),
    v.object({}),
    telling(() => ({ required: ["b"] })),
  );
  assert.deepEqual(await schemaOf(agent), { allOf: [{ required: ["a"] }, { required: ["b"] }] });
});

Deno.test("Agent tells the schema of a handler that has come after the first question", async () => {
  const agent = agentWith();
  assert.equal(await offered(agent), undefined);
  agent.addRpcHandler("config", withSchema(telling(() => ({ required: ["a"] })), () => {}));
  assert.equal(await offered(agent), "config.schema");
});

const cycle: Record<string, unknown> = {};
cycle.not = cycle;
const UNTOLD: Record<string, [tell: () => Record<string, unknown>, reason: RegExp]> = {
  "a library that fails": [() => {
    throw new Error("a Date cannot be told");
  }, /a Date cannot be told/],
  "a cycle": [() => cycle, /a cycle is given/],
  "what JSON cannot carry": [() => ({ const: 1n }), /1n is given/],
  "one that is too large": [() => ({ description: "x".repeat(300_000) }), /at most 262144/],
  "one that is nested too deeply": [
    () => Array(100).fill(0).reduce<Record<string, unknown>>((not) => ({ not }), {}),
    /nested more than 64 deep/,
  ],
};

for (const [what, [tell, reason]] of Object.entries(UNTOLD)) {
  Deno.test(`Agent does not offer the schema of ${what}, says why once, and answers discover`, async () => {
    await using logged = await LogRecords.capture();
    const agent = agentWith(telling(tell));
    for (let i = 0; i < 3; i++) assert.equal(await offered(agent), undefined);
    const warnings = logged.messages("warning");
    assert.equal(warnings.length, 1);
    assert.match(warnings.join(), reason);
    assert.deepEqual(await coreOf(agent).rpc.dispatch("config", {}), {});
  });
}
