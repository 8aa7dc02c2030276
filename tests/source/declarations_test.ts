import assert from "node:assert/strict";
import fc from "fast-check";
import { Broker } from "../../src/dev/broker/broker.ts";
import { Source } from "../../src/source/source.ts";
import { TestNetwork } from "../../src/testing/test_network.ts";
import type { JsonObject } from "../../src/rpc/json.ts";
import { registrationAnswer, ScriptedManager } from "../e2e/scripted_manager.ts";
import { sharedVhost } from "../peers/shared_broker.ts";
import { Events } from "../support/events.ts";
import { LogRecords } from "../support/log_records.ts";
import { needing } from "../support/needing.ts";

const DECLARE = "source.declare_metrics";

class IdleSource extends Source {
  constructor(url: string) {
    super({ token: "source-test", url });
  }

  protected override task(): void {}
}

function names(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `test.declared.m${at}`);
}

/** The names in the `count`-th call by which metrics were declared. */
async function declaredBy(network: TestNetwork, count: number): Promise<string[]> {
  const { metrics } = (await network.rpc(DECLARE, { count })).arguments;
  return Object.keys(metrics ?? {});
}

const needs = [{ name: "net" }, { name: "sys", kind: "hostname" }] as const;

Deno.test(needing({ permissions: needs }, {
  name: "Source.declareMetrics() declares many metrics in parts, and tells how far it is",
  fn: async () => {
    await using network = await TestNetwork.start();
    await using source = new IdleSource(network.url);
    await source.connect();
    const progress: [number, number][] = [];
    const metrics = names(2500);
    await source.declareMetrics(metrics, { onProgress: (...step) => progress.push(step) });
    assert.deepEqual(progress, [[1000, 2500], [2000, 2500], [2500, 2500]]);
    const parts = [1, 2, 3].map((count) => declaredBy(network, count));
    assert.deepEqual((await Promise.all(parts)).flat(), metrics);
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "Source.declareMetrics() fails as its onProgress does, also when that is asynchronous",
  fn: async () => {
    await using network = await TestNetwork.start();
    await using source = new IdleSource(network.url);
    await source.connect();
    const fails: (() => void)[] = [
      () => {
        throw new Error("no");
      },
      () => Promise.reject(new Error("no")), // unhandled, it would end the tests
    ];
    for (const onProgress of fails) {
      await assert.rejects(source.declareMetrics(names(1), { onProgress }), /^Error: no$/);
    }
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "Source.declareMetrics() makes parts of at most 64 KiB, larger metadata aside",
  fn: async () => {
    await using network = await TestNetwork.start();
    await using source = new IdleSource(network.url);
    await source.connect();
    const lengths = [30_000, 30_000, 30_000, 65_000, 1000]; // each as much as a manager takes
    await source.declareMetrics(Object.fromEntries(
      names(5).map((name, at) => [name, { description: "x".repeat(lengths[at] ?? 0) }]),
    ));
    const parts = await Promise.all([1, 2, 3, 4].map((count) => declaredBy(network, count)));
    assert.deepEqual(parts.map(({ length }) => length), [2, 1, 1, 1]);
  },
}));

/** A network whose broker takes messages of at most 16 KiB. */
async function limitedNetwork() {
  const parts = new AsyncDisposableStack();
  const broker = parts.use(Broker.start({ maxMessageBytes: 16 * 1024 }));
  const network = parts.use(await TestNetwork.start({ server: broker.url }));
  return { network, [Symbol.asyncDispose]: () => parts.disposeAsync() };
}

/** Declarations with descriptions of these lengths. */
function described(lengths: readonly number[]) {
  return Object.fromEntries(
    names(lengths.length).map((name, at) => [name, { description: "ä".repeat(lengths[at] ?? 0) }]),
  );
}

Deno.test(needing({ permissions: needs }, {
  name: "Source.declareMetrics() splits a part that is larger than the broker takes",
  fn: async () => {
    await using place = await limitedNetwork();
    const { network } = place;
    await using source = new IdleSource(network.url);
    await source.connect();
    await source.declareMetrics(described(Array.from({ length: 40 }, () => 1500)));
    const declared = await source.getMetrics({ metadata: false, prefix: "test.declared" });
    assert.deepEqual(Object.keys(declared).sort(), names(40).sort());
    assert.equal((await network.rpc("source.register")).from, "source-test");
  },
}));

Deno.test(needing({ permissions: needs }, {
  name:
    "Source.declareMetrics() fails for metadata that is larger than the broker takes, and declares all others",
  fn: async () => {
    await using logged = await LogRecords.capture();
    await using place = await limitedNetwork();
    await using source = new IdleSource(place.network.url);
    await source.connect();
    await assert.rejects(source.declareMetrics(described([10, 20_000, 30, 40_000, 50])), {
      name: "RpcError",
      function: DECLARE,
      message:
        /message size \d+ is larger .* \(metadata of "test\.declared\.m1", "test\.declared\.m3"; the others are declared\)$/,
    });
    assert.deepEqual(Object.keys(await source.getMetrics({ prefix: "test.declared" })).sort(), [
      "test.declared.m0",
      "test.declared.m2",
      "test.declared.m4",
    ]);
    assert.deepEqual(logged.messages("warning"), [], "no connection was lost");
  },
}));

Deno.test(needing({ permissions: needs }, {
  name:
    "Agent.rpc() is told at once that its call, or the answer to it, is larger than the broker takes",
  fn: async () => {
    await using place = await limitedNetwork();
    await using source = new IdleSource(place.network.url);
    await source.connect();
    await assert.rejects(source.rpc("x", { text: "x".repeat(20_000) }), {
      name: "RpcError",
      message: /^Cannot call x: .*message size \d+ is larger than configured max size 16384$/,
    });
    await source.declareMetrics(described(Array.from({ length: 40 }, () => 1500)));
    await assert.rejects(source.getMetrics({ prefix: "test.declared" }), {
      name: "RpcError",
      message: /^Cannot call get_metrics: Cannot send the answer: .*message size \d+ is larger/,
    });
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "Source.declareMetrics() goes on when the connection is lost meanwhile",
  fn: async () => {
    await using network = await TestNetwork.start();
    await using source = new IdleSource(network.url);
    await source.connect();
    const metrics = names(5000);
    await source.declareMetrics(metrics, {
      onProgress: (declared) => {
        if (declared === 2000 || declared === 4000) network.cutConnections();
      },
    });
    const last = await network.metadata("test.declared.m4999");
    assert.equal(last["source"], "source-test");
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "Source declares all metrics again after an outage, also when that is cut short",
  fn: async () => {
    await using network = await TestNetwork.start();
    await using source = new IdleSource(network.url);
    await source.connect();
    const metrics = names(10_000);
    await source.declareMetrics(metrics);
    network.cutConnections();
    await declaredBy(network, 12);
    network.cutConnections();
    await network.rpc("source.register", { count: 3 });

    let count = 12;
    let found: string[] = [];
    while (found.at(-1) !== metrics.at(-1)) {
      const part = await declaredBy(network, ++count);
      found = part[0] === metrics[0] ? part : [...found, ...part];
    }
    assert(count < 30);
    assert.deepEqual(found, metrics);
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "Source does not declare a metric again as it was, behind what it has said of it since",
  fn: async () => {
    await using broker = Broker.start();
    const register = { "source.register": registrationAnswer("/") };
    await using manager = await ScriptedManager.start(broker.url, { ...register, [DECLARE]: {} });
    await using source = new IdleSource(broker.url);
    const isBack = new Events<void>();
    void (async () => {
      for await (const { kind } of source.events()) if (kind === "registered") isBack.add();
    })();
    const declared = () =>
      manager.requests.all.filter((request) => request.function === DECLARE)
        .map(({ body }) => JSON.stringify(body["metrics"]));
    await source.connect();
    await source.declareMetrics({ "test.declared": { unit: "old" } });
    manager.answers = register; // from now on no declaration is answered
    const newer = source.declareMetrics({ "test.declared": { unit: "new" } });
    await manager.requests.nth(3);
    broker.cutConnection("management connection source-test");
    await manager.requests.nth(5); // a registration, and the newer one once more
    // By then the registration's answer is there, and what follows from it has been sent.
    for (let calls = 0; calls < 2; calls++) {
      await manager.call("source-test", { function: "discover" });
    }
    manager.answers = { ...register, [DECLARE]: {} };
    broker.cutConnection("management connection source-test");
    await newer;
    await isBack.nth(2);
    assert.match(declared().at(-1) ?? "", /new/);
    assert.deepEqual(declared().filter((metrics) => metrics.includes("old")).length, 1);
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "Source.declareMetrics() ends when its signal is aborted",
  fn: async () => {
    await using network = await TestNetwork.start();
    await using source = new IdleSource(network.url);
    await source.connect();
    const reason = new Error("enough");
    const abort = new AbortController();
    const ended = source.declareMetrics(names(5000), {
      signal: abort.signal,
      onProgress: () => abort.abort(reason),
    });
    await assert.rejects(ended, reason);
    await source.declareMetrics(["test.declared.later"]);
    let calls = 1;
    while (!(await declaredBy(network, calls)).includes("test.declared.later")) calls++;
    assert(calls <= 3); // the second part may have been on its way
  },
}));

Deno.test(needing({ peers: ["rabbitmq"] }, {
  name: "Source.declareMetrics() names the metrics of the part that is refused",
  fn: async () => {
    const vhost = await sharedVhost();
    const register = registrationAnswer(vhost.name);
    const answers = { "source.register": register, [DECLARE]: {} };
    await using manager = await ScriptedManager.start(vhost.url, answers);
    await using source = new IdleSource(vhost.url);
    await source.connect();
    const refused = source.declareMetrics(names(1500), {
      onProgress: () => manager.answers = { ...answers, [DECLARE]: { error: "no more" } },
    });
    await assert.rejects(refused, {
      name: "RpcError",
      function: DECLARE,
      message:
        'Cannot call source.declare_metrics: no more (metrics 1001 to 1500 of 1500, from "test.declared.m1000" to "test.declared.m1499")',
    });
  },
}));

/** A source that declares, with a unit, what its configuration lists. */
class ListSource extends Source {
  constructor(url: string) {
    super({ token: "source-test", url });
    this.addRpcHandler<{ names: string[]; unit: string; isBad?: boolean }>(
      "config",
      async ({ names, unit, isBad }) => {
        await this.declareMetrics(Object.fromEntries(names.map((name) => [name, { unit }])));
        if (isBad) throw new RangeError("bad");
      },
    );
  }

  protected override async task(): Promise<void> {
    await this.declareMetrics(["test.list.status"]);
  }
}

Deno.test(needing({ permissions: needs }, {
  name: "Source does not declare again what its configuration no longer has",
  fn: async () => {
    await using network = await TestNetwork.start({
      config: { names: ["test.list.a", "test.list.b"], unit: "W" },
    });
    await using source = new ListSource(network.url);
    await source.connect();
    await network.metadata("test.list.status");
    await network.configure("source-test", { names: ["test.list.b"], unit: "kW" });
    network.cutConnections();
    assert.deepEqual(await declaredBy(network, 4), ["test.list.b", "test.list.status"]);
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "Source undoes what a configuration that it refuses has declared, before it answers",
  fn: async () => {
    await using network = await TestNetwork.start({
      config: { names: ["test.list.a"], unit: "W" },
    });
    await using source = new ListSource(network.url);
    await source.connect();
    await network.metadata("test.list.status");
    const bad = { names: ["test.list.a", "test.list.b"], unit: "kW", isBad: true };
    await assert.rejects(network.configure("source-test", bad), /bad/);
    assert.equal((await network.metadata("test.list.a"))["unit"], "W");
    network.cutConnections();
    assert.deepEqual(await declaredBy(network, 5), ["test.list.a", "test.list.status"]);
  },
}));

Deno.test(needing({ permissions: needs }, {
  name:
    "Source.declareMetrics() hands on metadata as it is, and changes nothing of what it is given",
  fn: async () => {
    await using network = await TestNetwork.start();
    await using source = new IdleSource(network.url);
    await source.connect();
    // The cast: a dictionary of what JSON can carry.
    const metadata = fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true })
      .filter((one) => !JSON.stringify(one).includes("__proto__")); // which no part here takes
    const given = Object.fromEntries(
      fc.sample(metadata, 200).map((one, at) => [`test.declared.m${at}`, one as JsonObject]),
    );
    const before = structuredClone(given);
    await source.declareMetrics(given);
    assert.deepEqual(given, before);
    const declared: JsonObject = {};
    for (let count = 1; Object.keys(declared).length < Object.keys(given).length; count++) {
      Object.assign(declared, (await network.rpc(DECLARE, { count })).arguments["metrics"]);
    }
    for (const [name, own] of Object.entries(given)) {
      assert.deepEqual(declared[name], { chunkSize: 1, ...JSON.parse(JSON.stringify(own)) });
    }
  },
}));
