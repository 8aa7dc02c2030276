/** The JSON Schemas of the programs' configurations, held against what reads them. */

import { Validator } from "@cfworker/json-schema";
import assert from "node:assert/strict";
import fc from "fast-check";
import { type Agent, coreOf } from "../../src/agent/agent.ts";
import { DummySource } from "../../src/programs/dummy_source.ts";
import { ExecSource } from "../../src/programs/exec_source.ts";
import { HttpSource } from "../../src/programs/http_source.ts";
import { ModbusSource } from "../../src/programs/modbus_source.ts";
import { MqttSource } from "../../src/programs/mqtt_source.ts";
import { PrometheusSource } from "../../src/programs/prometheus_source.ts";
import { SnmpSource } from "../../src/programs/snmp_source.ts";
import { SysinfoSource } from "../../src/programs/sysinfo_source.ts";
import type { JsonObject, JsonValue } from "../../src/rpc/json.ts";
import { isJsonObject } from "../../src/rpc/json.ts";
import type { SourceOptions } from "../../src/source/source.ts";
import { boundSchema } from "../../src/watch/dashboard/schema_bounds.ts";
import { checkBySchema } from "../../src/watch/dashboard/schema_check.ts";
import { needing } from "../support/needing.ts";
import { readProgram } from "./documented_program.ts";

const SOURCES: Readonly<Record<string, new (options: SourceOptions) => Agent>> = {
  exec: ExecSource,
  http: HttpSource,
  modbus: ModbusSource,
  mqtt: MqttSource,
  prometheus: PrometheusSource,
  snmp: SnmpSource,
  sysinfo: SysinfoSource,
};

/** What valibot says of a value that has another shape than is required. */
const OF_SHAPE = /^Invalid (?:type|key|length|value): /;
/** What JSON Schema cannot say of these configurations. */
const OF_MEANING = /Expected \/\^|Expected !/;

/** For valibot a list is an object, which is not worth telling others. */
const LIST_AS_OBJECT = /an object .*a list is given/;

const NAMES = [
  "interval",
  "timeout",
  "values",
  "hosts",
  "unknown",
  "regex",
  "json",
  "unit",
  "scale",
];

/** A value with one change: a field that is gone, new, or of another kind. */
function changed(value: JsonValue, picks: readonly number[], replacement: JsonValue): JsonValue {
  const [pick = 0, ...rest] = picks;
  const isLeaf = !Array.isArray(value) && !isJsonObject(value);
  if (isLeaf || rest.length === 0) return replacement;
  const entries = Object.entries(value);
  const at = pick % (entries.length + 2);
  if (at === entries.length + 1 && !Array.isArray(value)) {
    return Object.fromEntries(entries.filter((_, index) => index !== rest[0]));
  }
  if (at >= entries.length) {
    if (Array.isArray(value)) return [...value, replacement];
    return { ...value, [NAMES[(rest[0] ?? 0) % NAMES.length] ?? ""]: replacement };
  }
  const fields = entries.map(([name, field], index) =>
    [name, index === at ? changed(field, rest, replacement) : field] as const
  );
  return Array.isArray(value) ? fields.map(([, field]) => field) : Object.fromEntries(fields);
}

const replacements = fc.constantFrom<JsonValue>(
  ...[
    null,
    true,
    false,
    0,
    -1,
    1,
    1.5,
    300,
    70_000,
    "",
    "x",
    "1s",
    "asked",
    "total",
    "basic",
    "CDAB",
  ],
  ...[[], ["a"], [1], {}, { regex: "1" }, { regex: "1", json: "a" }, { type: "basic" }],
  ...[{ name: "n", auth: "SHA" }, { name: "n", auth: "MD5", authPassword: "12345678" }],
);

for (const [program, Program] of Object.entries(SOURCES)) {
  Deno.test(
    needing({ peers: [], permissions: [{ name: "read" }, { name: "net" }, { name: "run" }] }, {
      name:
        `The JSON Schema of ${program} takes what ${program} takes, and refuses what has another shape`,
      fn: async () => {
        const source = new Program({ token: "source-test", url: "amqp://localhost/" });
        const { rpc } = coreOf(source);
        const [schema] = rpc.schemas("config");
        assert.ok(schema);
        const { schema: told } = await rpc.dispatch("config.schema", {});
        assert.ok(isJsonObject(told));
        const bounded = boundSchema(told);
        assert.equal(bounded.isWhole, true);
        const documented: JsonObject = (await readProgram(program)).configOf(undefined);
        let [taken, refused] = [0, 0];
        const holds = async (config: JsonValue) => {
          const { issues = [] } = await schema["~standard"].validate(config);
          const { problems } = checkBySchema(bounded.schema, config);
          const judged = new Validator(structuredClone(told), "2020-12").validate(config).valid;
          assert.equal(problems.length === 0, judged, "another library finds the same");
          if (issues.length === 0) {
            taken++;
            assert.deepEqual(problems.filter(({ message }) => !LIST_AS_OBJECT.test(message)), []);
          } else if (
            issues.some(({ message }) => OF_SHAPE.test(message) && !OF_MEANING.test(message))
          ) {
            refused++;
            assert.notDeepEqual(problems, [], JSON.stringify(issues[0]?.message));
          }
        };
        await holds(documented);
        await fc.assert(
          fc.asyncProperty(
            fc.array(fc.tuple(fc.array(fc.nat(20), { minLength: 1, maxLength: 7 }), replacements), {
              minLength: 1,
              maxLength: 2,
            }),
            (changes) =>
              holds(changes.reduce<JsonValue>(
                (config, [picks, replacement]) => changed(config, picks, replacement),
                documented,
              )),
          ),
          { numRuns: 400 },
        );
        assert.ok(taken > 20 && refused > 20, `${taken} are taken, ${refused} refused`);
      },
    }),
  );

  Deno.test(`The JSON Schema of ${program} tells of each field what it is for`, async () => {
    const source = new Program({ token: "source-test", url: "amqp://localhost/" });
    const { schema } = await coreOf(source).rpc.dispatch("config.schema", {});
    assert.ok(isJsonObject(schema));
    assert.deepEqual(undescribed(schema, "").filter((path) => !SPEAKS_FOR_ITSELF.test(path)), []);
  });
}

Deno.test("The dummy source tells its rate, and refuses what is not one", async () => {
  const { rpc } = coreOf(new DummySource({ token: "source-test", url: "amqp://localhost/" }));
  const { schema } = await rpc.dispatch("config.schema", {});
  assert.ok(isJsonObject(schema));
  for (const config of [{}, { rate: 0 }, { rate: -1 }, { rate: "2" }]) {
    await assert.rejects(rpc.dispatch("config", config), /rate.*: a number over 0 is required/);
    assert.notDeepEqual(checkBySchema(boundSchema(schema).schema, config).problems, []);
  }
  assert.deepEqual(checkBySchema(boundSchema(schema).schema, { rate: 2 }).problems, []);
});

/** Groups of sysinfo, and the fields of logins. */
const SPEAKS_FOR_ITSELF = /^groups\.\w+$|\blogin\./;

/** The fields without a description. */
function undescribed(schema: JsonObject, path: string): string[] {
  const { properties, additionalProperties, items, anyOf, oneOf } = schema;
  const fields = Object.entries(isJsonObject(properties) ? properties : {});
  const inner = [additionalProperties, items, ...[anyOf, oneOf].filter(Array.isArray).flat()];
  return [
    ...fields.flatMap(([name, field]) => {
      if (!isJsonObject(field)) return [];
      const own = path === "" ? name : `${path}.${name}`;
      return [...field.description === undefined ? [own] : [], ...undescribed(field, own)];
    }),
    ...inner.filter(isJsonObject).flatMap((each) => undescribed(each, path)),
  ];
}
