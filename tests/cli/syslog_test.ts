import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import type { LogLevel, LogRecord } from "@logtape/logtape";
import { SyslogSink } from "../../src/cli/syslog.ts";
import { parseSyslogAddress } from "../../src/cli/syslog_address.ts";
import { openSyslog, type SyslogTransport } from "../../src/cli/syslog_transport.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { needing } from "../support/needing.ts";
import { DatagramSocket } from "./datagram_socket.ts";

function record(text: string, level: LogLevel = "info"): LogRecord {
  return {
    category: ["metricq"],
    level,
    message: [text],
    rawMessage: text,
    properties: {},
    timestamp: new Date(2024, 4, 1, 9, 5, 3).getTime(),
  };
}

/** A transport in memory whose server takes messages as `take` says. */
function transport(take: (message: string) => Promise<void> = () => Promise.resolve()) {
  const sent: string[] = [];
  const fake: SyslogTransport = {
    async send(message) {
      await take(message);
      sent.push(message);
    },
    close() {},
  };
  return { fake, sent };
}

Deno.test("parseSyslogAddress() reads host, port, IPv6 address and path", () => {
  assert.deepEqual(parseSyslogAddress(""), { hostname: "localhost", port: 514 });
  assert.deepEqual(parseSyslogAddress("log.example"), { hostname: "log.example", port: 514 });
  assert.deepEqual(parseSyslogAddress("10.0.0.1:1514"), { hostname: "10.0.0.1", port: 1514 });
  assert.deepEqual(parseSyslogAddress("[::1]:514"), { hostname: "::1", port: 514 });
  assert.deepEqual(parseSyslogAddress("[fe80::1]"), { hostname: "fe80::1", port: 514 });
  assert.deepEqual(parseSyslogAddress("/dev/log"), { path: "/dev/log" });
  const tcp = { hostname: "log.example", port: 601, transport: "tcp" };
  assert.deepEqual(parseSyslogAddress("tcp:log.example:601"), tcp);
  assert.deepEqual(parseSyslogAddress("tcp:"), { ...tcp, hostname: "localhost", port: 514 });
});

Deno.test("parseSyslogAddress() refuses anything else", () => {
  for (
    const text of [
      ":514",
      "host:",
      "host:0",
      "host:65536",
      "::1",
      "a b",
      "a:b",
      "[::1",
      "[a]",
      "tcp:a:b",
      "tcp:tcp:a",
    ]
  ) {
    assert.throws(() => parseSyslogAddress(text), SyntaxError, text);
  }
});

Deno.test("SyslogSink writes the header of RFC 3164 as MetricQ programs in Python do", async () => {
  const { fake, sent } = transport();
  const sink = new SyslogSink(fake, "source-test");
  sink.write(record("one\ntwo"));
  sink.write(record("three", "error"));
  await sink.close();
  const rest = `2024-05-01 09:05:03 (\\S+) source-test\\[${Deno.pid}\\]: `;
  assert.match(sent[0] ?? "", new RegExp(`^<14>${rest}one\\\\ntwo$`));
  assert.match(sent[1] ?? "", new RegExp(`^<11>${rest}three$`));
});

Deno.test("SyslogSink sends in order, even if the server takes its time", async () => {
  const delays = [3, 1, 2];
  const { fake, sent } = transport(async () => {
    for (let turns = delays.shift() ?? 0; turns > 0; turns--) await Promise.resolve();
  });
  const sink = new SyslogSink(fake, "t");
  for (const text of ["a", "b", "c"]) sink.write(record(text));
  assert.equal(await sink.close(), undefined);
  assert.deepEqual(sent.map((message) => message.at(-1)), ["a", "b", "c"]);
});

Deno.test("SyslogSink drops and counts what a server that is away cannot take", async () => {
  let away = true;
  const { fake, sent } = transport(() =>
    away ? Promise.reject(new Error("away")) : Promise.resolve()
  );
  const sink = new SyslogSink(fake, "t");
  sink.write(record("a"));
  await new Promise((resolve) => setTimeout(resolve, 0));
  away = false;
  sink.write(record("b"));
  assert.equal(await sink.close(), "Lost 1 log message on the way to syslog: away");
  assert.deepEqual(sent.map((message) => message.at(-1)), ["b"]);
});

Deno.test("SyslogSink keeps no more than 1000 messages for a server that is stuck", async () => {
  const { fake, sent } = transport(() => new Promise(() => {}));
  const clock = new ManualClock();
  const sink = new SyslogSink(fake, "t", clock);
  for (let count = 0; count < 1500; count++) sink.write(record("a"));
  assert.equal(sink.dropped, 500);
  const closed = sink.close();
  await clock.advance(0.5);
  assert.equal(
    await closed,
    "Lost 1500 log messages on the way to syslog: the server is too slow",
  );
  assert.deepEqual(sent, []);
});

for (const [family, hostname] of [["udp4", "127.0.0.1"], ["udp6", "::1"]] as const) {
  Deno.test(needing({ permissions: [{ name: "net" }] }, {
    name: `openSyslog() sends datagrams to ${hostname}`,
    fn: async () => {
      const server = createSocket(family);
      const received = new Promise<string>((resolve) =>
        server.once("message", (bytes) => resolve(`${bytes}`))
      );
      const port = await new Promise<number>((resolve) => {
        server.bind(0, hostname, () => resolve(server.address().port));
      });
      const syslog = await openSyslog({ hostname, port });
      await syslog.send("hello");
      assert.equal(await received, "hello");
      syslog.close();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  }));
}

Deno.test(needing({ permissions: [{ name: "net" }] }, {
  name: "openSyslog() sends lines over TCP",
  fn: async () => {
    using server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const accepted = server.accept();
    const { port } = server.addr;
    const syslog = await openSyslog({ hostname: "localhost", port, transport: "tcp" });
    await syslog.send("one");
    await syslog.send("two");
    syslog.close();
    assert.equal(await new Response((await accepted).readable).text(), "one\ntwo\n");
  },
}));

Deno.test(needing({ permissions: [{ name: "net" }, { name: "read" }, { name: "write" }] }, {
  name: "openSyslog() writes to a Unix stream socket, and again when its server is back",
  fn: async () => {
    const folder = await Deno.makeTempDir();
    try {
      const path = `${folder}/log`;
      const syslog = await openSyslog({ path });
      await assert.rejects(syslog.send("lost"), Deno.errors.NotFound);
      for (const message of ["hello", "again"]) {
        using server = Deno.listen({ transport: "unix", path });
        // Only a lost message shows that the connection to the last server is gone.
        await syslog.send(message).catch(() => syslog.send(message));
        using connection = await server.accept();
        const buffer = new Uint8Array(16);
        const length = await connection.read(buffer) ?? 0;
        assert.equal(new TextDecoder().decode(buffer.subarray(0, length)), `${message}\0`);
        await Deno.remove(path);
      }
      syslog.close();
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
}));

Deno.test(
  needing(
    { permissions: [{ name: "run" }, { name: "net" }, { name: "read" }, { name: "write" }] },
    {
      name:
        "openSyslog() sends datagrams to a Unix socket where Deno can, and says what it requires",
      fn: async () => {
        await using server = await DatagramSocket.open();
        const folder = await Deno.makeTempDir();
        const program = new URL("syslog_messages.ts", import.meta.url).pathname;
        const send = async (files: string) => {
          const permissions = ["--allow-net", `--allow-read=${files}`, `--allow-write=${files}`];
          const { stderr } = await new Deno.Command(Deno.execPath(), {
            args: [
              "run",
              "--no-prompt",
              "--unstable-net",
              ...permissions,
              program,
              server.path,
              "hello",
            ],
            env: { NO_COLOR: "1", TMPDIR: folder },
          }).output();
          return new TextDecoder().decode(stderr);
        };
        try {
          const { path } = server;
          await assert.rejects(
            openSyslog({ path }),
            /is a datagram socket, .* requires --unstable-net/,
          );
          assert.match(
            await send(path),
            /permission is missing, --allow-read and --allow-write of /,
          );
          assert.equal(await send(`${path},${folder}`), "");
          await server.waitFor("hello");
          const left = await Array.fromAsync(Deno.readDir(folder));
          assert.deepEqual(left, []);
        } finally {
          await Deno.remove(folder, { recursive: true });
        }
      },
    },
  ),
);
