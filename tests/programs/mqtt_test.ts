/** MQTT: filters of topics, and a real broker, mosquitto, that goes and comes back. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { MAX_WAITING_POINTS, MqttInbox } from "../../src/programs/mqtt_inbox.ts";
import { MqttSource } from "../../src/programs/mqtt_source.ts";
import { matchTopic, requireFilter } from "../../src/programs/mqtt_topic.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { Network } from "../e2e/network.ts";
import { Certificates } from "../e2e/certificates.ts";
import { freePort } from "../peers/process.ts";
import { LogRecords } from "../support/log_records.ts";
import { needing } from "../support/needing.ts";
import { startMosquitto } from "./mosquitto.ts";

const peers = ["rabbitmq", "metricq", "mosquitto"] as const;
const token = "source-test";

Deno.test("matchTopic() tells what wildcards stand for, and refuses other topics", () => {
  const cases: readonly [string, string, Record<string, string> | undefined][] = [
    ["a/+/c", "a/b/c", { 1: "b", topic: "a.b.c" }],
    ["+/+", "a/b", { 1: "a", 2: "b", topic: "a.b" }],
    ["a/#", "a/b/c", { rest: "b.c", topic: "a.b.c" }],
    ["a/#", "a", { rest: "", topic: "a" }],
    ["a/+", "a", undefined],
    ["a/+", "a/b/c", undefined],
    ["a", "b", undefined],
    ["+/x", "$SYS/x", undefined],
    ["#", "$SYS/x", undefined],
    ["$SYS/#", "$SYS/x", { rest: "x", topic: "$SYS.x" }],
  ];
  for (const [filter, topic, parts] of cases) {
    assert.deepEqual(matchTopic(filter, topic), parts, `${filter} ${topic}`);
  }
});

Deno.test("requireFilter() takes the filters of MQTT only", () => {
  for (const good of ["a", "a/+/b", "#", "a/#", "+", "/a", "$SYS/#"]) requireFilter(good);
  for (const bad of ["", "a#", "#/a", "a/b+", "a\0", "x".repeat(65_536)]) {
    assert.throws(() => requireFilter(bad), SyntaxError);
  }
});

Deno.test("MqttInbox gives each point once, in order, and nothing of what is silent for too long", () => {
  const inbox = new MqttInbox();
  const point = (n: number) => ({ time: Timestamp.fromPosixNs(BigInt(n)), value: n });
  fc.assert(fc.property(fc.array(fc.integer(), { minLength: 1, maxLength: 50 }), (numbers) => {
    const taken: unknown[] = [];
    for (const n of numbers) {
      inbox.add("a", point(n), 0, 1000);
      if (n % 3 === 0) taken.push(...inbox.take(0)["a"] as unknown[]);
    }
    taken.push(...inbox.take(0)["a"] as unknown[]);
    assert.deepEqual(taken, numbers.map(point));
  }));
  assert.deepEqual(inbox.take(1000), { a: [] });
  assert.deepEqual(inbox.take(1001), {});
  inbox.add("a", new Error("rubbish"), 2000, 1000);
  assert.ok(inbox.take(2000)["a"] instanceof Error);
});

Deno.test("MqttInbox is bounded, and tells how many points it has dropped", async () => {
  await using logged = await LogRecords.capture();
  const inbox = new MqttInbox();
  for (let n = 0; n < MAX_WAITING_POINTS + 5; n++) {
    inbox.add("a", { time: Timestamp.fromPosixNs(BigInt(n)), value: n }, 0, Infinity);
  }
  const points = inbox.take(0)["a"];
  assert.ok(Array.isArray(points));
  assert.equal(points.length, MAX_WAITING_POINTS);
  assert.equal(points[0].value, 0);
  inbox.take(0);
  const warnings = logged.messages("warning").filter((line) => line.startsWith("Dropped"));
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? "", /^Dropped 5 points/);
});

/** Publishes a message. */
async function publish(port: number, topic: string, message: string, retain = false) {
  const { connectAsync } = await import("./mqtt_client.ts");
  const client = await connectAsync(`mqtt://localhost:${port}`);
  await client.publishAsync(topic, message, { qos: 1, retain });
  await client.endAsync();
}

Deno.test(needing({ peers }, {
  name: "MqttSource sends what comes, NaN while the broker is away, and comes back",
  fn: async () => {
    await using logged = await LogRecords.capture();
    const port = freePort();
    let broker = await startMosquitto(port, "allow_anonymous true");
    await publish(port, "sensors/old/temperature", "5", true);
    const topics = {
      "sensors/+/temperature": {
        values: { "{1}.temperature": { unit: "°C", description: "Air in {1}" } },
      },
      "tele/+/SENSOR": {
        values: {
          "{1}.power": { json: "power", unit: "W", time: { json: "ms", unit: "ms" } },
          "{1}.state": { json: "on", unit: "" },
        },
      },
    };
    const url = `mqtt://localhost:${port}`;
    const config = { prefix: "test", interval: "20ms", brokers: { house: { url, topics } } };
    await using network = await Network.start({ configs: { [token]: config } });
    const sink = await network.sink("test.room1.temperature", "test.plug.power", "test.plug.state");
    await using source = new MqttSource({ token, url: network.url });
    await source.connect();
    await logged.logged("info", /is running$/);
    // Nobody tells when it has subscribed: a message is sent until one has come.
    while (sink.points("test.room1.temperature").length === 0) {
      await publish(port, "sensors/room1/temperature", "21.5 °C");
    }
    await publish(port, "tele/plug/SENSOR", '{"power": 12.25, "ms": 1700000000123, "on": true}');
    const { unit, description, rate } = await network.manager.declared("test.room1.temperature");
    assert.deepEqual([unit, description, rate], ["°C", "Air in room1", undefined]);
    const [first] = await sink.waitForPoints("test.room1.temperature", 1);
    assert.equal(first?.value, 21.5);
    const [power] = await sink.waitForPoints("test.plug.power", 1);
    assert.deepEqual([power?.timeNs, power?.value], [1_700_000_000_123_000_000n, 12.25]);
    assert.equal((await sink.waitForPoints("test.plug.state", 1))[0]?.value, 1);

    await publish(port, "sensors/room1/temperature", "rubbish");
    await logged.logged("warning", /^No reading of .*test\.room1\.temperature: "rubbish" is given/);
    await broker.kill();
    await logged.logged("warning", /^No reading of house: Cannot read house: /);
    broker = await startMosquitto(port, "allow_anonymous true");
    await using _broker = broker;
    await logged.logged("info", /^house is read again, after \d+ failures?$/);
    await publish(port, "sensors/room1/temperature", "22");
    const values = () => sink.points("test.room1.temperature").map(({ value }) => value);
    while (values().at(-1) !== 22) {
      await sink.waitForPoints("test.room1.temperature", values().length + 1);
    }
    const runs = values()
      .filter((value, at, all) => !Object.is(value, all[at - 1]));
    assert.deepEqual(runs, [21.5, NaN, 22]);
    // What the broker had kept from before was left out.
    assert.ok(!(await source.getMetrics())["test.old.temperature"]);
  },
}));

Deno.test(needing({ peers }, {
  name: "MqttSource tells of a broker that has stopped without closing, and comes back",
  fn: async () => {
    await using logged = await LogRecords.capture();
    const port = freePort();
    await using broker = await startMosquitto(port, "allow_anonymous true");
    const topics = { a: { values: { a: {} }, retained: true } };
    const house = { url: `mqtt://localhost:${port}`, topics };
    const config = { prefix: "test", interval: "100ms", brokers: { house } };
    await using network = await Network.start({ configs: { [token]: config } });
    const sink = await network.sink("test.a");
    await using source = new MqttSource({ token, url: network.url });
    await source.connect();
    const { connectAsync } = await import("./mqtt_client.ts");
    const send = async (text: string) => {
      const client = await connectAsync(house.url);
      await client.publishAsync("a", text, { retain: true });
      await client.endAsync();
    };
    await send("1");
    assert.equal((await sink.waitForPoints("test.a", 1))[0]?.value, 1);
    broker.signal("SIGSTOP");
    await logged.logged("warning", /^No reading of house: Cannot read house: /);
    broker.signal("SIGCONT");
    await logged.logged("info", /^house is read again, after \d+ failures?$/);
    const points = await sink.waitForPoints("test.a", 3);
    const runs = points.map(({ value }) => value).filter((value, at, all) =>
      !Object.is(value, all[at - 1])
    );
    assert.deepEqual(runs.slice(0, 2), [1, NaN]);
    await source.stop();
    const told = logged.messages("warning").filter((line) => /^No reading/.test(line));
    assert.equal(told.length, 1, told.join("\n"));
  },
}));

Deno.test(needing({ peers, permissions: [{ name: "run", command: "openssl" }] }, {
  name: "MqttSource logs in by TLS, and tells what is wrong without the password",
  fn: async () => {
    await using logged = await LogRecords.capture();
    await using certificates = await Certificates.make();
    const port = freePort();
    const passwords = certificates.path("passwords");
    // mosquitto drops root's rights, and has to read them still.
    await new Deno.Command("chmod", { args: ["-R", "a+rX", certificates.folder] }).output();
    await new Deno.Command("mosquitto_passwd", {
      args: ["-c", "-b", passwords, "joe", "s3cr3t"],
    }).output();
    await Deno.chmod(passwords, 0o644);
    await using _broker = await startMosquitto(
      port,
      "allow_anonymous false",
      `password_file ${passwords}`,
      `cafile ${certificates.path("ca.pem")}`,
      `certfile ${certificates.path("server.pem")}`,
      `keyfile ${certificates.path("server.key")}`,
    );
    const configOf = (password: string) => ({
      prefix: "test",
      interval: "20ms",
      brokers: {
        safe: {
          url: `mqtts://joe:${password}@localhost:${port}`,
          caFile: certificates.path("ca.pem"),
          topics: { "a": { values: { a: {} }, retained: true } },
        },
      },
    });
    await using network = await Network.start({ configs: { [token]: configOf("wr0ng") } });
    const sink = await network.sink("test.a");
    await using source = new MqttSource({ token, url: network.url });
    await source.connect();
    await logged.logged("warning", /^No reading of safe: .*[Nn]ot authori[sz]ed/);
    await network.manager.setConfig(token, configOf("s3cr3t"));
    const { connectAsync } = await import("./mqtt_client.ts");
    const client = await connectAsync(`mqtts://localhost:${port}`, {
      username: "joe",
      password: "s3cr3t",
      ca: await certificates.text("ca.pem"),
    });
    await client.publishAsync("a", "42", { retain: true });
    await client.endAsync();
    assert.equal((await sink.waitForPoints("test.a", 1))[0]?.value, 42);
    assert.doesNotMatch(logged.messages().join(" "), /wr0ng|s3cr3t/);
  },
}));
