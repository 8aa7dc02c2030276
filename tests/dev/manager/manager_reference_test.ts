/** The manager of the development network, called by programs on the reference package. */

import assert from "node:assert/strict";
import { Agent } from "../../../src/agent/agent.ts";
import { PythonPeer } from "../../peers/python_peer.ts";
import { ReferenceSink } from "../../peers/reference_sink.ts";
import { referenceTests } from "../network_test_cases.ts";

const token = "source-reference";
const metric = "test.reference";
const configs = { [token]: { rate: 20 } };

referenceTests("Manager serves a Source and a Sink in Python", { configs }, async (network) => {
  await using sink = await ReferenceSink.start({ server: network.url, metrics: [metric] });
  assert.deepEqual(sink.metadata, { [metric]: {} });
  await using _source = new PythonPeer("source.py", network.url, token, metric);

  const points = await sink.waitForPoints(metric, 3);
  assert.deepEqual(points.map(({ timeNs, value }) => [timeNs, value]), [
    [1_700_000_000_123_456_789n, 0.1],
    [1_700_000_000_123_456_790n, -0],
    [3n, NaN],
  ]);
  const { date, ...metadata } = network.metadata(metric) ?? {};
  assert.match(String(date), /^\d{4}-\d\d-\d\dT.*Z$/);
  assert.deepEqual(metadata, { rate: 20, chunkSize: 1, source: token });
}).forEach((test) => Deno.test(test));

referenceTests("Manager configures an IntervalSource in Python", { configs }, async (network) => {
  await using source = new PythonPeer("interval_source.py", network.url, token, metric);
  await source.waitForEvent(({ rate }) => rate === 20);
  await using sink = await ReferenceSink.start({ server: network.url, metrics: [metric] });

  assert.deepEqual(await network.setConfiguration(token, { rate: 200 }), {});
  await source.waitForEvent(({ rate }) => rate === 200);
  await assert.rejects(network.setConfiguration(token, { rate: 0 }), {
    name: "RpcError",
    message: "Cannot call config: rate must be positive",
  });
  assert.deepEqual(network.view.configuration(token), { rate: 200 });

  const [first, second] = await sink.waitForPoints(metric, 2);
  assert.equal(second?.value, (first?.value ?? 0) + 1);
  const [agent] = (await network.view.agents()).filter((agent) => agent.token === token);
  assert.equal(agent?.metrics, 1);
  assert.equal(agent?.alive, true);
}).forEach((test) => Deno.test(test));

referenceTests(
  "Manager serves a Subscriber and a Drain in Python",
  { configs },
  async (network, { chunks }) => {
    await using subscriber = new PythonPeer("subscriber.py", network.url, metric);
    await subscriber.waitForEvent(({ event }) => event === "subscribed");
    await using _source = new PythonPeer("source.py", network.url, token, metric);
    await chunks.nth(2); // all three points: what is sent after that is in the queue as well

    await subscriber.write({});
    await subscriber.waitForEvent(({ event }) => event === "drained");
    assert.deepEqual(
      subscriber.events.filter(({ event }) => event === "point").map(({ time }) => time),
      ["1700000000123456789", "1700000000123456790", "3"],
    );
  },
).forEach((test) => Deno.test(test));

referenceTests("Manager answers get_metrics of a Client in Python", {}, async (network) => {
  await using source = new Agent({ token: "source-agent", url: network.url });
  await source.connect();
  const metrics = { "test.power": { unit: "W" }, "test.room1.heat": {}, "other.power": {} };
  await source.rpc("source.declare_metrics", { metrics });
  await using client = new PythonPeer("get_metrics.py", network.url);
  await client.waitForEvent(({ event }) => event === "ready");

  const ask = async (filter: Record<string, unknown>) => {
    const before = client.events.length;
    await client.write(filter);
    const answer = await client.waitFor(() => client.events[before]);
    return answer.error ?? Object.keys(Object(answer.metrics));
  };
  assert.deepEqual(await ask({}), ["other.power", "test.power", "test.room1.heat"]);
  assert.deepEqual(await ask({ selector: "power$" }), ["other.power", "test.power"]);
  assert.deepEqual(await ask({ selector: ["test.power", "test.none"] }), ["test.power"]);
  assert.deepEqual(await ask({ prefix: "test", limit: 1 }), ["test.power"]);
  assert.deepEqual(await ask({ infix: "room1" }), ["test.room1.heat"]);
  assert.match(
    String(await ask({ selector: "(" })),
    /Cannot get metrics: "selector" is refused: Invalid regular expression/,
  );
}).forEach((test) => Deno.test(test));

referenceTests(
  "Manager answers a HistoryClient in Python as one without databases does",
  {},
  async (network) => {
    await using source = new Agent({ token: "source-agent", url: network.url });
    await source.connect();
    await source.rpc("source.metrics_list", { metrics: ["test.heat", "test.power"] });
    await using client = new PythonPeer("history.py", network.url);
    await client.waitForEvent(({ event }) => event === "ready");
    const ask = async (question: Record<string, unknown>) => {
      const before = client.events.length;
      await client.write(question);
      const answer = await client.waitFor(() => client.events[before]);
      return answer.metrics === undefined ? answer.event : Object.keys(Object(answer.metrics));
    };
    assert.deepEqual(await ask({ selector: "test" }), []);
    assert.deepEqual(await ask({ selector: "test", historic: null }), ["test.heat", "test.power"]);
    assert.equal(await ask({ metric: "test.power" }), "silence");

    await using database = new Agent({ token: "db-test", url: network.url });
    await database.connect();
    await database.rpc("db.subscribe", { metrics: ["test.power"] });
    assert.deepEqual(await ask({ selector: "test" }), ["test.power"]);
    assert.deepEqual(await database.rpc("history.get_metric_list", { selector: "^test" }), {
      metric_list: ["test.power"],
    });
  },
).forEach((test) => Deno.test(test));
