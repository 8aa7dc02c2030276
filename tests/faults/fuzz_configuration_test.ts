/** Hostile configurations and metadata, on a network in the process; see `fuzz.ts`. */

import fc from "fast-check";
import assert from "node:assert/strict";
import * as v from "valibot";
import { DevNetwork } from "../../src/dev/network.ts";
import { RpcError } from "../../src/errors.ts";
import { ExecSource } from "../../src/programs/exec_source.ts";
import type { JsonObject } from "../../src/rpc/json.ts";
import { withSchema } from "../../src/rpc/rpc_handler.ts";
import { IntervalSource } from "../../src/source/interval_source.ts";
import type { Metadata } from "../../src/source/metadata.ts";
import { metricName } from "../../src/source/metric_template.ts";
import { chunkSizeFor, periodMetadata, readPeriod } from "../../src/source/period.ts";
import type { SourceOptions } from "../../src/source/source.ts";
import { needing } from "../support/needing.ts";
import { fuzz, FUZZ_TIMEOUT_MS, mutated } from "./fuzz.ts";

const NEEDS = [{ name: "net" }, { name: "sys" }, { name: "run" }] as const;

const Config = v.looseObject({
  interval: v.optional(v.union([v.number(), v.string()])),
  rate: v.optional(v.union([v.number(), v.string()])),
  chunkSize: v.optional(v.number()),
  prefix: v.optional(v.string(), "example"),
  metadata: v.optional(v.looseObject({}), {}),
});

/** A source that makes use of its configuration in every way that this package offers. */
class ConfiguredSource extends IntervalSource {
  constructor(options: SourceOptions) {
    super(options);
    this.addRpcHandler("config", withSchema(Config, (config) => this.#configure(config)));
  }

  async #configure(config: v.InferOutput<typeof Config>): Promise<void> {
    const period = readPeriod(config, "1min");
    const { chunkSize = chunkSizeFor(period), prefix, metadata } = config;
    const name = metricName("{prefix}.{host}.value", { prefix, host: "node-1" });
    // Declared by one name only: a manager remembers all, as it should.
    await this.declareMetrics({
      "example.value": { name, ...metadata, ...periodMetadata(period) },
    });
    this.metric("example.value").chunkSize = chunkSize;
    this.period = period;
  }

  protected override update(): void {}
}

// The manager adds the fields of one declaration to those of the last, so there are not too many.
const fieldName = fc.constantFrom(
  ...["unit", "rate", "scope", "quantity", "description", "interval", "chunkSize", "source"],
  ...[
    "historic",
    "_id",
    "",
    "__proto__",
    "constructor",
    "toJSON",
    "length",
    "\ud800",
    "ü".repeat(99),
  ],
);

const VALID = JSON.stringify({
  interval: "500ms",
  chunkSize: 10,
  prefix: "example.rack1",
  metadata: { unit: "W", rate: 2, nested: [{ a: null }, true, -1.5e-7] },
});

const hostileNumber = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(0, -0, 5e-324, 1e-9, 0.5, 1e308, 2 ** 53, 2 ** 63),
);
const hostileText = fc.oneof(
  fc.string({ unit: "binary" }),
  mutated(fc.constantFrom("500ms", "1.5 h", "10 Hz", "2 days", "1e3", "-1s", "{host}.{prefix}")),
);
const hostileValue = fc.oneof(hostileNumber, hostileText, fc.jsonValue({ maxDepth: 4 }));

const hostileConfig = fc.oneof(
  mutated(fc.constant(VALID)).map(parseOr),
  fc.record({
    interval: hostileValue,
    period: hostileValue,
    rate: hostileValue,
    chunkSize: hostileValue,
    prefix: hostileValue,
    metadata: fc.oneof(hostileValue, fc.dictionary(fieldName, hostileValue)),
  }, { requiredKeys: [] }),
  fc.dictionary(hostileText, fc.jsonValue()),
);

const hostileCommand = fc.record({
  // No such program: what it would do to this machine is not what is tested.
  command: fc.oneof(
    fc.constant(["metricq-no-such-program", "x"]),
    fc.constantFrom([], [""], "", 1),
  ),
  interval: hostileValue,
  timeout: hostileValue,
  values: fc.oneof(
    hostileValue,
    fc.dictionary(
      fc.constantFrom("first.value", "second.value", "", "a", "__proto__"),
      fc.record({
        regex: fc.oneof(hostileValue, mutated(fc.constantFrom("(\\d+)", "[a-z", "(?<n>x)*"))),
        json: fc.oneof(hostileValue, mutated(fc.constantFrom("a.b[0]", '["x y"].z'))),
        csv: hostileValue,
        row: hostileValue,
        separator: hostileValue,
        scale: hostileValue,
        unit: hostileValue,
      }, { requiredKeys: [] }),
    ),
  ),
}, { requiredKeys: [] });
const hostileCommands = fc.record({
  prefix: fc.oneof(fc.constantFrom("example", "example.{host}", "example.{x}"), hostileValue),
  interval: hostileValue,
  commands: fc.oneof(hostileValue, fc.dictionary(hostileText, hostileCommand, { maxKeys: 3 })),
}, { requiredKeys: [] });

Deno.test(needing({ permissions: NEEDS }, {
  name: "Source takes a configuration or says what is wrong with it, whatever it is",
  timeout: FUZZ_TIMEOUT_MS,
  fn: async () => {
    const valid = { "source-configured": { interval: "1h" }, "source-exec": { commands: {} } };
    await using network = await DevNetwork.start({ configs: valid });
    const { url } = network;
    await using configured = new ConfiguredSource({ token: "source-configured", url });
    await using exec = new ExecSource({ token: "source-exec", url });
    await configured.connect();
    await exec.connect();
    const inputs = fc.oneof(
      fc.tuple(fc.constant(configured.token), hostileConfig),
      fc.tuple(fc.constant(exec.token), hostileCommands),
    );
    await fuzz(inputs, async ([token, config]) => {
      // As JSON carries it: no undefined, no NaN.
      const sent: JsonObject = JSON.parse(JSON.stringify(config));
      const error = await refusal(network.setConfiguration(token, sent));
      if (error !== undefined) assertClear(error);
    });
    for (const [token, config] of Object.entries(valid)) {
      assert.equal(await refusal(network.setConfiguration(token, config)), undefined);
    }
  },
}));

Deno.test(needing({ permissions: NEEDS }, {
  name: "Source.declareMetrics() takes metadata or says what is wrong with it, whatever it is",
  timeout: FUZZ_TIMEOUT_MS,
  fn: async () => {
    await using network = await DevNetwork.start({ config: {} });
    await using source = new ConfiguredSource({ token: "source-fuzz", url: network.url });
    await source.connect();
    const value = fc.oneof(
      hostileValue,
      fc.anything({
        withBigInt: true,
        withBoxedValues: true,
        withDate: true,
        withMap: true,
        withNullPrototype: true,
        withSparseArray: true,
        withTypedArray: true,
      }),
      fc.constantFrom(() => 1, Symbol("x"), NaN, { toJSON: () => ({}) }, cyclic(), nested(20_000)),
    );
    const metadata = fc.oneof(fc.dictionary(fieldName, value, { noNullPrototype: false }), value);
    await fuzz(metadata, async (given) => {
      const declared = source.declareMetrics({ "example.value": given as Metadata });
      const error = await refusal(declared);
      if (error !== undefined) assertClear(error);
    });
    await source.declareMetrics({ "example.value": { unit: "W" } });
    assert.equal(network.metadata("example.value")?.["unit"], "W");
  },
}));

async function refusal(attempt: Promise<unknown>): Promise<unknown> {
  try {
    await attempt;
    return undefined;
  } catch (error) {
    return error;
  }
}

function assertClear(error: unknown): void {
  assert(error instanceof RpcError || error instanceof TypeError, Deno.inspect(error));
  assert.match(error.message, /^Cannot .+: ./s);
}

function parseOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return { interval: text };
  }
}

function cyclic(): unknown {
  const cycle: Record<string, unknown> = {};
  cycle["again"] = { cycle };
  return cycle;
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}
