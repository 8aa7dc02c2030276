import assert from "node:assert/strict";
import { Duplex } from "node:stream";
import { LimitedServer } from "../../src/http/limited_server.ts";
import { ServerSocket } from "../../src/http/web_socket.ts";
import { encodeFrame } from "../../src/http/web_socket_frames.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { needing } from "../support/needing.ts";

const NET = [{ name: "net" }] as const;
const HANDSHAKE = [
  "GET / HTTP/1.1",
  "host: here",
  "connection: upgrade",
  "upgrade: websocket",
  "sec-websocket-version: 13",
  "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
  "\r\n",
];

/** A server of WebSockets that sends back what comes. */
async function serve() {
  const clock = new ManualClock();
  const sockets: ServerSocket[] = [];
  const closed = Promise.withResolvers<void>();
  const server = await LimitedServer.start({
    hostname: "127.0.0.1",
    port: 0,
    clock,
    answer: () => new Response("no"),
    upgrade: () => (socket) => {
      sockets.push(socket);
      socket.onMessage = (message) => socket.send(message);
      socket.onClose = () => closed.resolve();
    },
    onError: () => new Response("failed", { status: 500 }),
    limits: { messageBytes: 1000 },
  });
  const { port } = server.address;
  return {
    clock,
    sockets,
    closed: closed.promise,
    url: `ws://127.0.0.1:${port}/`,
    connect: () => Deno.connect({ hostname: "127.0.0.1", port }),
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.close();
      await clock.advance(2); // peers that do not answer
      await server.stop();
    },
  };
}

/** Frames of a client whose mask is 0. */
function frame(opcode: number, text: string, isFinal = true): Uint8Array<ArrayBuffer> {
  const content = new TextEncoder().encode(text);
  const [first = 0, second = 0, ...rest] = encodeFrame(opcode, content);
  const head = rest.slice(0, rest.length - content.length);
  return new Uint8Array([
    isFinal ? first : first & 0x7F,
    second | 0x80,
    ...head,
    ...[0, 0, 0, 0],
    ...content,
  ]);
}

/** Sends frames behind a handshake, and returns what has come when `end` has. */
async function talk(
  connection: Deno.TcpConn,
  frames: readonly Uint8Array[],
  end?: string,
): Promise<string> {
  const head = new TextEncoder().encode(HANDSHAKE.join("\r\n"));
  await connection.write(new Uint8Array([...head, ...frames.flatMap((each) => [...each])]));
  let text = "";
  const buffer = new Uint8Array(4096);
  while (end === undefined || !text.includes(end)) {
    const count = await connection.read(buffer).catch(() => null);
    if (count === null) break;
    text += String.fromCharCode(...buffer.subarray(0, count));
  }
  return text;
}

Deno.test(needing({ permissions: NET }, {
  name: "ServerSocket talks with a WebSocket of the platform, and says why it closes",
  fn: async () => {
    await using served = await serve();
    const socket = new WebSocket(served.url);
    socket.binaryType = "arraybuffer";
    await new Promise((resolve) => socket.onopen = resolve);
    const next = () =>
      new Promise<MessageEvent>((resolve) => socket.onmessage = resolve).then(({ data }) => data);
    for (const text of ["", "é\u{1F600}", "x".repeat(1000)]) {
      const answer = next();
      socket.send(text);
      assert.equal(await answer, text);
    }
    const answer = next();
    socket.send(new Uint8Array([1, 2, 3]));
    assert.deepEqual(new Uint8Array(await answer), new Uint8Array([1, 2, 3]));
    const closed = new Promise<CloseEvent>((resolve) => socket.onclose = resolve);
    served.sockets[0]?.close(1001, "over");
    const { code, reason } = await closed;
    assert.deepEqual([code, reason], [1001, "over"]);
    await served.closed;
    served.sockets[0]?.send("late");
  },
}));

Deno.test(needing({ permissions: NET }, {
  name:
    "ServerSocket reads what comes with the handshake, in parts, and answers pings between them",
  fn: async () => {
    await using served = await serve();
    using connection = await served.connect();
    const frames = [frame(1, "ab", false), frame(9, "?"), frame(0, "c", false), frame(0, "d")];
    const text = await talk(connection, frames, "abcd");
    // The example of RFC 6455.
    assert.match(text, /^HTTP\/1\.1 101 [^]*sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=/);
    assert.ok(text.includes("\x8a\x01?\x81\x04abcd"));
  },
}));

Deno.test(needing({ permissions: NET }, {
  name: "ServerSocket closes for what breaks the rules or the limits, with the code for it",
  fn: async () => {
    await using served = await serve();
    const bad: [string, Uint8Array[], number][] = [
      ["a part of nothing", [frame(0, "a")], 1002],
      ["a message within another", [frame(1, "a", false), frame(1, "b")], 1002],
      ["no UTF-8", [new Uint8Array([0x81, 0x81, 0, 0, 0, 0, 0xFF])], 1007],
      ["too large", [frame(1, "x".repeat(1001))], 1009],
      [
        "too large in parts",
        Array.from({ length: 11 }, (_, at) => frame(at ? 0 : 1, "x".repeat(100), false)),
        1009,
      ],
      ["no mask", [new Uint8Array([0x81, 0x01, 0x61])], 1002],
    ];
    for (const [name, frames, code] of bad) {
      using connection = await served.connect();
      const head = String.fromCharCode(code >> 8, code & 0xFF);
      const text = await talk(connection, frames, head);
      assert.match(text, new RegExp(`\x88.${head}`, "s"), name);
    }
  },
}));

Deno.test(needing({ permissions: NET }, {
  name:
    "ServerSocket gives up a peer that says nothing, or half a message, and keeps one that answers",
  fn: async () => {
    await using served = await serve();
    const alive = new WebSocket(served.url); // answers pings by itself
    await new Promise((resolve) => alive.onopen = resolve);
    using silent = await served.connect();
    using half = await served.connect();
    const halfFrame = frame(1, "x".repeat(500)).subarray(0, 300);
    await talk(silent, [], "\r\n\r\n");
    await talk(half, [halfFrame], "\r\n\r\n");
    await served.clock.advance(20); // all are asked for a sign of life
    const answered = new Promise((resolve) => alive.onmessage = resolve);
    alive.send("here"); // and so is its pong, which was sent before
    await answered;
    await served.clock.advance(20);
    for (const connection of [silent, half]) {
      const rest = await new Response(connection.readable).bytes();
      assert.deepEqual([...rest], [0x89, 0], "a ping, and the end");
    }
    assert.equal(alive.readyState, WebSocket.OPEN);
    const closed = new Promise((resolve) => alive.onclose = resolve);
    alive.close();
    await closed;
  },
}));

Deno.test(needing({ permissions: NET }, {
  name: "LimitedServer opens a WebSocket for a whole handshake only",
  fn: async () => {
    await using served = await serve();
    const without = (part: string) => HANDSHAKE.filter((line) => !line.startsWith(part));
    for (
      const [lines, status] of [
        [without("sec-websocket-version"), 426],
        [without("sec-websocket-key"), 400],
        [["POST / HTTP/1.1", ...HANDSHAKE.slice(1)], 400],
        [HANDSHAKE.map((line) => line.replace("websocket", "h2c")), 200],
      ] as const
    ) {
      using connection = await served.connect();
      await connection.write(new TextEncoder().encode(lines.join("\r\n")));
      const text = await new Response(connection.readable).text();
      assert.match(text, new RegExp(`^HTTP/1\\.1 ${status} `), lines.join(" "));
    }
    assert.deepEqual(served.sockets, []);
  },
}));

/** A connection whose peer takes nothing until it is told to. */
class StuckPeer extends Duplex {
  #take: () => void = () => {};

  override _read(): void {}

  override _write(_part: unknown, _encoding: unknown, done: () => void): void {
    this.#take = done;
  }

  /** Takes all that waits. */
  async takeAll(): Promise<void> {
    while (this.writableLength > 0) {
      this.#take();
      await new Promise((resolve) => setTimeout(resolve));
    }
  }
}

Deno.test("ServerSocket keeps little for a peer that does not read, and says when it does", async () => {
  const peer = new StuckPeer();
  const clock = new ManualClock();
  const socket = new ServerSocket(peer, { clock, maxMessageBytes: 1000 });
  await socket.drained();
  for (let count = 0; count < 2000; count++) {
    peer.push(frame(9, "x".repeat(100)));
    if (count % 100 === 0) await new Promise((resolve) => setTimeout(resolve));
  }
  assert.ok(peer.writableLength < 100_000, `${peer.writableLength} bytes wait`);

  let isDrained = false;
  const drained = socket.drained().then(() => isDrained = true);
  await new Promise((resolve) => setTimeout(resolve));
  assert.equal(isDrained, false);
  await peer.takeAll();
  await drained;
  socket.send("x".repeat(200_000));
  const over = socket.drained();
  peer.destroy();
  await over;
});

Deno.test("ServerSocket takes a message in many parts", async () => {
  const peer = new StuckPeer();
  const socket = new ServerSocket(peer, { clock: new ManualClock(), maxMessageBytes: 1000 });
  const text = Array.from({ length: 1000 }, (_, at) => String.fromCharCode(97 + at % 26)).join("");
  for (let round = 0; round < 2; round++) {
    const message = new Promise((resolve) => socket.onMessage = resolve);
    [...text].forEach((letter, at) => peer.push(frame(at ? 0 : 1, letter, at === 999)));
    assert.equal(await message, text);
  }
  peer.destroy();
});
