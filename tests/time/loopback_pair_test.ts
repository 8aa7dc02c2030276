import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { ticks } from "../../src/schedule/ticker.ts";
import { connectPair, LoopbackPair, type Pair } from "../../src/time/loopback_pair.ts";
import { SharedPair } from "../../src/time/shared_pair.ts";
import { needing } from "../support/needing.ts";

const NET = { permissions: [{ name: "net" }] } as const;
const DEADLINES_MS = 20_000;

// Turns, as long as there is no look; each test closes what it opens, which the sanitizers check.
async function look(pair: Pick<LoopbackPair, "look">): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const endMs = performance.now() + DEADLINES_MS;
  while (!pair.look(resolve)) {
    assert(performance.now() < endMs, "there is no look");
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await promise;
}

const connect = () => connectPair(new AbortController().signal);

/** A pair of which the test has the sockets. */
async function breakable(): Promise<{ pair: LoopbackPair; sockets: Pair }> {
  const sockets = await connect();
  const pair = new LoopbackPair(() => Promise.resolve(sockets));
  await look(pair);
  return { pair, sockets };
}

function closeAll(sockets: readonly Deno.TcpConn[]): void {
  for (const socket of sockets) {
    try {
      socket.close();
    } catch {
      // closed by the pair
    }
  }
}

Deno.test(needing(NET, {
  name: "LoopbackPair.look() comes back after what other sockets had before it was found",
  async fn() {
    await using pair = new LoopbackPair();
    const [sender, receiver] = await connect();
    await look(pair);
    for (let round = 0; round < 100; round++) {
      let hasRead = false;
      const read = receiver.read(new Uint8Array(1)).then(() => hasRead = true);
      await sender.write(new Uint8Array(1));
      await look(pair);
      await setImmediate();
      assert(hasRead, `round ${round}`);
      await read;
    }
    closeAll([sender, receiver]);
  },
}));

Deno.test({
  name: "LoopbackPair opens nothing where that is not permitted, and asks nobody",
  permissions: { net: false },
  async fn() {
    const { listen, connect } = Deno;
    const { request } = Deno.permissions;
    const used: string[] = [];
    Object.assign(Deno, { listen: () => used.push("listen"), connect: () => used.push("connect") });
    Deno.permissions.request = (descriptor) => {
      used.push("request");
      return request.call(Deno.permissions, descriptor);
    };
    try {
      await using pair = new LoopbackPair();
      await setImmediate();
      assert.equal(pair.look(() => {}), false);
      let count = 0;
      for await (const _ of ticks({ period: 0.003 })) if (++count === 5) break;
      assert.equal(count, 5);
    } finally {
      Object.assign(Deno, { listen, connect });
      Deno.permissions.request = request;
    }
    assert.deepEqual(used, []);
  },
});

for (
  const [how, breakIt] of Object.entries<(sockets: Pair) => void>({
    "is closed under it": ([sender]) => sender.close(),
    "has lost its other end": ([, receiver]) => receiver.close(),
    "is at its end": ([sender]) => void sender.closeWrite(),
  })
) {
  Deno.test(needing(NET, {
    name: `LoopbackPair.look() comes back, and is no more, when a socket ${how}`,
    async fn() {
      const { pair, sockets } = await breakable();
      await using _ = pair;
      const { promise, resolve } = Promise.withResolvers<void>();
      breakIt(sockets);
      if (pair.look(resolve)) await promise;
      while (pair.look(() => {})) await setImmediate();
      closeAll(sockets);
    },
  }));
}

Deno.test(needing(NET, {
  name: "LoopbackPair.look() comes back when its byte does not",
  async fn() {
    const one = await connect();
    const other = await connect();
    await using pair = new LoopbackPair(() => Promise.resolve([one[0], other[1]]));
    await look(pair);
    assert.equal(pair.look(() => {}), false);
    closeAll([...one, ...other]);
  },
}));

Deno.test(needing(NET, {
  name: "LoopbackPair that cannot be opened never looks, and throws nothing",
  async fn() {
    await using pair = new LoopbackPair(() => Promise.reject(new Error("No port is left")));
    await setImmediate();
    assert.equal(pair.look(() => {}), false);
  },
}));

Deno.test(needing(NET, {
  name: "LoopbackPair can be closed while it is opened, while it looks, and twice",
  async fn() {
    for (let turns = 0; turns < 200; turns += 10) {
      const pair = new LoopbackPair();
      for (let turn = 0; turn < turns; turn++) await setImmediate();
      const { promise, resolve } = Promise.withResolvers<void>();
      const looks = pair.look(resolve);
      await Promise.all([pair[Symbol.asyncDispose](), pair[Symbol.asyncDispose]()]);
      if (looks) await promise;
      assert.equal(pair.look(() => {}), false);
    }
  },
}));

Deno.test(needing(NET, {
  name: "connectPair() turns strangers away, and gives up when there are too many",
  async fn() {
    for (const strangers of [1, 8, 9]) {
      const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const { port } = listener.addr;
      const others: Deno.TcpConn[] = [];
      for (let at = 0; at < strangers; at++) {
        others.push(await Deno.connect({ hostname: "127.0.0.1", port }));
      }
      const pair = connectPair(new AbortController().signal, listener);
      if (strangers > 8) await assert.rejects(pair, /^Error: Cannot connect a pair/);
      else {
        const [sender, receiver] = await pair;
        assert.deepEqual(receiver.remoteAddr, sender.localAddr);
        closeAll([sender, receiver]);
      }
      await assert.rejects(() => Deno.connect({ hostname: "127.0.0.1", port }), "it listens on");
      closeAll(others);
    }
  },
}));

Deno.test(needing(NET, {
  name: "SharedPair is one pair for all that hold it, open from the first to the last",
  async fn() {
    let opened = 0;
    const shared = new SharedPair(() => {
      opened++;
      return new LoopbackPair();
    });
    assert.equal(shared.look(() => {}), false);
    for (let round = 1; round <= 3; round++) {
      const holders = Array.from({ length: 20 }, () => shared.hold());
      await look(shared);
      assert.equal(opened, round);
      const last = holders.pop();
      for (const holder of holders) {
        await holder[Symbol.asyncDispose]();
        await holder[Symbol.asyncDispose](); // a second time, which counts no more
      }
      await look(shared);
      await last?.[Symbol.asyncDispose]();
      assert.equal(shared.look(() => {}), false);
    }
  },
}));

const ENDING = [
  ["when a ticker is dropped", "await it.next(); await it.next();", "3"],
  ["and not before its ticks", "while (n < 300) { await it.next(); n++; }", "300"],
] as const;
for (const [when, body, printed] of ENDING) {
  Deno.test(needing({ permissions: [{ name: "run" }, { name: "read" }] }, {
    name: `A program with a fine ticker ends by itself ${when}`,
    async fn() {
      const ticker = new URL("../../src/schedule/ticker.ts", import.meta.url);
      const code = `import { ticks } from "${ticker}"; let n = 3;
        const it = ticks({ period: 0.002 })[Symbol.asyncIterator](); ${body} console.log(n);`;
      const { success, stdout } = await new Deno.Command(Deno.execPath(), {
        args: ["eval", "--ext=ts", code],
        stderr: "inherit",
      }).output();
      assert(success);
      assert.equal(new TextDecoder().decode(stdout).trim(), printed);
    },
  }));
}
