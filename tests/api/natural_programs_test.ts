/** Programs as users write them, each typed strictly, and run on a network in the process. */

import assert from "node:assert/strict";
import { type } from "npm:arktype@2.2.9";
import * as v from "npm:valibot@1.5.0";
import * as z from "npm:zod@4.6.7";
import {
  Agent,
  IntervalSource,
  metricName,
  PollingSource,
  rateOf,
  readPeriod,
  rpcHandler,
  Source,
  type SourceOptions,
  ticks,
  Timestamp,
  withSchema,
} from "../../mod.ts";
import { Sink } from "../../src/sink/mod.ts";
import { TestNetwork } from "../../src/testing/mod.ts";
import { needing } from "../support/needing.ts";

/** A program's name, and what it does on a network of its own. */
interface Program {
  readonly name: string;
  readonly configs?: Readonly<Record<string, object>>;
  readonly run: (network: TestNetwork) => Promise<void>;
}

function program({ name, configs = {}, run }: Program): Deno.TestDefinition {
  return needing({ permissions: [{ name: "net" }, { name: "sys", kind: "hostname" }] }, {
    name: `A natural program: ${name}`,
    fn: async () => {
      await using network = await TestNetwork.start({ configs });
      await run(network);
    },
  });
}

/** Waits for the first points of a metric, and gives their values. */
async function valuesOf(network: TestNetwork, metric: string, count: number): Promise<number[]> {
  const points = await network.points(metric, count);
  return points.map(({ value }) => value);
}

Deno.test(program({
  name: "a task that follows a generator, and ends with it",
  run: async (network) => {
    async function* door(signal: AbortSignal): AsyncGenerator<boolean> {
      for (const isOpen of [true, false, true]) {
        signal.throwIfAborted();
        yield await Promise.resolve(isOpen);
      }
    }
    class Door extends Source {
      async task(signal: AbortSignal) {
        await this.declareMetrics({ "lab.door": { description: "1 is open", unit: "" } });
        for await (const isOpen of door(signal)) {
          await this.send("lab.door", Timestamp.now(), isOpen ? 1 : 0);
        }
      }
    }
    await using source = new Door({ token: "source-door", url: network.url });
    await source.connect();
    assert.deepEqual(await valuesOf(network, "lab.door", 3), [1, 0, 1]);
  },
}));

Deno.test(program({
  name: "run() with a signal that ends it",
  run: async (network) => {
    const stop = new AbortController();
    class Clock extends IntervalSource {
      #left = 3;
      async update() {
        await this.send("lab.clock", Timestamp.now(), this.#left);
        if (--this.#left === 0) stop.abort();
      }
    }
    const source = new Clock({ token: "source-clock", url: network.url, period: "5ms" });
    await source.run({ signal: stop.signal });
    const values = await valuesOf(network, "lab.clock", 3);
    assert.deepEqual(values.slice(0, 3), [3, 2, 1]);
  },
}));

Deno.test(program({
  name: "a generic base class, whose subclasses say how to measure",
  run: async (network) => {
    abstract class Measuring<Reading extends object> extends IntervalSource {
      protected abstract measure(): Promise<Reading> | Reading;
      protected abstract points(reading: Reading): Readonly<Record<string, number>>;

      async update() {
        const time = Timestamp.now();
        for (const [metric, value] of Object.entries(this.points(await this.measure()))) {
          await this.send(metric, time, value);
        }
      }
    }
    class Room extends Measuring<{ heat: number; light: number }> {
      measure() {
        return { heat: 21, light: 400 };
      }
      points({ heat, light }: { heat: number; light: number }) {
        return { "lab.heat": heat, "lab.light": light };
      }
    }
    await using source = new Room({ token: "source-room", url: network.url, period: 0.01 });
    await source.connect();
    assert.deepEqual(await valuesOf(network, "lab.heat", 1), [21]);
    assert.deepEqual(await valuesOf(network, "lab.light", 1), [400]);
  },
}));

Deno.test(program({
  name: "a mixin that adds a counter of updates",
  configs: { "source-mixed": { rate: 200 } },
  run: async (network) => {
    // deno-lint-ignore no-explicit-any -- TypeScript asks this of the constructor of a mixin's base
    type Constructor<Made> = abstract new (...args: any[]) => Made;
    function Counting<Base extends Constructor<IntervalSource>>(base: Base) {
      abstract class Counted extends base {
        updates = 0;
        count(): number {
          return ++this.updates;
        }
      }
      return Counted;
    }
    class Mixed extends Counting(IntervalSource) {
      @rpcHandler("config")
      onConfig({ rate }: { rate: number }) {
        this.period = 1 / rate;
      }
      async update() {
        await this.send("lab.mixed", Timestamp.now(), this.count());
      }
    }
    await using source = new Mixed({ token: "source-mixed", url: network.url });
    await source.connect();
    const values = await valuesOf(network, "lab.mixed", 3);
    assert.deepEqual(values.slice(0, 3), [1, 2, 3]);
  },
}));

Deno.test(program({
  name: "handlers with a context, a result, and a private name",
  configs: { "source-private": { range: 5 } },
  run: async (network) => {
    class Private extends Source {
      #range = 0;

      @rpcHandler("config")
      onConfig({ range }: { range: number }) {
        this.#range = range;
      }

      @rpcHandler("meter.range")
      getRange(_: object, { function: name }: { function: string }) {
        return { [name]: this.#range };
      }

      @rpcHandler("meter.reset")
      async #reset() {
        this.#range = await Promise.resolve(0);
      }

      task() {}
    }
    await using source = new Private({ token: "source-private", url: network.url });
    await source.connect();
    await network.configure("source-private", { range: 7 });
    assert.deepEqual(source.getRange({}, { function: "meter.range" }), { "meter.range": 7 });
  },
}));

for (
  const [library, schema] of [
    [
      "valibot",
      v.object({ rate: v.pipe(v.number(), v.gtValue(0)), unit: v.optional(v.string(), "W") }),
    ],
    ["zod", z.object({ rate: z.number().positive(), unit: z.string().default("W") })],
    ["arktype", type({ rate: "number > 0", unit: "string = 'W'" })],
  ] as const
) {
  Deno.test(program({
    name: `a configuration that ${library} checks`,
    configs: { "source-checked": { rate: 100 } },
    run: async (network) => {
      const source = new class extends IntervalSource {
        async update() {
          await this.send("lab.checked", Timestamp.now(), 1);
        }
      }({ token: "source-checked", url: network.url });
      const handle = async ({ rate, unit }: { rate: number; unit: string }) => {
        source.period = 1 / rate;
        await source.declareMetrics({ "lab.checked": { rate, unit } });
      };
      // Each library's own type of a schema: a union of the three is the schema of none.
      if (library === "valibot") source.addRpcHandler("config", withSchema(schema, handle));
      else if (library === "zod") source.addRpcHandler("config", withSchema(schema, handle));
      else source.addRpcHandler("config", withSchema(schema, handle));
      await using _source = source;
      await source.connect();
      assert.equal((await network.metadata("lab.checked"))["unit"], "W");
      await assert.rejects(network.configure("source-checked", { rate: -1 }), /rate/);
      assert.equal(source.period?.s, 0.01);
    },
  }));
}

Deno.test(program({
  name: "a PollingSource of a configuration's devices, with counters as rates",
  configs: {
    "source-rack": { prefix: "lab.{device}", interval: "10ms", devices: ["pdu1", "pdu2"] },
  },
  run: async (network) => {
    interface Config {
      readonly prefix: string;
      readonly interval: string;
      readonly devices: readonly string[];
    }
    class Rack extends PollingSource {
      @rpcHandler("config")
      async onConfig({ prefix, devices, ...config }: Config) {
        const period = readPeriod(config);
        await this.poll(devices.map((device) => {
          const [power, energy] = ["power", "energy"].map((name) =>
            metricName(`${prefix}.${name}`, { device })
          ) as [string, string];
          const rate = rateOf();
          let counter = 0;
          return {
            name: device,
            period,
            metrics: { [power]: { unit: "W" }, [energy]: { unit: "J" } },
            read: () => ({ [power]: 100, [energy]: rate(counter++, counter * 1000) }),
          };
        }));
      }
    }
    await using source = new Rack({ token: "source-rack", url: network.url });
    await source.connect();
    assert.deepEqual((await valuesOf(network, "lab.pdu2.power", 2)).slice(0, 2), [100, 100]);
    const [first, second] = await valuesOf(network, "lab.pdu1.energy", 2);
    assert.deepEqual([first, second], [NaN, 1]);
  },
}));

Deno.test(program({
  name: "whole arrays, in chunks of their own size, and a flush",
  run: async (network) => {
    class Scope extends Source {
      async task() {
        const startNs = Timestamp.now().posixNs;
        const timesNs = BigInt64Array.from({ length: 100 }, (_, at) => startNs + BigInt(at));
        this.metric("lab.scope").chunkSize = 40;
        await this.sendMany("lab.scope", timesNs, Float64Array.from(timesNs, (_, at) => at));
        await this.flush();
      }
    }
    await using source = new Scope({ token: "source-scope", url: network.url });
    await source.connect();
    assert.equal((await valuesOf(network, "lab.scope", 100)).at(99), 99);
  },
}));

Deno.test(program({
  name: "values with times of Temporal, and of ticks at round times",
  run: async (network) => {
    class Timed extends Source {
      async task(signal: AbortSignal) {
        for await (const { time } of ticks({ period: "20ms", align: true, signal })) {
          await this.send("lab.round", time, Number(time.posixNs % 20_000_000n));
          await this.send("lab.temporal", Timestamp.from(Temporal.Now.instant()), 1);
        }
      }
    }
    await using source = new Timed({ token: "source-timed", url: network.url });
    await source.connect();
    assert.deepEqual((await valuesOf(network, "lab.round", 2)).slice(0, 2), [0, 0]);
    const [point] = await network.points("lab.temporal");
    assert.equal(point?.time.toInstant().epochNanoseconds, point?.time.posixNs);
  },
}));

Deno.test(program({
  name: "several sources of one class, with a token each",
  run: async (network) => {
    class Host extends IntervalSource {
      readonly #metric: string;
      constructor(host: string, options: Omit<SourceOptions, "token">) {
        super({ ...options, token: `source-${host}`, period: 0.01 });
        this.#metric = `lab.${host}.load`;
      }
      async update() {
        await this.send(this.#metric, Timestamp.now(), 1);
      }
    }
    await using stack = new AsyncDisposableStack();
    const sources = ["node1", "node2"].map((host) =>
      stack.use(new Host(host, { url: network.url }))
    );
    await Promise.all(sources.map((source) => source.connect()));
    for (const host of ["node1", "node2"]) {
      assert.deepEqual(await valuesOf(network, `lab.${host}.load`, 1), [1]);
    }
  },
}));

Deno.test(program({
  name: "an agent that calls, with a checked answer, and follows its events",
  run: async (network) => {
    await using agent = new Agent({ token: "lister", addUuid: true, url: network.url });
    const kinds: string[] = [];
    const followed = (async () => {
      for await (const { kind } of agent.events()) kinds.push(kind);
    })();
    await agent.connect();
    const Answer = v.object({ metrics: v.array(v.string()) });
    const { metrics } = await agent.rpc("get_metrics", { format: "array" }, { schema: Answer });
    metrics satisfies string[];
    await agent.stop();
    await followed;
    assert.deepEqual([kinds[0], kinds.at(-1)], ["connecting", "stopped"]);
  },
}));

Deno.test(program({
  name: "a sink beside its source",
  run: async (network) => {
    class Meter extends Source {
      task() {}
    }
    await using source = new Meter({ token: "source-meter", url: network.url });
    await source.connect();
    await using sink = new Sink({ token: "sink-meter", url: network.url });
    await sink.connect();
    const chunks = sink.subscribe(["lab.meter"]);
    await chunks.metadata;
    await source.send("lab.meter", Timestamp.now(), 42);
    for await (const chunk of chunks) {
      for (const { time, value } of chunk) {
        assert.ok(time instanceof Timestamp);
        assert.equal(value, 42);
      }
      break;
    }
  },
}));
