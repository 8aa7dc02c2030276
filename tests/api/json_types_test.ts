/** Where JSON is given: what TypeScript accepts and refuses, and what a program does with it. */

import assert from "node:assert/strict";
import * as v from "npm:valibot@1.5.0";
import { Agent, type Metadata, RpcError, rpcHandler } from "../../mod.ts";
import { TestNetwork } from "../../src/testing/test_network.ts";
import { TestSource } from "../e2e/test_source.ts";
import { needing } from "../support/needing.ts";

interface Range {
  readonly low: number;
  readonly high?: number | undefined;
  readonly tags: readonly string[];
}

interface Tree {
  readonly name: string;
  readonly children?: readonly Tree[];
}

/** A generic class, whose configuration its subclasses know. */
abstract class Configured<Config extends object> extends Agent {
  @rpcHandler("config")
  onConfig(config: Config) {
    this.use(config);
  }

  protected abstract use(config: Config): void;
}

const RANGE: Range = { low: 1, tags: ["a", "b"] };
const FIXED = { low: 1, tags: ["a", "b"], limits: [1, [2, 3]] } as const;

/** Only compiled: what TypeScript refuses in the places where JSON is given. */
async function refused(source: TestSource): Promise<void> {
  // @ts-expect-error: JSON has no functions
  await source.rpc("f", { f: () => 1 });
  // @ts-expect-error: nor bigints
  await source.rpc("f", { nested: [{ n: 1n }] });
  // @ts-expect-error: nor symbols
  await source.rpc("f", { s: Symbol("s") });
  // @ts-expect-error: the arguments are an object
  await source.rpc("f", 5);
  // @ts-expect-error: and neither a list
  await source.rpc("f", [1]);
  // @ts-expect-error: nor a Map
  await source.rpc("f", new Map([["a", 1]]));
  // @ts-expect-error: nor a Date
  await source.rpc("f", new Date());
  // @ts-expect-error: nor null
  await source.rpc("f", null);
  // @ts-expect-error: nor what an await was forgotten of
  await source.rpc("f", Promise.resolve({}));
  // @ts-expect-error: JSON has no maps
  await source.rpc("f", { a: new Map() });
  // @ts-expect-error: a function in the metadata
  await source.declareMetrics({ "a.b": { unit: "W", f: () => 1 } });
  // @ts-expect-error: a bigint in the result
  source.addRpcHandler("f", () => ({ n: 1n }));
  // @ts-expect-error: the result is an object
  source.addRpcHandler("f", () => 5);
  const answer = await source.rpc("f");
  // @ts-expect-error: nothing is known of an answer without a schema
  answer.total satisfies number;
}

class Decorated extends Agent {
  @rpcHandler("range")
  getRange() {
    return RANGE;
  }

  @rpcHandler("fixed")
  async getFixed() {
    return await Promise.resolve(FIXED);
  }

  @rpcHandler("maybe")
  maybe({ yes }: { yes?: boolean } = {}): Range | undefined {
    return yes ? RANGE : undefined;
  }

  // @ts-expect-error: the arguments of a call are one object
  @rpcHandler("config")
  onRate(rate: number) {
    void rate;
  }

  // @ts-expect-error: and not a list
  @rpcHandler("config")
  onList(ranges: readonly Range[]) {
    void ranges;
  }

  // @ts-expect-error: nor a Map
  @rpcHandler("config")
  onMap(ranges: Map<string, Range>) {
    void ranges;
  }

  // @ts-expect-error: nor a Date
  @rpcHandler("config")
  onDate(date: Date) {
    void date;
  }

  @rpcHandler("config")
  onRanges(ranges: Readonly<Record<string, Range>>) {
    void ranges;
  }

  @rpcHandler("config")
  onTree({ children = [], ...others }: Tree) {
    void [children, others];
  }

  @rpcHandler("config")
  onAnything(config: unknown) {
    void config;
  }

  // @ts-expect-error: JSON has no bigints
  @rpcHandler("count")
  count() {
    return { count: 1n };
  }

  // @ts-expect-error: a schema's output is what the method takes
  @rpcHandler("config", v.object({ rate: v.number() }))
  onText({ rate }: { rate: string }) {
    void rate;
  }
}

Deno.test(needing({ permissions: [{ name: "net" }, { name: "sys", kind: "hostname" }] }, {
  name: "Interfaces, readonly arrays and constants go wherever JSON is given",
  fn: async () => {
    await using network = await TestNetwork.start({ config: FIXED });
    await using source = new TestSource({ url: network.url });
    source.addRpcHandler("range", () => RANGE);
    await source.connect();
    assert.deepEqual(await source.configs.nth(1), FIXED);

    const metadata: Metadata & { readonly range: Range } = { unit: "W", range: RANGE };
    await source.declareMetrics({ "test.json.a": metadata, "test.json.b": FIXED });
    assert.deepEqual((await network.metadata("test.json.a"))["range"], RANGE);
    const names = ["test.json.c"] as const;
    await source.declareMetrics(names);

    await network.configure("source-test", FIXED);
    assert.deepEqual(await source.configs.nth(2), FIXED);

    await assert.rejects(source.rpc("coffee.make", RANGE), RpcError);
    await assert.rejects(source.rpc("coffee.make", FIXED), RpcError);
    const { arguments: args } = await network.rpc("coffee.make", { count: 2 });
    assert.deepEqual(args, FIXED);
    assert.equal(typeof refused, typeof Decorated);
    assert.equal(typeof Configured, typeof Decorated);
  },
}));

Deno.test(needing({ permissions: [{ name: "net" }, { name: "sys", kind: "hostname" }] }, {
  name: "Agent.rpc() gives the answer the type of its schema, and refuses another answer",
  fn: async () => {
    await using network = await TestNetwork.start();
    await using source = new TestSource({ url: network.url });
    await source.connect();
    await source.declareMetrics({ "test.json.a": { unit: "W" } });

    const Answer = v.object({ metrics: v.record(v.string(), v.object({ unit: v.string() })) });
    const options = { schema: Answer, timeout: "5s" };
    const { metrics } = await source.rpc("get_metrics", { format: "object" }, options);
    metrics satisfies Record<string, { unit: string }>;
    assert.equal(metrics["test.json.a"]?.unit, "W");

    await assert.rejects(
      source.rpc("get_metrics", { format: "array" }, { schema: Answer }),
      {
        name: "RpcError",
        message:
          "Cannot call get_metrics: the answer is not as required: metrics.0: Invalid type: " +
          'Expected Object but received "test.json.a"',
      },
    );
  },
}));
