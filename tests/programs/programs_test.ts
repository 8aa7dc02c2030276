/** The programs on a real network, configured over it. */

import assert from "node:assert/strict";
import { ExecSource } from "../../src/programs/exec_source.ts";
import { HttpSource } from "../../src/programs/http_source.ts";
import { SysinfoSource } from "../../src/programs/sysinfo_source.ts";
import { Network } from "../e2e/network.ts";
import { until } from "../support/clock.ts";
import { TestNetwork } from "../../src/testing/test_network.ts";
import { LogRecords } from "../support/log_records.ts";
import { needing } from "../support/needing.ts";
import { DeviceServer } from "./device_server.ts";

const needs = ["rabbitmq", "metricq"] as const;
const token = "source-test";

Deno.test(needing({ peers: needs }, {
  name: "HttpSource sends numbers from JSON and text, with metadata",
  fn: async () => {
    await using device = new DeviceServer();
    device.answer = ({ url, headers }) =>
      url.endsWith("/json")
        ? Response.json({ power: [{ mW: 2500 }], key: Number(headers.get("x-key")) })
        : new Response("node_load1 0.75\n");
    const config = {
      prefix: "example.room1",
      interval: "10ms",
      requests: {
        meter: {
          url: `${device.url}/json`,
          headers: { "x-key": "7" },
          values: {
            "meter.power": { json: "power[0].mW", scale: 0.001, unit: "W", rack: 1 },
            "meter.key": { json: "key" },
          },
        },
        node: {
          url: `${device.url}/metrics`,
          rate: 50,
          values: { "node.load": { regex: "^node_load1 (\\S+)$" } },
        },
      },
    };
    await using network = await Network.start({ configs: { [token]: config } });
    const metrics = ["meter.power", "meter.key", "node.load"].map((name) =>
      `example.room1.${name}`
    );
    const sink = await network.sink(...metrics);
    await using source = new HttpSource({ token, url: network.url });
    await source.connect();

    const { date: _, ...metadata } = await network.manager.declared("example.room1.meter.power");
    const expected = { unit: "W", rack: 1, rate: 100, interval: "10ms", chunkSize: 100 };
    assert.deepEqual(metadata, { ...expected, source: token });
    assert.equal((await network.manager.declared("example.room1.node.load"))["rate"], 50);
    for (const [index, value] of [2.5, 7, 0.75].entries()) {
      const [point] = await sink.waitForPoints(metrics[index] ?? "", 1);
      assert.equal(point?.value, value);
    }
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "HttpSource sends NaN for a device that fails, and the others do not notice",
  fn: async () => {
    await using logged = await LogRecords.capture();
    await using bad = new DeviceServer();
    await using good = new DeviceServer();
    good.answer = () => Response.json({ value: 1 });
    const requests = Object.fromEntries(
      Object.entries({ bad, good }).map(([name, { url }]) => [name, {
        url: `${url}/?key=secret`,
        interval: "20ms",
        timeout: "1s",
        values: { [`test.${name}`]: { json: "value" } },
      }]),
    );
    await using network = await Network.start({ configs: { [token]: { requests } } });
    const sink = await network.sink("test.bad", "test.good");
    const answers = [
      () => new Response("gone", { status: 503 }),
      () => new Response("<html>"),
      () => new Response("x".repeat(2_000_000)),
      () => undefined,
      () => Response.json({ value: 2 }),
      () => Response.json({ value: "N/A" }),
    ];
    let asked = 0;
    bad.answer = () => {
      const answer = answers[asked++];
      return answer ? answer() : Response.json({ value: 3 });
    };
    await using source = new HttpSource({ token, url: network.url });
    await source.connect();
    await until(() => asked > answers.length + 1);
    await source.stop();
    const values = (await sink.waitForPoints("test.bad", 7)).map(({ value }) => value);
    assert.deepEqual(values.slice(0, 7), [NaN, NaN, NaN, NaN, 2, NaN, 3]);
    const others = await sink.waitForPoints("test.good", 10);
    assert(others.every(({ value }) => value === 1));

    // That a reading took longer than 20 ms may be told as well, on a busy machine.
    const told = [...logged.messages("warning"), ...logged.messages("info")].filter((message) =>
      /bad[ :]/.test(message) && !/missed \d+ deadline/.test(message)
    );
    assert.match(told[0] ?? "", /^No reading of bad: Cannot read 127\.0\.0\.1:\d+: it answers 503/);
    assert.match(told[1] ?? "", /^No reading of bad: test\.bad: "N\/A" is given, a number is/);
    assert.deepEqual(told.slice(2), [
      "bad is read again, after 4 failures",
      "bad is read again, after 1 failure",
    ]);
    assert.doesNotMatch(logged.inspect(), /key=secret/);
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "ExecSource sends numbers from what commands print",
  fn: async () => {
    const config = {
      prefix: "example",
      commands: {
        json: {
          command: ["printf", '{"a": [1, 2.5]}'],
          interval: "5ms",
          values: { "exec.json": { json: "a[-1]" } },
        },
        failing: { command: ["false"], rate: 100, values: { "exec.failing": { regex: "." } } },
        slow: {
          command: ["sleep", "1000"],
          rate: 100,
          timeout: "10ms",
          values: { "exec.slow": { regex: "." } },
        },
      },
    };
    await using network = await Network.start({ configs: { [token]: config } });
    const metrics = ["example.exec.json", "example.exec.failing", "example.exec.slow"];
    const sink = await network.sink(...metrics);
    await using source = new ExecSource({ token, url: network.url });
    await source.connect();
    for (const [index, value] of [2.5, NaN, NaN].entries()) {
      const points = await sink.waitForPoints(metrics[index] ?? "", 1);
      assert(points.every((point) => Object.is(point.value, value)), `${metrics[index]}`);
    }
  },
}));

Deno.test(needing({
  permissions: [{ name: "net" }, { name: "sys", kind: "hostname" }, { name: "run" }, {
    name: "env",
  }],
}, {
  name: "ExecSource with a list in --allow-run tells once that it kills commands alone",
  permissions: { net: true, sys: true, env: true, run: ["printf"] },
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await using logged = await LogRecords.capture();
    const values = { "test.exec": { regex: "1" } };
    const config = { commands: { one: { command: ["printf", "1"], rate: 100, values } } };
    await using network = await TestNetwork.start({ config });
    await using source = new ExecSource({ token, url: network.url });
    await source.connect();
    await network.configure(token, config);
    await network.points("test.exec", 2);
    const told = logged.messages("warning").filter((text) => text.includes("killed"));
    assert.deepEqual(told, [
      "Of a command that is too slow only the program itself is killed, not what it has started: " +
      "that takes --allow-run without a list",
    ]);
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "ExecSource refuses a bad configuration by name, and goes on with the old one",
  fn: async () => {
    const commands = {
      one: { command: ["echo", "1"], rate: 100, values: { "test.one": { regex: ".*" } } },
    };
    await using network = await Network.start({ configs: { [token]: { commands } } });
    const sink = await network.sink("test.one");
    await using source = new ExecSource({ token, url: network.url });
    await source.connect();

    const refuses = async (command: unknown, message: RegExp) =>
      await assert.rejects(
        network.manager.setConfig(token, { commands: { two: command } }),
        { message },
      );
    const values = { "test.two": { regex: "1" } };
    await refuses({ command: "echo 1", values }, /: commands\.two\.command: .*Array/);
    // Its arguments are no one else's affair: a password may be among them.
    for (const secret of ["curl -u ada:hunter2 bmc", { curl: "hunter2" }]) {
      await assert.rejects(
        network.manager.setConfig(token, { commands: { two: { command: secret, values } } }),
        ({ message }: Error) => !message.includes("hunter2"),
      );
    }
    await refuses({ command: [], values }, /commands\.two\.command/);
    await refuses(
      { command: ["echo"], values, rate: 0 },
      /: commands\.two\.rate: 0 is given, .*above 0/,
    );
    await refuses({ command: ["echo"], values, intervall: 1 }, /commands\.two\.intervall/);
    await refuses({ command: ["echo"], values: { "test.two": {} } }, /one of regex, json, csv/);
    await refuses(
      { command: ["echo"], values: { "test.#": { regex: "1" } } },
      /metric name: "test\.#"/,
    );
    await refuses({ command: ["echo"], rate: 1, period: 1, values }, /period and rate/);

    const before = sink.points("test.one").length;
    const points = await sink.waitForPoints("test.one", before + 100);
    assert(points.every(({ value }) => value === 1));
    assert.equal("test.two" in network.manager.metrics, false);
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "SysinfoSource measures this host",
  fn: async () => {
    const config = {
      prefix: "example.{host}",
      rate: 50,
      groups: { memory: {}, cpu: { rate: 20 } },
    };
    await using network = await Network.start({ configs: { [token]: config } });
    const prefix = `example.${Deno.hostname()}`;
    const sink = await network.sink(`${prefix}.memory.used`, `${prefix}.cpu.utilization`);
    await using source = new SysinfoSource({ token, url: network.url });
    await source.connect();
    const { unit, rate } = await network.manager.declared(`${prefix}.cpu.utilization`);
    assert.deepEqual({ unit, rate }, { unit: "", rate: 20 });
    const names = ["memory.used", "memory.available", "memory.swap.used"];
    for (const name of [...names, "cpu.user", "cpu.system"]) {
      await network.manager.declared(`${prefix}.${name}`);
    }
    assert.equal(Object.keys(network.manager.metrics).length, 6);
    const memory = await sink.waitForPoints(`${prefix}.memory.used`, 2);
    assert(memory.every(({ value }) => value > 1e6 && value < Deno.systemMemoryInfo().total));
    const cpu = await sink.waitForPoints(`${prefix}.cpu.utilization`, 2);
    assert(cpu.every(({ value }) => !(value < 0 || value > 1)));

    await network.manager.setConfig(token, {});
    const everything = Object.keys(network.manager.metrics);
    assert(everything.some((name) => /^sysinfo\..*\.load\.one_minute$/.test(name)));
  },
}));
