import assert from "node:assert/strict";
import { LimitedServer, type LimitedServerOptions } from "../../src/http/limited_server.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { needing } from "../support/needing.ts";

const NET = [{ name: "net" }] as const;
const HEAD = "GET / HTTP/1.1\r\nhost: here\r\n";
const OFFER = "connection: upgrade\r\nupgrade: h2c\r\n\r\n";

/** Short enough to be waited for; a machine that is slow only makes it later. */
const SHORT = { headMs: 200, requestMs: 200, idleMs: 200 };
/** Longer than any test takes. */
const LONG = { headMs: 600_000, requestMs: 600_000, idleMs: 600_000 };

type Options = Partial<LimitedServerOptions>;

/** A server that tells how many bytes a request has, and what it fails with. */
async function serve(options: Options = {}) {
  const errors: unknown[] = [];
  const server = await LimitedServer.start({
    hostname: "127.0.0.1",
    port: 0,
    answer: async (request) => new Response(`${(await request.bytes()).length} bytes\n`),
    onError: (error) => {
      errors.push(error);
      return new Response("failed\n", { status: 500 });
    },
    limits: LONG,
    ...options,
  });
  return {
    server,
    errors,
    connect: () => Client.connect(server.address.port),
    [Symbol.asyncDispose]: () => server.stop(),
  };
}

/** A connection of which the test says each byte. */
class Client {
  readonly #connection: Deno.TcpConn;
  #text = "";

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  static async connect(port: number): Promise<Client> {
    return new Client(await Deno.connect({ hostname: "127.0.0.1", port }));
  }

  async send(...parts: readonly string[]): Promise<void> {
    for (const part of parts) await this.#connection.write(new TextEncoder().encode(part));
  }

  /** What has come until the end of the connection. */
  async rest(): Promise<string> {
    while (await this.#read()) { /* until it is over */ }
    return this.#text;
  }

  /** What has come until a text has, so often. */
  async until(text: string, times = 1): Promise<string> {
    while (this.#text.split(text).length <= times) {
      assert(await this.#read(), `no ${text} in ${this.#text}`);
    }
    return this.#text;
  }

  async #read(): Promise<boolean> {
    const bytes = new Uint8Array(4096);
    const count = await this.#connection.read(bytes).catch(() => null); // it may be reset
    this.#text += new TextDecoder().decode(bytes.subarray(0, count ?? 0));
    return count !== null;
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }
}

Deno.test(needing({ permissions: NET }, {
  name: "LimitedServer answers requests one after the other, and those in pieces",
  fn: async () => {
    await using served = await serve();
    using client = await served.connect();
    await client.send(`${HEAD}\r\n`);
    await client.until("0 bytes\n");
    await client.send(..."POST / HTTP/1.1\r\nhost: here\r\ncontent-length: 3\r\n\r\nabc");
    await client.until("3 bytes\n");
    await client.send(`POST / HTTP/1.1\r\nhost: here\r\ntransfer-encoding: chunked\r\n\r\n`);
    await client.send("5\r\nabcde\r\n", "0\r\n\r\n");
    assert.match(await client.until("5 bytes\n"), /^HTTP\/1\.1 200 /);
  },
}));

Deno.test(needing({ permissions: NET }, {
  name: "LimitedServer closes a connection that never completes a request, however it comes",
  fn: async () => {
    await using served = await serve({ limits: SHORT });
    const halves: Readonly<Record<string, string>> = {
      "nothing": "",
      "half a line": "GE",
      "half a head": HEAD,
      "a head that grows": `${HEAD}a: `,
      "no body": "POST / HTTP/1.1\r\nhost: here\r\ncontent-length: 9\r\n\r\n",
      "half a body": "POST / HTTP/1.1\r\nhost: here\r\ncontent-length: 9\r\n\r\nabc",
      "half a chunk": "POST / HTTP/1.1\r\nhost: here\r\ntransfer-encoding: chunked\r\n\r\n9\r\nabc",
      "a request and half a one": `${HEAD}\r\n${HEAD}`,
      "a request and no other": `${HEAD}\r\n`,
    };
    await Promise.all(
      Object.entries(halves).map(async ([name, half]) => {
        using client = await served.connect();
        await client.send(half);
        const answer = await client.rest(); // only the end of the connection ends it
        assert.doesNotMatch(answer, /[1-9] bytes/, name);
      }),
    );
    assert.deepEqual(served.errors, [], "the peers' faults are not the program's");
  },
}));

Deno.test(needing({ permissions: NET }, {
  name: "LimitedServer closes a connection that sends its request byte by byte for too long",
  fn: async () => {
    await using served = await serve({ limits: SHORT });
    using client = await served.connect();
    const over = client.rest();
    let isOver = false;
    void over.then(() => isOver = true);
    await client.send(`${HEAD}a: `);
    while (!isOver) {
      await client.send("b").catch(() => {}); // it is over
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.match(await over, /^(HTTP\/1\.1 408 |$)/);
  },
}));

Deno.test(needing({ permissions: NET }, {
  name: "LimitedServer has so many connections and no more, and again when one has gone",
  fn: async () => {
    const connections = 5;
    await using served = await serve({ limits: { ...LONG, connections } });
    const clients: Client[] = [];
    for (let count = 0; count < connections; count++) {
      const client = await served.connect();
      await client.send(`${HEAD}\r\n`);
      await client.until("0 bytes\n");
      clients.push(client);
    }
    using further = await served.connect();
    assert.equal(await further.rest(), "");
    for (const client of clients) client[Symbol.dispose]();
    while (true) {
      using again = await served.connect();
      await again.send(`${HEAD}connection: close\r\n\r\n`).catch(() => {}); // may be closed yet
      if ((await again.rest()).includes("0 bytes\n")) break;
    }
  },
}));

Deno.test(needing({ permissions: NET }, {
  name: "LimitedServer refuses what is not HTTP, is ambiguous, or has a head without an end",
  fn: async () => {
    let answered = 0;
    await using served = await serve({
      answer: () => {
        answered++;
        return new Response("answered");
      },
    });
    const bad: [string, RegExp][] = [
      ["\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", /^HTTP\/1\.1 400 /],
      ["GET /\r\n\r\n", /^HTTP\/1\.1 400 /],
      ["GET / HTTP/1.1\r\n\r\n", /^HTTP\/1\.1 400 /],
      ["GET nowhere HTTP/1.1\r\nhost: here\r\n\r\n", /^HTTP\/1\.1 400 /],
      ["POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd", /400 /],
      [
        "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        /^HTTP\/1\.1 400 /,
      ],
      [`${HEAD}a: ${"b".repeat(20_000)}`, /^(HTTP\/1\.1 431 |$)/], // it is reset while it sends
    ];
    for (const [text, expected] of bad) {
      using client = await served.connect();
      await client.send(text).catch(() => {}); // it may be refused before its end
      assert.match(await client.rest(), expected, text.slice(0, 60));
    }
    assert.equal(answered, 0);
  },
}));

/** A peer that asks for an answer without an end, and takes nothing of it. */
async function takeNothing(request: string, options: Options): Promise<void> {
  const clock = new ManualClock();
  let cancelled = false;
  const part = new Uint8Array(64 * 1024);
  await using served = await serve({
    clock,
    answer: () =>
      new Response(
        new ReadableStream({
          pull: (controller) => controller.enqueue(part),
          cancel: () => void (cancelled = true),
        }),
      ),
    limits: { ...LONG, answerMs: 5000 },
    ...options,
  });
  using client = await served.connect();
  await client.send(request);
  while (!cancelled) await clock.advance(1);
  await client.rest();
}

Deno.test(needing({ permissions: NET }, {
  name: "LimitedServer gives up a peer that takes nothing of its answer",
  fn: () => takeNothing(`${HEAD}\r\n`, {}),
}));

Deno.test(needing({ permissions: NET }, {
  name: "LimitedServer stops answering a peer that has gone, and goes on with others",
  fn: async () => {
    let cancelled = 0;
    const part = new Uint8Array(64 * 1024);
    const endless = () =>
      new Response(
        new ReadableStream({
          pull: (controller) => controller.enqueue(part),
          cancel: () => void cancelled++,
        }),
      );
    await using served = await serve({
      answer: ({ url }) => new URL(url).pathname === "/endless" ? endless() : new Response("yes\n"),
    });
    const peers = 5;
    for (let count = 0; count < peers; count++) {
      using client = await served.connect();
      await client.send("GET /endless HTTP/1.1\r\nhost: here\r\n\r\n");
      await client.until("HTTP/1.1 200");
    }
    while (cancelled < peers) await new Promise((resolve) => setTimeout(resolve, 5));
    using client = await served.connect();
    await client.send(`${HEAD}\r\n`);
    await client.until("yes\n");
    assert.deepEqual(served.errors, []);
  },
}));

Deno.test(needing({ permissions: NET }, {
  name: "LimitedServer tells its owner what an answer failed with, and goes on",
  fn: async () => {
    const failure = new Error("no");
    await using served = await serve({ answer: () => Promise.reject(failure) });
    using client = await served.connect();
    await client.send(`${HEAD}\r\n`);
    assert.match(await client.until("failed\n"), /^HTTP\/1\.1 500 /);
    await client.send(`${HEAD}\r\n`);
    await client.until("failed\n");
    assert.deepEqual([...new Set(served.errors)], [failure]);
  },
}));

Deno.test(needing({ permissions: NET }, {
  name:
    "LimitedServer answers HEAD without a body, and leaves what a request has beyond its answer",
  fn: async () => {
    await using served = await serve({ answer: () => new Response("answer\n", { status: 413 }) });
    using client = await served.connect();
    await client.send("HEAD / HTTP/1.1\r\nhost: here\r\n\r\n");
    assert.doesNotMatch(await client.until("\r\n\r\n"), /answer/);
    await client.send("POST / HTTP/1.1\r\nhost: here\r\ncontent-length: 900000\r\n\r\nabc");
    assert.match(await client.rest(), /413 [^]*answer\n/);
  },
}));

Deno.test(needing({ permissions: NET }, {
  name: "LimitedServer tells that another program listens",
  fn: async () => {
    await using served = await serve();
    await assert.rejects(serve(served.server.address), { code: "EADDRINUSE" });
  },
}));

Deno.test(needing({ permissions: NET }, {
  name: "LimitedServer ends a connection that sends many requests before it has answers",
  fn: async () => {
    let answering = 0;
    const first = Promise.withResolvers<Response>();
    await using served = await serve({
      limits: { ...LONG, pipelined: 3 },
      answer: () => ++answering === 1 ? first.promise : new Response("x"),
    });
    using client = await served.connect();
    await client.send(`${HEAD}\r\n`.repeat(1000));
    await client.rest();
    assert.ok(answering <= 3, `${answering} at once`);
    first.resolve(new Response("first\n"));

    using polite = await served.connect();
    for (let count = 0; count < 10; count++) {
      await polite.send(`${HEAD}\r\n`.repeat(2));
      await polite.until(`x\r\n0\r\n\r\n`, 2 * (count + 1));
    }
  },
}));

Deno.test(needing({ permissions: NET }, {
  name: "LimitedServer goes on when a request for a WebSocket fails",
  fn: async () => {
    const handshake = "connection: upgrade\r\nupgrade: websocket\r\n" +
      "sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    const fail = () => {
      throw new Error("broken");
    };
    for (
      const [upgrade, answer] of [[fail, /^HTTP\/1\.1 500 /], [
        () => fail,
        /^HTTP\/1\.1 101 /,
      ]] as const
    ) {
      await using served = await serve({ upgrade });
      using client = await served.connect();
      await client.send(HEAD, handshake);
      assert.match(await client.rest(), answer);
      assert.equal(served.errors.length, 1);
      using other = await served.connect();
      await other.send(`${HEAD}\r\n`);
      await other.until("0 bytes\n");
    }
  },
}));

Deno.test(needing({ permissions: NET }, {
  name: "LimitedServer answers those that offer another protocol as others",
  fn: async () => {
    const offer =
      "connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk\r\n\r\n";
    const refuseAll = () => new Response("no WebSocket\n", { status: 404 });
    await using served = await serve({ upgrade: refuseAll });
    for (
      const [method, status, body] of [
        ["GET", "200", "8\r\n0 bytes\n\r\n0\r\n\r\n"],
        ["HEAD", "200", ""],
        ["POST", "400", "32\r\nAn offer of another protocol goes with GET or HEAD\r\n0\r\n\r\n"],
      ] as const
    ) {
      using client = await served.connect();
      await client.send(`${method} / HTTP/1.1\r\nhost: here\r\n${offer}`);
      const answer = await client.rest();
      assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `));
      assert.equal(answer.slice(answer.indexOf("\r\n\r\n") + 4), body);
    }
    assert.deepEqual(served.errors, []);
  },
}));

Deno.test(needing({ permissions: NET }, {
  name: "LimitedServer lets no answer that ends early look whole, and none overtake another",
  fn: async () => {
    const slow: (() => void)[] = [];
    await using served = await serve({
      answer: async ({ url }) => {
        if (url.endsWith("/slow")) await new Promise<void>((resolve) => slow.push(resolve));
        const parts = [new TextEncoder().encode("a part\n")];
        return new Response(
          new ReadableStream({
            pull: (controller) => {
              const part = parts.pop();
              if (part === undefined) controller.error(new Error("broken"));
              else controller.enqueue(part);
            },
          }),
        );
      },
      upgrade: () => () => {},
    });
    using client = await served.connect();
    await client.send(HEAD, OFFER);
    const answer = await client.rest();
    assert.match(answer, /^$|\r\nTransfer-Encoding: chunked\r\n/);
    assert.doesNotMatch(answer, /\r\n0\r\n/);
    using hasty = await served.connect();
    await hasty.send("GET /slow HTTP/1.1\r\nhost: here\r\n\r\n");
    while (slow.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await hasty.send(HEAD, OFFER);
    assert.equal(await hasty.rest(), "");
    slow.forEach((resolve) => resolve());
  },
}));

Deno.test(needing({ permissions: NET }, {
  name: "LimitedServer gives the place of a peer to others that has gone, whatever it has offered",
  fn: async () => {
    const asked: (() => void)[] = [];
    await using served = await serve({
      answer: async () => {
        await new Promise<void>((resolve) => asked.push(resolve));
        return new Response("yes\n");
      },
      upgrade: () => () => {},
      limits: { ...LONG, connections: 1 },
    });
    {
      using client = await served.connect();
      await client.send(HEAD, OFFER);
      while (asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    while (asked.length === 1) {
      using other = await served.connect(); // which is closed while the place is taken
      await other.send(`${HEAD}\r\n`).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    asked.forEach((resolve) => resolve());
  },
}));

Deno.test(needing({ permissions: NET }, {
  name:
    "LimitedServer gives up a peer that offers another protocol and takes nothing of its answer",
  fn: () => takeNothing(HEAD + OFFER, { upgrade: () => () => {} }),
}));
