import assert from "node:assert/strict";
import { StoreFailed } from "../../src/configurations/configuration_store.ts";
import { CouchDbStore } from "../../src/configurations/couchdb_store.ts";
import { RudeServer } from "../programs/rude_server.ts";
import { until } from "../support/clock.ts";
import { needing } from "../support/needing.ts";
import { PouchDb } from "./pouchdb.ts";
import { startClock, STORE_CASES } from "./store_cases.ts";

const USER = "ann-x";
const PASSWORD = "S3CRET";

/** A server takes seconds to start; the steps share it, and each has databases of its own. */
Deno.test(needing({ peers: [] }, {
  name: "CouchDbStore",
  fn: async (t) => {
    await using server = await PouchDb.start();
    const fresh = async (databases: readonly string[] = ["config"]) => {
      for (const name of ["config", "config_backup"]) {
        await fetch(server.url + name, { method: "DELETE" }).then((each) => each.body?.cancel());
      }
      for (const name of databases) await server.put(name);
      const clock = startClock();
      return { store: new CouchDbStore({ url: server.url, clock }), clock };
    };
    for (const [name, run] of Object.entries(STORE_CASES)) {
      await t.step(name, async () => {
        const { store, clock } = await fresh();
        await run(store, clock);
      });
    }

    await t.step("writes what the wizard would have written", async () => {
      const { store } = await fresh();
      await server.put("config/source-a", { rate: 1, "x-metricq": { a: 1 } });
      const kept = await store.read("source-a");
      assert.deepEqual(kept?.config, { rate: 1, "x-metricq": { a: 1 } });
      const revision = await store.write("source-a", { rate: 2 }, kept?.revision);
      assert.deepEqual(await server.get("config/source-a"), {
        _id: "source-a",
        _rev: revision,
        rate: 2,
      });
      const [backup] = await store.history("source-a");
      const { _rev, ...document } = await server.get(`config_backup/${backup?.id}`) ?? {};
      assert.deepEqual(document, {
        _id: "backup-source-a-2026-11-29T10:00:00.000000000Z",
        rate: 1,
        "x-metricq": { a: 1 },
        "x-metricq-id": "source-a",
      });
    });

    await t.step("reads what the wizard has replaced, of this token alone", async () => {
      const { store } = await fresh(["config", "config_backup"]);
      const wizards = {
        "backup-source-a-2026-11-28T09:30:00.123456": { rate: 1, "x-metricq-id": "source-a" },
        "backup-source-a-2-2026-11-28T09:30:00.123456": { rate: 2, "x-metricq-id": "source-a-2" },
        "backup-source-a-b-2026-11-28T09:30:00.123456": { rate: 3, "x-metricq-id": "source-a-b" },
        "_design/index": { language: "javascript", views: {} },
      };
      for (const [id, document] of Object.entries(wizards)) {
        await server.put(`config_backup/${id}`, document);
      }
      const history = await store.history("source-a");
      assert.deepEqual(history.map(({ time }) => time), ["2026-11-28T09:30:00.123456"]);
      assert.deepEqual(await store.replaced("source-a", history[0]?.id ?? ""), { rate: 1 });
      assert.equal((await store.history("source-a-2")).length, 1);
    });

    await t.step("leaves a configuration alone whose old one cannot be kept", async () => {
      const { store } = await fresh();
      const revision = await store.write("source-a", { rate: 1 }, undefined);
      // One document with this name is there already, so that the copy is refused.
      await server.put("config_backup");
      await server.put("config_backup/backup-source-a-2026-11-29T10:00:00.000000000Z", {});
      await assert.rejects(store.write("source-a", { rate: 2 }, revision), {
        name: "StoreFailed",
        message: /^Cannot keep what is replaced of "source-a" in CouchDB at .*409 conflict/,
      });
      assert.deepEqual((await store.read("source-a"))?.config, { rate: 1 });
    });

    await t.step("keeps attachments, and takes what was deleted for nothing", async () => {
      const { store } = await fresh();
      await server.put("config/a", {
        _attachments: { note: { content_type: "text/plain", data: "aGk=" } },
      });
      const kept = await store.read("a");
      assert.deepEqual(kept?.config, {});
      const revision = await store.write("a", { rate: 1 }, kept?.revision);
      const { _attachments: attachments } = await server.get("config/a") ?? {};
      assert.ok(attachments);
      await fetch(`${server.url}config/a?rev=${revision}`, { method: "DELETE" })
        .then((each) => each.body?.cancel());
      assert.equal(await store.read("a"), undefined);
      await store.write("a", { rate: 2 }, undefined);
      assert.deepEqual((await store.read("a"))?.config, { rate: 2 });
    });

    await t.step("lists no documents that are no configurations", async () => {
      const { store } = await fresh();
      await server.put("config/_design/index", { language: "javascript", views: {} });
      await store.write("a", {}, undefined);
      assert.deepEqual(await store.tokens(), ["a"]);
    });

    await t.step("refuses tokens and names that would be something else to CouchDB", async () => {
      const { store } = await fresh();
      for (const token of ["", ".", "..", "_all_docs", "_design/index", "\ud800"]) {
        await assert.rejects(store.read(token), StoreFailed, token);
        await assert.rejects(store.write(token, {}, undefined), StoreFailed, token);
      }
      for (const name of ["_id", "_rev", "_deleted", "_attachments"]) {
        await assert.rejects(store.write("a", { [name]: true }, undefined), {
          name: "StoreFailed",
          message: new RegExp(`its field "${name}" begins with _`),
        });
      }
      assert.equal(await store.read("a"), undefined);
    });

    await t.step("says that there is no database", async () => {
      const { store } = await fresh([]);
      const calls = [
        () => store.read("a"),
        () => store.tokens(),
        () => store.write("a", {}, undefined),
      ];
      for (const call of calls) {
        await assert.rejects(call, {
          name: "StoreFailed",
          message: /there is no database "config"$/,
        });
      }
    });
  },
}));

const net = [{ name: "net" }] as const;

function answer(status: string, body: string, headers: string = ""): string {
  return `HTTP/1.1 ${status}\r\ncontent-length: ${body.length}\r\n${headers}\r\n${body}`;
}

/** What a server answers, and what is said of it. */
const ANSWERS: Readonly<Record<string, readonly [answer: string, reason: RegExp]>> = {
  "a refused password": [
    answer(
      "401 Unauthorized",
      '{"error":"unauthorized","reason":"Name or password is incorrect."}',
    ),
    /it refuses user and password, http\[s\]:\/\/user:password@host\/ is required$/,
  ],
  "what a user may not": [
    answer(
      "403 Forbidden",
      '{"error":"forbidden","reason":"You are not allowed to access this db."}',
    ),
    /it answers 403 forbidden: You are not allowed to access this db\.$/,
  ],
  "its own failure": [answer("500 Oh", '{"error":"x","reason":"y"}'), /it answers 500 x: y$/],
  "an error of a proxy": [answer("502 Bad", "<html>"), /it answers 502$/],
  "no page there": [answer("404 Not Found", "<html>"), /it answers 404$/],
  "a page": [
    answer("200 OK", "<html>"),
    /it does not answer with a JSON object, so it is not a CouchDB: "<html>"$/,
  ],
  "a list": [
    answer("200 OK", "[]"),
    /it does not answer with a JSON object, so it is not a CouchDB: "\[\]"$/,
  ],
  "nothing at all": ["", /it cannot be reached: /],
  "half an answer": ["HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{", /it cannot be reached: /],
  "an address elsewhere": [
    answer("302 Found", "", "location: http://127.0.0.1:1/\r\n"),
    /it redirects to another address, which is not followed$/,
  ],
  "commands to a terminal": [
    answer("500 Oh", '{"error":"x","reason":"\\u001b[31m\\nred"}'),
    /it answers 500 x: \\x1b\[31m\\nred$/,
  ],
  "what is nested too deeply": [
    answer("200 OK", `{"a":${"[".repeat(200)}${"]".repeat(200)}}`),
    /of what it answers, it is nested more than 100 deep$/,
  ],
};

for (const [what, [text, reason]] of Object.entries(ANSWERS)) {
  Deno.test(needing({ permissions: net }, {
    name: `CouchDbStore says what is wrong with ${what}, and shows no password`,
    fn: async () => {
      await using server = new RudeServer(text);
      const store = new CouchDbStore({ url: `http://${USER}:${PASSWORD}@${server.host}/` });
      const calls = [
        () => store.tokens(),
        () => store.read("a"),
        () => store.write("a", {}, undefined),
        () => store.history("a"),
      ];
      for (const call of calls) {
        const error = await call().then(() => undefined, (error) => error);
        assert.ok(error instanceof StoreFailed, String(error));
        assert.match(error.message, reason);
        assert.match(
          error.message,
          new RegExp(`^Cannot .* in CouchDB at http://${server.host}/: `),
        );
        assert.doesNotMatch(Deno.inspect(error), new RegExp(`${PASSWORD}|${USER}`));
      }
      assert.doesNotMatch(Deno.inspect(store, { depth: 9 }) + store.place, new RegExp(PASSWORD));
    },
  }));
}

Deno.test(needing({ permissions: net }, {
  name: "CouchDbStore stops reading an answer that is too large",
  fn: async () => {
    await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => {
      const endless = new ReadableStream({
        pull: (controller) => controller.enqueue(new Uint8Array(100_000).fill(0x20)),
      });
      return new Response(endless);
    });
    const store = new CouchDbStore({ url: `http://127.0.0.1:${server.addr.port}/` });
    await assert.rejects(store.read("a"), { message: /: it answers more than 8388608 bytes$/ });
  },
}));

Deno.test(needing({ permissions: net }, {
  name: "CouchDbStore says that nothing listens",
  fn: async () => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    listener.close();
    const store = new CouchDbStore({ url: `http://${USER}:${PASSWORD}@127.0.0.1:${port}/` });
    await assert.rejects(store.read("a"), (error: Error) => {
      const start = `Cannot read configuration of "a" in CouchDB at http://127.0.0.1:${port}/: `;
      assert.ok(error.message.startsWith(`${start}it cannot be reached: `), error.message);
      assert.match(error.message, /refused/);
      return true;
    });
  },
}));

Deno.test(needing({ permissions: net }, {
  name: "CouchDbStore gives up a server that does not answer",
  fn: async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const clock = startClock();
    const url = `http://127.0.0.1:${listener.addr.port}/`;
    const reading = new CouchDbStore({ url, clock, timeoutSeconds: 10 }).read("a");
    const outcome = assert.rejects(reading, {
      name: "StoreFailed",
      message: `Cannot read configuration of "a" in CouchDB at ${url}: no answer within 10 s`,
    });
    using connection = await listener.accept();
    await until(() => clock.nextDeadlineMs !== undefined);
    await clock.advance(10);
    await outcome;
    await connection.read(new Uint8Array(1024));
  },
}));

Deno.test(needing({ permissions: net }, {
  name: "CouchDbStore sends user and password as a header",
  fn: async () => {
    const seen: string[] = [];
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      ({ url, headers }) => {
        seen.push(`${new URL(url).pathname} ${headers.get("authorization")}`);
        return Response.json({ _rev: "1-a" });
      },
    );
    const url = `http://a%40b:c%3Ad@127.0.0.1:${server.addr.port}/couch`;
    await new CouchDbStore({ url }).read("a");
    assert.deepEqual(seen, [`/couch/config/a Basic ${btoa("a@b:c:d")}`]);
  },
}));

Deno.test("CouchDbStore refuses what is not the URL of a server, and shows no password", () => {
  for (
    const url of ["", "couch", `ftp://a:${PASSWORD}@b/`, `http://a:${PASSWORD}@b/?c`, "http://b/#c"]
  ) {
    assert.throws(() => new CouchDbStore({ url }), (error: Error) => {
      assert.ok(error instanceof SyntaxError);
      assert.match(error.message, /^Cannot use CouchDB: ".*" is given, http\[s\]/);
      assert.doesNotMatch(error.message, new RegExp(PASSWORD));
      return true;
    });
  }
});
