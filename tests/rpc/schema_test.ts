import assert from "node:assert/strict";
import { type } from "arktype";
import * as v from "valibot";
import * as z from "zod";
import { RpcDispatcher } from "../../src/rpc/dispatcher.ts";
import type { JsonObject } from "../../src/rpc/json.ts";
import {
  type RpcHandler,
  rpcHandler,
  type RpcHandlerRegistry,
  withSchema,
} from "../../src/rpc/rpc_handler.ts";
import { checkArguments, type StandardSchema } from "../../src/rpc/schema.ts";
import { IntervalSource } from "../../src/source/interval_source.ts";
import type { Source } from "../../src/source/source.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";

class TestAgent implements RpcHandlerRegistry {
  readonly log: unknown[] = [];
  readonly #dispatcher = new RpcDispatcher({ clock: new ManualClock() });

  addRpcHandler<Arguments = JsonObject>(name: string, handler: RpcHandler<Arguments>): void {
    this.#dispatcher.add(name, handler);
  }

  config(config: JsonObject): Promise<JsonObject> {
    return this.#dispatcher.dispatch("config", config);
  }
}

/** One configuration as three libraries describe it. */
const CONFIGS = {
  zod: z.object({
    rate: z.number().positive().default(1),
    unit: z.enum(["W", "V"]),
    devices: z.array(z.object({ address: z.string() })).default([]),
  }),
  valibot: v.object({
    rate: v.optional(v.pipe(v.number(), v.gtValue(0)), 1),
    unit: v.picklist(["W", "V"]),
    devices: v.optional(v.array(v.object({ address: v.string() })), []),
  }),
  arktype: type({
    rate: "number > 0 = 1",
    unit: "'W' | 'V'",
    devices: type({ address: "string" }).array().default(() => []),
  }),
};

interface Config {
  rate: number;
  unit: "W" | "V";
  devices: { address: string }[];
}

for (const [library, schema] of Object.entries(CONFIGS)) {
  const config: StandardSchema<Config> = schema;

  Deno.test(`rpcHandler() gives a method what a schema of ${library} makes of the call`, async () => {
    class Meter extends TestAgent {
      @rpcHandler("config", config)
      onConfig(config: Config): void {
        this.log.push(config);
      }
    }
    const meter = new Meter();
    await meter.config({ unit: "W" });
    assert.deepEqual(meter.log, [{ rate: 1, unit: "W", devices: [] }]);
  });

  Deno.test(`rpcHandler() refuses with a schema of ${library}, naming field, value and requirement`, async () => {
    const agent = new TestAgent();
    agent.addRpcHandler("config", withSchema(config, ({ rate }) => void agent.log.push(rate)));
    const refuses = (given: JsonObject, message: RegExp) =>
      assert.rejects(agent.config(given), { name: "RpcError", message });

    await refuses({ unit: "W", rate: "fast" }, /^Cannot call config: rate\b.*number.*/);
    await refuses({ unit: "W", rate: -5 }, /^Cannot call config: rate\b.*-5/);
    await refuses({ unit: "A" }, /^Cannot call config: unit\b(?=.*"A")(?=.*"V")/);
    await refuses({}, /^Cannot call config: unit\b.*(missing|undefined).*/);
    await refuses({ unit: "W", devices: [{ address: 5 }] }, /devices\[0\]\.address\b.*string/);
    assert.deepEqual(agent.log, []);
  });
}

Deno.test("withSchema() gives the handler the schema's type", () => {
  withSchema(CONFIGS.zod, (config) => void (config satisfies Config));
  withSchema(CONFIGS.valibot, (config) => void (config satisfies Config));
  withSchema(CONFIGS.arktype, (config) => void (config satisfies Config));
  withSchema(CONFIGS.zod, ({ rate }: { rate: number }) => void rate);
  // @ts-expect-error: the schema makes no such thing.
  withSchema(CONFIGS.zod, ({ rate }: { rate: string }) => void rate);
});

Deno.test("addRpcHandler() with withSchema() infers the type of the configuration", () => {
  // Never run: what is tested is what the compiler makes of it. `any` would pass the first line.
  ((agent: TestAgent, source: Source) => {
    agent.addRpcHandler(
      "config",
      withSchema(CONFIGS.zod, (config) => void (config satisfies Config)),
    );
    // @ts-expect-error: the schema makes no such field.
    agent.addRpcHandler("config", withSchema(CONFIGS.zod, (config) => void config.limit));
    agent.addRpcHandler(
      "config",
      withSchema(CONFIGS.zod, ({ rate }) => {
        // @ts-expect-error: the schema makes a number of it.
        rate satisfies string;
      }),
    );

    source.addRpcHandler(
      "config",
      withSchema(CONFIGS.valibot, async ({ devices: [device] }, { fromToken }) => {
        await Promise.resolve([device?.address satisfies string | undefined, fromToken]);
      }),
    );
    source.addRpcHandler(
      "config",
      // @ts-expect-error: the schema makes no such field.
      withSchema(CONFIGS.valibot, ({ limit }) => void limit),
    );
    source.addRpcHandler(
      "config",
      withSchema(CONFIGS.arktype, ({ unit }) => {
        // @ts-expect-error: it is one of "W" and "V".
        if (unit === "A") return;
      }),
    );
  });
});

Deno.test("rpcHandler() with a schema types the methods of sources", () => {
  (() => {
    abstract class Meter extends IntervalSource {
      @rpcHandler("config", CONFIGS.zod)
      async onConfig({ rate, devices }: z.infer<typeof CONFIGS.zod>): Promise<void> {
        this.period = 1 / rate;
        await this.declareMetrics(devices.map(({ address }) => address));
      }
      // @ts-expect-error: the schema does not make a text of the rate.
      @rpcHandler("config", CONFIGS.zod)
      onText({ rate }: { rate: string }): void {
        this.period = rate;
      }
      // @ts-expect-error: it is given what the schema makes, not what came in.
      @rpcHandler("config", z.object({ rate: z.string().transform(Number) }))
      onInput({ rate }: { rate: string }): void {
        this.period = rate;
      }
    }
    return Meter;
  });
});

Deno.test("rpcHandler() refuses, at compile time, a method that does not take what the schema makes", () => {
  (() => {
    class Meter extends TestAgent {
      @rpcHandler("config", CONFIGS.zod)
      takesSome({ rate }: { rate: number }): void {
        this.log.push(rate);
      }
      @rpcHandler("config", "reload", CONFIGS.valibot)
      takesNothing(): void {}

      // @ts-expect-error: the rate is a number.
      @rpcHandler("config", CONFIGS.arktype)
      takesText({ rate }: { rate: string }): void {
        this.log.push(rate);
      }
      // @ts-expect-error: there is no limit.
      @rpcHandler("config", CONFIGS.zod)
      takesMore({ limit }: { limit: number }): void {
        this.log.push(limit);
      }
    }
    return Meter;
  });
});

Deno.test("RpcDispatcher asks all schemas before it runs the first handler", async () => {
  const agent = new TestAgent();
  const isOpen = withSchema(z.object({ open: z.boolean() }), () => void agent.log.push("checked"));
  agent.addRpcHandler("config", () => void agent.log.push("unchecked"));
  agent.addRpcHandler("config", isOpen);
  await assert.rejects(agent.config({ open: 1 }), /open is 1: .*boolean/);
  assert.deepEqual(agent.log, []);
  await agent.config({ open: true });
  assert.deepEqual(agent.log, ["unchecked", "checked"]);
});

Deno.test("rpcHandler() waits for a schema that answers later", async () => {
  const found = z.object({ device: z.string() }).refine(
    ({ device }) => Promise.resolve(device === "meter"),
    { path: ["device"], error: "no such device" },
  );
  assert.deepEqual(await checkArguments(found, "config", { device: "meter" }), { device: "meter" });
  await assert.rejects(checkArguments(found, "config", { device: "clock" }), {
    message: 'Cannot call config: device is "clock": no such device',
  });
});

Deno.test("checkArguments() never tells the value of what sounds like a secret", async () => {
  const login = { password: "hunter2", apiKey: 4711, url: "http://ada:hunter2@host/" };
  const schemas: StandardSchema[] = [
    z.object({ password: z.number(), apiKey: z.string(), url: z.number() }),
    v.object({ password: v.number(), apiKey: v.string(), url: v.number() }),
    v.object({ password: v.picklist(["a"]), apiKey: v.literal("a"), url: v.literal("a") }),
    type({ password: "'a'", apiKey: "string", url: "'a'" }),
  ];
  for (const schema of schemas) {
    await assert.rejects(checkArguments(schema, "config", login), ({ message }: Error) => {
      for (const name of Object.keys(login)) assert(message.includes(name), name);
      assert.doesNotMatch(message, /hunter2|4711/);
      return true;
    });
  }
  for (const meterUrl of ["http://h/rpc?k=hunter2", "http://h/api/hunter2", "h/rpc?k=hunter2"]) {
    const refusing: StandardSchema = v.object({ meterUrl: v.literal("a") });
    await assert.rejects(checkArguments(refusing, "config", { meterUrl }), ({ message }: Error) => {
      assert.match(message, /meterUrl.*…/);
      assert.doesNotMatch(message, /hunter2/);
      return true;
    });
  }
  // A text in the place of an object or a list, and one of its parts.
  const texts = { headers: "X-Key: hunter2", command: "curl -u ada:hunter2 host" };
  const parts = { headers: { device: "hunter2" }, command: ["curl", "hunter2"] };
  const cases: (readonly [JsonObject, StandardSchema])[] = [
    [texts, z.object({ headers: z.record(z.string(), z.string()), command: z.array(z.string()) })],
    [texts, v.object({ headers: v.record(v.string(), v.string()), command: v.array(v.string()) })],
    [texts, type({ headers: "object", command: "string[]" })],
    [parts, v.object({ headers: v.object({ device: v.number() }), command: v.array(v.number()) })],
  ];
  for (const [given, required] of cases) {
    await assert.rejects(checkArguments(required, "config", given), ({ message }: Error) => {
      for (const name of ["headers", "command"]) assert(message.includes(name), name);
      assert.doesNotMatch(message, /hunter2/);
      return true;
    });
  }
  const auth = { auth: { name: "ada", hash: "hunter2" } };
  const schema = type({ auth: "string" });
  await assert.rejects(checkArguments(schema, "config", auth), ({ message }: Error) => {
    assert.doesNotMatch(message, /hunter2/);
    return true;
  });
});

Deno.test("checkArguments() keeps its message short", async () => {
  const schema: StandardSchema = {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: () => ({
        issues: Array.from({ length: 100 }, (_, i) => ({
          message: "no ".repeat(1000),
          path: [{ key: "list" }, i],
        })),
      }),
    },
  };
  const list = Array.from({ length: 100 }, () => "x".repeat(10_000));
  await assert.rejects(checkArguments(schema, "config", { list }), ({ message }: Error) => {
    assert.match(message, /^Cannot call config: list\[0\] is "x{80}"…: no no /);
    assert.match(message, /; and 95 more$/);
    assert(message.length < 2000);
    return true;
  });
});

Deno.test("checkArguments() tells what a schema says of the arguments as a whole", async () => {
  const schema = z.strictObject({});
  await assert.rejects(checkArguments(schema, "config", { rat: 1 }), {
    message: 'Cannot call config: Unrecognized key: "rat"',
  });
  const refusesAll: StandardSchema = {
    "~standard": { version: 1, vendor: "test", validate: () => ({ issues: [] }) },
  };
  await assert.rejects(checkArguments(refusesAll, "config", {}), {
    message: "Cannot call config: the arguments are not as required",
  });
});
