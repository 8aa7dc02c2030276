/** Modbus: frames and values, and real devices (pymodbus) and rude ones on a real network. */

import assert from "node:assert/strict";
import * as v from "valibot";
import { ModbusConnection } from "../../src/programs/modbus_connection.ts";
import { decodeAnswer, encodeRequest, frameLength } from "../../src/programs/modbus_frame.ts";
import { ModbusSource } from "../../src/programs/modbus_source.ts";
import {
  groupValues,
  readingOf,
  RegisterConfig,
  valueOf,
} from "../../src/programs/modbus_values.ts";
import { Network } from "../e2e/network.ts";
import { freePort } from "../peers/process.ts";
import { PythonPeer } from "../peers/python_peer.ts";
import { LogRecords } from "../support/log_records.ts";
import { needing } from "../support/needing.ts";

const peers = ["rabbitmq", "metricq", "pymodbus"] as const;
const token = "source-test";
const never = new AbortController().signal;

function register(config: v.InferInput<typeof RegisterConfig>): RegisterConfig {
  return v.parse(RegisterConfig, config);
}

Deno.test("groupValues() reads neighbours in one request, as many as it may have", () => {
  const blocks = (gap: number, ...configs: v.InferInput<typeof RegisterConfig>[]) =>
    groupValues(Object.fromEntries(configs.map((one, at) => [`${at}`, register(one)])), gap)
      .map(({ block: { table, start, count }, values }) => [table, start, count, values.length]);
  assert.deepEqual(
    blocks(0, { register: 4, type: "float32" }, { register: 2 }, { register: 3 }, { register: 7 }),
    [["holding", 2, 4, 3], ["holding", 7, 1, 1]],
  );
  assert.deepEqual(blocks(1, { register: 2 }, { register: 4 }), [["holding", 2, 3, 2]]);
  assert.deepEqual(
    blocks(0, { register: 0, bit: 1 }, { register: 0, bit: 2 }, { register: 1, table: "input" }),
    [["holding", 0, 1, 2], ["input", 1, 1, 1]],
  );
  assert.deepEqual(
    blocks(1000, { register: 0 }, { register: 124 }, { register: 125 }),
    [["holding", 0, 125, 2], ["holding", 125, 1, 1]],
  );
  assert.deepEqual(
    blocks(1999, { table: "coil", register: 0 }, { table: "coil", register: 1999 }),
    [["coil", 0, 2000, 2]],
  );
});

Deno.test("decodeAnswer() takes what answers the request, and nothing else", () => {
  const head = { transaction: 0x1234, unit: 9 };
  const block = { table: "holding", start: 0x6b, count: 2 } as const;
  assert.deepEqual([...encodeRequest(head, block)], [
    ...[0x12, 0x34, 0, 0, 0, 6, 9, 3, 0, 0x6b, 0, 2],
  ]);
  const answer = Uint8Array.of(0x12, 0x34, 0, 0, 0, 7, 9, 3, 4, 0xff, 0xfe, 0x12, 0x34);
  assert.equal(frameLength(answer), answer.length);
  assert.equal(frameLength(answer.subarray(0, 6)), undefined);
  const data = decodeAnswer(answer, head, block);
  assert.equal(valueOf(data, block, register({ register: 0x6b, type: "int16" })), -2);
  assert.equal(valueOf(data, block, register({ register: 0x6c, bit: 2 })), 1);
  assert.equal(valueOf(data, block, register({ register: 0x6c, scale: 0.5 })), 0x1234 / 2);

  const changed = (at: number, byte: number) => answer.with(at, byte);
  assert.throws(() => frameLength(changed(3, 1)), SyntaxError);
  assert.throws(() => frameLength(changed(4, 1)), SyntaxError);
  for (const wrong of [changed(1, 0), changed(6, 8), changed(7, 4), changed(8, 2)]) {
    assert.throws(() => decodeAnswer(wrong, head, block), SyntaxError);
  }
  const refusal = Uint8Array.of(0x12, 0x34, 0, 0, 0, 3, 9, 0x83, 2);
  assert.throws(() => decodeAnswer(refusal, head, block), {
    name: "ModbusRefusal",
    message: 'Cannot read holding 107: the device answers "illegal data address"',
  });
});

Deno.test("readingOf() refuses what is infinite, and takes NaN as no reading", () => {
  const config = v.parse(RegisterConfig, { register: 0, type: "float32", scale: 1e300 });
  const block = { table: config.table, start: 0, count: 2 };
  for (
    const [float, shown] of [[Infinity, "Infinity"], [-Infinity, "-Infinity"], [
      3e38,
      "Infinity",
    ]] as const
  ) {
    const data = new DataView(new ArrayBuffer(4));
    data.setFloat32(0, float);
    const reading = readingOf("lab.a", data, block, config);
    assert(reading instanceof Error);
    assert.equal(reading.message, `lab.a: ${shown} is given, a number that is finite is required`);
  }
  const data = new DataView(new ArrayBuffer(4));
  data.setFloat32(0, NaN);
  assert.equal(readingOf("lab.a", data, block, config), NaN);
  data.setFloat32(0, 2);
  assert.equal(readingOf("lab.a", data, block, config), 2e300);
});

Deno.test(needing({ peers }, {
  name: "ModbusConnection and valueOf() read every type in every order as pymodbus has written it",
  fn: async () => {
    const port = freePort();
    await using device = new PythonPeer("modbus.py", `${port}`);
    const { values } = await device.waitForEvent(({ event }) => event === "ready");
    const all = values as { type: "int16"; order: "ABCD"; register: number; value: number }[];
    assert.equal(all.length, 32);
    const connection = new ModbusConnection({ hostname: "127.0.0.1", port });
    const configs = Object.fromEntries(
      all.map(({ type, order, register: at }, index) => [
        index,
        register({ type, order, register: at }),
      ]),
    );
    const groups = groupValues(configs, 0);
    assert.equal(groups.length, 1);
    for (const { block, values } of groups) {
      const data = await connection.read(1, block, never);
      for (const [index, config] of values) {
        assert.equal(valueOf(data, block, config), all[Number(index)]?.value, `${config.type}`);
      }
    }
    const bits = { table: "discrete", start: 3, count: 9 } as const;
    const data = await connection.read(1, bits, never);
    const read = [3, 10, 11].map((at) =>
      valueOf(data, bits, register({ table: "discrete", register: at }))
    );
    assert.deepEqual(read, [0, 0, 1]);
    connection.close();
  },
}));

Deno.test(needing({ peers }, {
  name: "ModbusSource reads a device, sends NaN while it is away, and comes back",
  fn: async () => {
    await using logged = await LogRecords.capture();
    const port = freePort();
    let device = new PythonPeer("modbus.py", `${port}`);
    await device.waitForEvent(({ event }) => event === "ready");
    const values = {
      "{host}.first": { register: 0, type: "int16", scale: 0.1, unit: "V" },
      "{host}.input": { table: "input", register: 2 },
      "{host}.coil": { table: "coil", register: 2, unit: "" },
      "{host}.beyond": { table: "input", register: 50 },
    };
    const address = `{host}:${port}`;
    const config = {
      prefix: "test",
      interval: "50ms",
      devices: { meter: { address, hosts: "localhost", timeout: "2s", values } },
    };
    await using network = await Network.start({ configs: { [token]: config } });
    const metrics = ["first", "input", "coil", "beyond"].map((name) => `test.localhost.${name}`);
    const sink = await network.sink(...metrics);
    await using source = new ModbusSource({ token, url: network.url });
    await source.connect();
    const { unit } = await network.manager.declared("test.localhost.first");
    assert.equal(unit, "V");
    for (const [index, value] of [-1234.5, 9, 1, NaN].entries()) {
      const [point] = await sink.waitForPoints(metrics[index] ?? "", 1);
      assert.equal(point?.value, value);
    }
    await device.kill();
    await logged.logged("warning", /^No reading of meter \(localhost\): Cannot read localhost:/);
    device = new PythonPeer("modbus.py", `${port}`);
    await using _device = device;
    await logged.logged("info", /^meter \(localhost\) is read again, after \d+ failures$/);
    await source.stop();
    const points = sink.points("test.localhost.input").map(({ value }) => value);
    const runs = points.filter((value, at) => !Object.is(value, points[at - 1]));
    assert.deepEqual(runs.slice(0, 2), [9, NaN]);
    const refused = logged.messages("warning").filter((line) => line.includes("illegal data"));
    assert.equal(refused.length, 1);
  },
}));

Deno.test(needing({ peers: ["rabbitmq", "metricq"] }, {
  name: "ModbusSource listens on after rubbish, silence, late answers and closed connections",
  fn: async () => {
    await using logged = await LogRecords.capture();
    // What the device answers to each request; it is good again at the end.
    const good = (request: Uint8Array) =>
      Uint8Array.of(...request.subarray(0, 4), 0, 5, request[6] ?? 0, 3, 2, 0, 42);
    const answers: ((request: Uint8Array) => Uint8Array | "close" | "silence")[] = [
      good,
      () => "close", // of a connection that has been idle, which is no failure
      good,
      () => new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n"),
      () => "silence",
      () => "close",
      (request) => good(request).with(0, 0xff),
      (request) => good(request).subarray(0, 10),
      good,
    ];
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr as Deno.NetAddr;
    let asked = 0;
    const connections = new Set<Deno.Conn>();
    const serve = async (conn: Deno.Conn) => {
      connections.add(conn);
      const bytes = new Uint8Array(260);
      try {
        for (let read; (read = await conn.read(bytes)) !== null;) {
          const answer = (answers[asked++] ?? good)(bytes.slice(0, read));
          if (answer === "close") break;
          if (answer !== "silence") await conn.write(answer);
        }
      } finally {
        connections.delete(conn);
        conn.close();
      }
    };
    const serving = (async () => {
      for await (const conn of listener) void serve(conn).catch(() => {});
    })();
    const values = { "test.value": { register: 0 } };
    const device = { address: `127.0.0.1:${port}`, timeout: "200ms", interval: "20ms", values };
    const config = { devices: { rude: device } };
    await using network = await Network.start({ configs: { [token]: config } });
    await using source = new ModbusSource({ token, url: network.url });
    await source.connect();
    await logged.logged("info", /^rude is read again, after 5 failures$/);
    await source.stop();
    assert.deepEqual(
      logged.messages("warning").filter((line) => !/missed \d+ deadline/.test(line)),
      [
        `No reading of rude: Cannot read 127.0.0.1:${port}: Cannot read answer: its first bytes ` +
        "are not a head of Modbus TCP",
      ],
    );
    assert.equal(connections.size, 0);
    listener.close();
    await serving.catch(() => {});
  },
}));

Deno.test(needing({ peers: ["rabbitmq", "metricq"] }, {
  name: "ModbusSource refuses a bad configuration by name",
  fn: async () => {
    await using network = await Network.start({ configs: { [token]: { devices: {} } } });
    await using source = new ModbusSource({ token, url: network.url });
    await source.connect();
    const refuses = (value: unknown, message: RegExp, device: Record<string, unknown> = {}) =>
      assert.rejects(
        network.manager.setConfig(token, {
          devices: { one: { address: "127.0.0.1", values: { "test.one": value }, ...device } },
        }),
        { message },
      );
    const where = /devices\.one\.values\.test\.one/.source;
    await refuses({ register: 65536 }, new RegExp(`${where}\\.register`));
    await refuses({ register: 65535, type: "int32" }, /beyond 65535/);
    await refuses({ register: 1, type: "int24" }, new RegExp(`${where}\\.type`));
    await refuses({ register: 1, table: "coil", type: "int16" }, /neither type nor bit/);
    await refuses({ register: 1, bit: 3, type: "int16" }, /bit is one of uint16/);
    await refuses({ register: 1 }, /devices\.one: address "a b" is given/, { address: "a b" });
    await refuses({ register: 1 }, /hosts are required/, { address: "{host}" });
    await refuses({ register: 1 }, /devices\.one\.unit/, { unit: 1 });
  },
}));
