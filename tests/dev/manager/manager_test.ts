import assert from "node:assert/strict";
import { Agent } from "../../../src/agent/agent.ts";
import { Manager } from "../../../src/dev/manager/manager.ts";
import { DevNetwork } from "../../../src/dev/network.ts";
import type { JsonObject } from "../../../src/rpc/json.ts";
import { ManualClock } from "../../../src/testing/manual_clock.ts";
import type { RpcCall } from "../../../src/watch/view/rpc_log.ts";
import { until } from "../../support/clock.ts";
import { Events } from "../../support/events.ts";
import { needing } from "../../support/needing.ts";
import { AmqplibSession, body, type Inbox } from "../broker/amqplib_session.ts";
import { called, networkTests } from "../network_test_cases.ts";

const METRICS = { "test.a": { unit: "W" }, "test.b": {} };

async function connect(network: DevNetwork, token: string): Promise<Agent> {
  const agent = new Agent({ token, url: network.url });
  await agent.connect();
  return agent;
}

/** A source that has declared {@linkcode METRICS}. */
async function declaredSource(network: DevNetwork): Promise<Agent> {
  const source = await connect(network, "source-test");
  await source.rpc("source.declare_metrics", { metrics: METRICS });
  return source;
}

async function vhostOf(agent: Agent): Promise<unknown> {
  return (await agent.rpc("source.register"))["dataServerAddress"];
}

networkTests(
  "Manager answers source.register with where to send, and the configuration",
  { configs: { "source-test": { rate: 2 } } },
  async (network) => {
    await using source = await connect(network, "source-test");
    const answer = await source.rpc("source.register");
    const vhost = decodeURIComponent(new URL(network.url).pathname.slice(1)) || "/";
    const expected = { dataServerAddress: `vhost:${vhost}`, dataExchange: "metricq.data" };
    // The digest is of {"rate":2}.
    const _rev = "1-e49649317a7cf7b872024abbe14a7505";
    assert.deepEqual(answer, { ...expected, config: { _id: "source-test", _rev, rate: 2 } });
    await using other = await connect(network, "source-other");
    const { config, ...registered } = await other.rpc("transformer.register");
    assert.deepEqual(registered, expected);
    assert.deepEqual(Object.keys(Object(config)), ["_id", "_rev"]);
    await using sink = await connect(network, "sink-test");
    const { config: _, ...place } = await sink.rpc("sink.register");
    assert.deepEqual(place, { dataServerAddress: expected.dataServerAddress });
  },
).forEach((test) => Deno.test(test));

networkTests(
  "Manager refuses to register a token that has no configuration, until it has one",
  { config: null },
  async (network) => {
    await using source = await connect(network, "source-test");
    for (const name of ["source.register", "transformer.register", "sink.register"]) {
      await assert.rejects(source.rpc(name), {
        name: "RpcError",
        reason: "Document source-test was not found",
      });
    }
    assert.deepEqual(network.view.tokens(), ["source-test"]); // where one can be entered
    source.addRpcHandler("config", () => {});
    await network.setConfiguration("source-test", { rate: 1 });
    assert.equal(Object(await source.rpc("source.register")).config.rate, 1);
  },
).forEach((test) => Deno.test(test));

networkTests("Manager keeps metadata but not its reserved fields", {}, async (network) => {
  await using source = await connect(network, "source-test");
  await source.rpc("source.declare_metrics", {
    metrics: { "test.a": { unit: "W", source: "x", historic: true, _rev: "1" } },
  });
  const { date, ...metadata } = network.metadata("test.a") ?? {};
  assert(Math.abs(Date.now() - Date.parse(String(date))) < 60_000);
  assert.deepEqual(metadata, { unit: "W", source: "source-test" });
  await source.rpc("transformer.declare_metrics", { metrics: ["test.b"] });
  assert.deepEqual(Object.keys(await source.getMetrics()), ["test.a", "test.b"]);
}).forEach((test) => Deno.test(test));

networkTests("Manager gives sinks a queue, and marks its end", {}, async (network) => {
  await using source = await declaredSource(network);
  await using sink = await connect(network, "sink-test");
  await using amqp = new AmqplibSession(network.url);
  const channel = await amqp.channel();

  const subscribed = await sink.rpc("sink.subscribe", {
    metrics: ["test.a", "test.none"],
    expires: 60,
  });
  const { dataQueue, dataServerAddress, metrics } = subscribed;
  assert.equal(dataServerAddress, await vhostOf(source));
  assert.match(String(dataQueue), /^sink-test-[0-9a-f]{32}-data$/);
  assert.deepEqual(metrics, { "test.a": network.metadata("test.a"), "test.none": {} });
  // The queue is used again if it is named again.
  const again = { metrics: ["test.b"], dataQueue: String(dataQueue), expires: 60, metadata: false };
  assert.deepEqual(await sink.rpc("subscribe", again), {
    dataServerAddress: String(dataServerAddress),
    dataQueue: String(dataQueue),
    metrics: ["test.b"],
  });

  const inbox = await amqp.consume(channel, String(dataQueue));
  for (const metric of ["test.a", "test.b"]) {
    channel.publish("metricq.data", metric, body(metric));
  }
  assert.equal(await nextOf(inbox), "test.a test.a undefined");
  assert.equal(await nextOf(inbox), "test.b test.b undefined");

  const unsubscribe = { dataQueue: String(dataQueue), metrics: ["test.a"] };
  assert.deepEqual(await sink.rpc("sink.unsubscribe", { ...unsubscribe, end: false }), {
    dataServerAddress: String(dataServerAddress),
    dataQueue: String(dataQueue),
    metrics: { "test.a": network.metadata("test.a") ?? {} },
  });
  channel.publish("metricq.data", "test.a", body("not any more"));
  channel.publish("metricq.data", "test.b", body("last"));
  assert.equal(await nextOf(inbox), "test.b last undefined");
  await sink.rpc("unsubscribe", { ...unsubscribe, metrics: ["test.b"] });
  assert.equal(await nextOf(inbox), `${dataQueue}  end`);

  assert.deepEqual(await sink.rpc("sink.release", { dataQueue: String(dataQueue) }), {});
  assert.equal(await inbox.next(), null);
  assert.match(
    String(await amqp.outcome(channel, () => channel.checkQueue(String(dataQueue)))),
    /NOT_FOUND/,
  );
}).forEach((test) => Deno.test(test));

async function nextOf(inbox: Inbox): Promise<string> {
  const message = await inbox.next();
  const { fields, content, properties } = message ?? {};
  return `${fields?.routingKey} ${content} ${properties?.type}`;
}

networkTests("Manager gives transformers a queue that outlives them", {}, async (network) => {
  await using source = await declaredSource(network);
  const transformer = await connect(network, "transformer-test");
  assert.deepEqual(await transformer.rpc("transformer.subscribe", { metrics: ["test.b"] }), {
    dataServerAddress: String(await vhostOf(source)),
    dataQueue: "transformer-test-data",
    metrics: { "test.b": network.metadata("test.b") ?? {} },
  });
  await transformer.stop();
  await using amqp = new AmqplibSession(network.url);
  const channel = await amqp.channel();
  await channel.assertQueue("transformer-test-data", { durable: true }); // refused if it is not
  channel.publish("metricq.data", "test.b", body("kept"));
  assert.equal(
    await nextOf(await amqp.consume(channel, "transformer-test-data")),
    "test.b kept undefined",
  );
}).forEach((test) => Deno.test(test));

networkTests("Manager gives databases their queues", { config: { a: 1 } }, async (network) => {
  await using source = await declaredSource(network);
  const database = await connect(network, "db-test");
  const place = {
    dataServerAddress: String(await vhostOf(source)),
    dataQueue: "db-test-data",
    historyQueue: "db-test-history",
  };
  const { config, ...registered } = await database.rpc("db.register");
  assert.deepEqual(registered, { ...place, dataExchange: "metricq.data" });
  assert.equal(Object(config).a, 1);
  assert.deepEqual(await database.rpc("db.subscribe", { metrics: ["test.a"], metadata: false }), {
    ...place,
    metrics: ["test.a"],
  });
  assert.equal(network.metadata("test.a")?.["historic"], true);
  await source.rpc("source.declare_metrics", { metrics: METRICS });
  assert.equal(network.metadata("test.a")?.["historic"], true); // a source does not take that back

  const asking = await connect(network, "history-test");
  const answer = await asking.rpc("history.register");
  const { dataServerAddress } = place;
  assert.deepEqual(answer, {
    historyServerAddress: dataServerAddress,
    dataServerAddress,
    historyExchange: "metricq.history",
    historyQueue: "history-test-history-answers",
  });
  await database.stop();
  await asking.stop();
  await using amqp = new AmqplibSession(network.url);
  const channel = await amqp.channel();
  channel.publish("metricq.data", "test.a", body("kept"));
  assert.equal(await nextOf(await amqp.consume(channel, place.dataQueue)), "test.a kept undefined");
  channel.publish("metricq.history", "test.a", body("asked"));
  const asked = await amqp.consume(channel, place.historyQueue);
  assert.equal(await nextOf(asked), "test.a asked undefined");
  await channel.checkQueue(String(answer["historyQueue"])); // as its client does after an outage
}).forEach((test) => Deno.test(test));

const LONG = "é".repeat(100_000);

/** The error for {@linkcode LONG}, which it does not repeat as a whole. */
function tooLong(argument: string): RegExp {
  const shown = `"é{80}"…; at most 255 are allowed`;
  return new RegExp(`: "${argument}" has a name of 200000 bytes, ${shown}$`);
}

type BadCall = readonly [name: string, args: JsonObject, error: RegExp];

const BAD_CALLS: readonly BadCall[] = [
  ["unknown.function", {}, /it has no handler here/],
  ["source.declare_metrics", {}, /undefined is given, metadata by name or a list of names/],
  ["source.declare_metrics", { metrics: { "test.x": 1 } }, /"test.x": its metadata is a number/],
  ["source.declare_metrics", { metrics: [7] }, /a number is given, a name is required/],
  ["source.declare_metrics", { metrics: ["x".repeat(256)] }, /256 bytes, 1 to 255 are required/],
  ["sink.subscribe", {}, /"metrics" is nothing, a list of at most 100000 texts is required/],
  ["sink.subscribe", { metrics: [], dataQueue: 1 }, /"dataQueue" is 1, a text is required/],
  ["sink.subscribe", { metrics: [], metadata: "yes" }, /"metadata" is "yes", true or false/],
  ["sink.subscribe", { metrics: [], dataQueue: "source-test-rpc" }, /it is one for calls/],
  ["sink.subscribe", { metrics: [], dataQueue: "mine" }, /RESOURCE_LOCKED/],
  ["sink.subscribe", { metrics: [], dataQueue: "amq.x" }, /ACCESS_REFUSED/],
  ["sink.subscribe", { metrics: [], dataQueue: LONG }, tooLong("dataQueue")],
  ["sink.release", { dataQueue: LONG }, tooLong("dataQueue")],
  ...["sink.subscribe", "sink.unsubscribe", "transformer.subscribe", "db.subscribe"].map(
    (name): BadCall => [name, { metrics: ["a", LONG], dataQueue: "q" }, tooLong("metrics")],
  ),
  ["sink.unsubscribe", { metrics: [], dataQueue: "none" }, /NOT_FOUND/],
  ["sink.release", { dataQueue: "management" }, /it is one for calls/],
  [
    "transformer.subscribe",
    { metrics: "all" },
    /"metrics" is "all", a list of at most 100000 texts/,
  ],
  ["get_metrics", { selector: "(" }, /"selector" is refused: Invalid regular expression/],
  [
    "get_metrics",
    { selector: 1 },
    /"selector" is 1, a text or a list of at most 100000 texts is required/,
  ],
  ["get_metrics", { format: "xml" }, /"format" is "xml", "array" or "object" is required/],
  ["get_metrics", { limit: -1 }, /"limit" is -1, an integer of 0 or more is required/],
  ["get_metrics", { historic: 1 }, /"historic" is 1, true or false is required/],
];

networkTests("Manager answers bad calls with an error, and goes on", {}, async (network) => {
  await using source = await declaredSource(network);
  await using amqp = new AmqplibSession(network.url);
  const channel = await amqp.channel();
  await channel.assertQueue("mine", { exclusive: true });
  for (const [name, args, message] of BAD_CALLS) {
    await assert.rejects(source.rpc(name, args), { name: "RpcError", message }, name);
  }
  for (const text of ["", "{", "[]", '{"function":1}', '{"function":"get_metrics"}']) {
    channel.publish("metricq.management", "x", body(text), { replyTo: "nobody" });
    channel.publish("metricq.management", "x", body(text), { appId: "x", correlationId: "x" });
  }
  assert.deepEqual(Object.keys(await source.getMetrics()), ["test.a", "test.b"]);
}).forEach((test) => Deno.test(test));

networkTests("Manager refuses a call whose caller has no name", {}, async (network) => {
  await using amqp = new AmqplibSession(network.url);
  const channel = await amqp.channel();
  const { queue } = await channel.assertQueue("", { exclusive: true });
  const inbox = await amqp.consume(channel, queue);
  const request = body('{"function":"source.register"}');
  channel.publish("metricq.management", "source.register", request, { replyTo: queue });
  assert.deepEqual(JSON.parse(String((await inbox.next())?.content)), {
    error: "Cannot answer source.register: the caller's token is required as app_id",
  });
}).forEach((test) => Deno.test(test));

networkTests("Manager.configure() keeps what the source accepts", {}, async (network) => {
  const token = "source-test";
  assert.equal(await network.setConfiguration(token, { rate: 1 }), undefined);
  assert.deepEqual(network.view.configuration(token), { rate: 1 });

  await using source = await connect(network, token);
  const configs: JsonObject[] = [];
  source.addRpcHandler("config", async (config: JsonObject) => {
    configs.push(config);
    await Promise.resolve();
    if (config["rate"] === 0) throw new RangeError("a positive rate is required");
    return { taken: true };
  });
  const answers = await Promise.allSettled([
    network.setConfiguration(token, { rate: 2 }),
    network.setConfiguration(token, { rate: 0 }),
    network.view.configure(token, { rate: 3 }),
  ]);
  assert.deepEqual(configs, [{ rate: 2 }, { rate: 0 }, { rate: 3 }]);
  assert.deepEqual(
    answers.map((answer) => answer.status === "fulfilled" ? answer.value : answer.reason.message),
    [{ taken: true }, "Cannot call config: a positive rate is required", true],
  );
  assert.deepEqual(network.view.configuration(token), { rate: 3 });
  await assert.rejects(network.setConfiguration(token, { rate: 0 }), { name: "RpcError" });
  await assert.rejects(network.setConfiguration(token, { rate: NaN }), TypeError);
  assert.deepEqual(network.view.configuration(token), { rate: 3 });
}).forEach((test) => Deno.test(test));

networkTests(
  "Manager knows what has become of a configuration, why it is refused, and since when",
  { configs: { "source-test": { rate: 1 } } },
  async (network) => {
    const token = "source-test";
    const state = () => {
      const { sinceMs, ...rest } = network.view.configurationState(token) ?? {};
      if (sinceMs !== undefined) assert(Math.abs(Date.now() - sinceMs) < 60_000);
      return rest;
    };
    assert.deepEqual(state(), {});
    await network.setConfiguration(token, { rate: 2 });
    assert.deepEqual(state(), { status: "kept", reason: undefined });
    await using source = await connect(network, token);
    await source.rpc("source.register");
    assert.deepEqual(state(), { status: "sent", reason: undefined });
    const asked = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    source.addRpcHandler("config", async ({ rate }: JsonObject) => {
      asked.resolve();
      await goOn.promise;
      if (rate === 0) throw new RangeError("a positive rate is required");
    });
    const configured = network.setConfiguration(token, { rate: 3 });
    await asked.promise;
    assert.deepEqual(state(), { status: "sent", reason: undefined });
    goOn.resolve();
    await configured;
    assert.deepEqual(state(), { status: "accepted", reason: undefined });
    await assert.rejects(network.setConfiguration(token, { rate: 0 }));
    assert.deepEqual(state(), { status: "refused", reason: "a positive rate is required" });
    assert.deepEqual(network.view.configuration(token), { rate: 3 });
  },
).forEach((test) => Deno.test(test));

networkTests(
  "Manager.configure() waits for the answer before the next one",
  {},
  async (network) => {
    await using amqp = new AmqplibSession(network.url);
    const channel = await amqp.channel();
    await channel.assertQueue("source-raw-rpc", { exclusive: true });
    const inbox = await amqp.consume(channel, "source-raw-rpc");
    const answers = [1, 2].map((rate) => network.setConfiguration("source-raw", { rate }));
    for (const rate of [1, 2]) {
      const { content, properties } = await inbox.next() ?? {};
      const { _rev, ...call } = JSON.parse(String(content));
      assert.deepEqual(call, { function: "config", _id: "source-raw", rate });
      // The first is the one of all tokens that have none of their own.
      assert.match(_rev, new RegExp(`^${rate + 1}-[0-9a-f]{32}$`));
      // A call by another way around: what was sent before it would be here when it is answered.
      assert.equal(await network.view.configure("source-absent", {}), false);
      assert.equal(inbox.waiting, 0);
      const { correlationId } = properties ?? {};
      channel.sendToQueue(properties?.replyTo, body("{}"), { correlationId });
    }
    assert.deepEqual(await Promise.all(answers), [{}, {}]);
    assert.deepEqual(network.view.configuration("source-raw"), { rate: 2 });
  },
).forEach((test) => Deno.test(test));

networkTests("Manager discovers the agents that come and go", {}, async (network, events) => {
  const source = await connect(network, "source-test");
  await source.rpc("source.register");
  await called(events, "discover", ({ to }) => to === "source-test");
  const [agent] = await network.view.agents();
  assert.deepEqual([agent?.token, agent?.alive], ["source-test", true]);
  assert.equal(agent?.discovered?.["alive"], true);
  assert.deepEqual(network.view.tokens(), ["source-test"]);
  await source.stop();
}).forEach((test) => Deno.test(test));

networkTests(
  "Manager asks a hundred new agents at most whether they are there",
  {},
  async (network) => {
    await using amqp = new AmqplibSession(network.url);
    const channel = await amqp.channel();
    const tokens = Array.from({ length: 130 }, (_, i) => `made-up-${i}`);
    const asked: string[] = [];
    for (const token of tokens) {
      await channel.assertQueue(`${token}-rpc`, { exclusive: true });
      await channel.consume(`${token}-rpc`, () => void asked.push(token), { noAck: true });
    }
    const { queue } = await channel.assertQueue("", { exclusive: true });
    const answers = await amqp.consume(channel, queue);
    for (const appId of [...tokens, ...tokens]) {
      const request = body('{"function":"source.register"}');
      channel.publish("metricq.management", "source.register", request, { appId, replyTo: queue });
    }
    for (let count = 0; count < 2 * tokens.length; count++) await answers.next();
    await channel.checkQueue(queue); // what was sent before is here now
    assert.equal(asked.length, 100);
  },
).forEach((test) => Deno.test(test));

networkTests("Manager refuses metadata that is nested too deeply", {}, async (network) => {
  await using source = await connect(network, "source-test");
  await using amqp = new AmqplibSession(network.url);
  const channel = await amqp.channel();
  const { queue } = await channel.assertQueue("", { exclusive: true });
  const answers = await amqp.consume(channel, queue);
  for (const depth of [90, 1000, 100_000]) {
    const nested = `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
    const request = `{"function":"source.declare_metrics","metrics":{"test.m${depth}":${nested}}}`;
    channel.publish("metricq.management", "source.declare_metrics", body(request), {
      appId: "made-up",
      replyTo: queue,
    });
    const answer = String((await answers.next())?.content);
    assert.match(answer, depth < 100 ? /^\{\}$/ : /nested more than 100 deep/);
  }
  assert.deepEqual(Object.keys(await source.getMetrics()), ["test.m90"]);
}).forEach((test) => Deno.test(test));

networkTests("Manager.start() fails where there is a manager already", {}, async (network) => {
  await assert.rejects(Manager.start({ url: network.url }), {
    name: "TokenInUse",
    message: 'Cannot connect: token "manager" is already in use by another agent',
  });
}).forEach((test) => Deno.test(test));

networkTests("Manager answers 300 sources that come at once", {}, async (network) => {
  await using source = await connect(network, "source-test");
  const answers = await Promise.all(
    Array.from({ length: 300 }, () => source.rpc("source.register")),
  );
  assert.equal(answers.length, 300);
}).forEach((test) => Deno.test(test));

Deno.test(needing({ permissions: [{ name: "net" }, { name: "sys", kind: "hostname" }] }, {
  name: "Manager asks all agents again and again whether they are there",
  fn: async () => {
    const clock = new ManualClock();
    const calls = new Events<RpcCall>();
    await using network = await DevNetwork.start({ clock, onCall: (call) => calls.add(call) });
    const { view } = network;
    const agents = async () => (await view.agents()).map(({ token, alive }) => [token, alive]);
    const answer = async () =>
      (await view.agents()).find(({ token }) => token === "stays")?.discovered;
    await using _staying = await connect(network, "stays");
    const leaving = await connect(network, "leaves");

    await clock.advance(10);
    await until(async () => (await agents()).length === 2);
    const first = await answer();
    await leaving.stop();
    await clock.advance(10);
    assert.deepEqual(await agents(), [["leaves", true], ["stays", true]]);
    await until(async () => await answer() !== first);
    await clock.advance(10);
    assert.deepEqual(await agents(), [["leaves", false], ["stays", true]]);
    assert.deepEqual(calls.all.map(({ function: name, to }) => `${name} ${to}`), [
      "discover *",
      "discover *",
      "discover *",
    ]);
  },
}));
