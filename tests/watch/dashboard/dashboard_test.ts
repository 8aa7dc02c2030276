import assert from "node:assert/strict";
import { ASSET_PATHS } from "../../../src/watch/dashboard/assets.ts";
import { Dashboard } from "../../../src/watch/dashboard/dashboard.ts";
import { needing } from "../../support/needing.ts";
import { FakeNetwork } from "./fake_network.ts";
import { PageSocket, rawRequest } from "./page_client.ts";

const NET = [{ name: "net" }] as const;
const NET_AND_READ = [{ name: "net" }, { name: "read" }] as const;

const WEBSOCKET = {
  connection: "upgrade, close",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
};

async function start(): Promise<
  { network: FakeNetwork; dashboard: Dashboard; port: number; origin: string }
> {
  const network = new FakeNetwork()
    .add({ name: "test.dummy", source: "source-x", rate: 10 })
    .addAgent({ token: "source-x", metrics: 1 }, { rate: 10 });
  const dashboard = await Dashboard.start({ view: network });
  const { port, origin } = new URL(dashboard.url);
  return { network, dashboard, port: Number(port), origin };
}

function post(origin: string, body: unknown, headers: Record<string, string> = {}) {
  return {
    method: "POST",
    path: "/configuration",
    headers: { origin, "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  };
}

Deno.test("Dashboard.start() refuses an address that others can reach", async () => {
  await assert.rejects(Dashboard.start({ view: new FakeNetwork(), hostname: "0.0.0.0" }), {
    name: "TypeError",
    message: 'Cannot start dashboard: "0.0.0.0" is given, ' +
      "an address of this machine alone is required unless allowRemote is set",
  });
});

Deno.test(needing({ permissions: NET_AND_READ }, {
  name: "Dashboard serves its page and every file of it from itself, each with a strict policy",
  fn: async () => {
    const { dashboard, port } = await start();
    await using _ = dashboard;
    for (const path of ASSET_PATHS) {
      const { status, headers, body } = await rawRequest(port, { path });
      assert.equal(status, 200, `${path}: ${body}`);
      assert.match(headers.get("content-security-policy") ?? "", /^default-src 'self';/);
      assert.match(headers.get("content-security-policy") ?? "", /frame-ancestors 'none'/);
      assert.doesNotMatch(headers.get("content-security-policy") ?? "", /unsafe/);
      assert.equal(headers.get("x-content-type-options"), "nosniff");
      assert.equal(headers.get("referrer-policy"), "no-referrer");
      assert.equal(headers.get("access-control-allow-origin"), undefined);
    }
  },
}));

Deno.test(needing({ permissions: NET_AND_READ }, {
  name: "Dashboard knows every file that its page refers to",
  fn: async () => {
    const { dashboard, port } = await start();
    await using _ = dashboard;
    for (const path of ASSET_PATHS) {
      const { body } = await rawRequest(port, { path });
      const referred = [
        ...body.matchAll(/(?:src|href)="(\/[^"]*)"/g),
        ...body.matchAll(/^(?:import .*|\} )from "(\.[^"]+\.js)"/gm),
      ];
      for (const [, file = ""] of referred) {
        const { pathname } = new URL(file, new URL(path, dashboard.url));
        assert.ok(ASSET_PATHS.includes(pathname), `${path}: ${pathname}`);
      }
      if (path !== "/uplot.js") assert.doesNotMatch(body, /https?:\/\/(?!www\.w3\.org)/, path);
    }
  },
}));

Deno.test(needing({ permissions: NET }, {
  name: "Dashboard answers nothing under a foreign name",
  fn: async () => {
    const { dashboard, port } = await start();
    await using _ = dashboard;
    for (const host of [`evil.example:${port}`, "127.0.0.1", "127.0.0.1:1"]) {
      for (const path of ["/", "/main.js", "/live", "/configuration"]) {
        const { status, body, headers } = await rawRequest(port, { path, headers: { host } });
        assert.equal(status, 403);
        assert.match(headers.get("content-type") ?? "", /^text\/plain/);
        assert.match(body, /Cannot answer: the host is/);
      }
    }
  },
}));

Deno.test(needing({ permissions: NET }, {
  name: "Dashboard refuses the WebSocket of another origin",
  fn: async () => {
    const { dashboard, port, origin } = await start();
    await using _ = dashboard;
    for (const foreign of ["http://evil.example", "null", `http://localhost:${port}`, undefined]) {
      const headers = { ...WEBSOCKET, ...foreign !== undefined && { origin: foreign } };
      const { status, body } = await rawRequest(port, { path: "/live", headers });
      assert.equal(status, 403, `${foreign}`);
      assert.match(body, /is required$/m);
    }
    const plain = await rawRequest(port, { path: "/live", headers: { origin } });
    assert.equal(plain.status, 426);
  },
}));

Deno.test(needing({ permissions: NET }, {
  name: "Dashboard takes no configuration from another origin",
  fn: async () => {
    const { dashboard, port, network, origin } = await start();
    await using _ = dashboard;
    const body = { token: "source-x", config: { rate: 50 } };
    for (const foreign of ["http://evil.example", "null", `http://127.0.0.1`]) {
      const { status, headers } = await rawRequest(port, post(foreign, body));
      assert.equal(status, 403);
      assert.equal(headers.get("access-control-allow-origin"), undefined);
    }
    // What a form of a foreign page can send without asking first.
    for (
      const type of ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""]
    ) {
      const answer = await rawRequest(port, post(origin, body, { "content-type": type }));
      assert.equal(answer.status, 403, type);
    }
    const preflight = await rawRequest(port, {
      method: "OPTIONS",
      path: "/configuration",
      headers: { origin: "http://evil.example", "access-control-request-method": "POST" },
    });
    assert.equal(preflight.status, 405);
    assert.deepEqual(network.configuration("source-x"), { rate: 10 });
  },
}));

Deno.test(needing({ permissions: NET }, {
  name: "Dashboard sends a configuration and tells the answer",
  fn: async () => {
    const { dashboard, port, network, origin } = await start();
    await using _ = dashboard;
    const send = (token: string, config: object, revision: string | null) =>
      rawRequest(port, post(origin, { token, config, revision }));
    const taken = await send("source-x", { rate: 50 }, '{"rate":10}');
    assert.equal(taken.status, 200);
    assert.match(taken.body, /\{"answer":"accepted","keptRevision":"\{\\"rate\\":50\}"\}/);
    assert.deepEqual(network.configuration("source-x"), { rate: 50 });

    const later = await send("source-later", {}, null);
    assert.match(later.body, /\{"answer":"not connected","keptRevision":"\{\}"\}/);

    const refused = await send("source-x", { rate: 0 }, '{"rate":50}');
    assert.equal(refused.status, 422);
    assert.match(
      refused.body,
      /\{"answer":"refused","reason":"rate is 0, a number over 0 is required"\}/,
    );
    assert.deepEqual(network.configuration("source-x"), { rate: 50 });
  },
}));

Deno.test(needing({ permissions: NET }, {
  name: "Dashboard refuses a lost update with what is kept, and leads back to what was replaced",
  fn: async () => {
    const { dashboard, port, network, origin } = await start();
    await using _ = dashboard;
    const send = (rate: number, revision: string | null) =>
      rawRequest(port, post(origin, { token: "source-x", config: { rate }, revision }));
    assert.equal((await send(50, '{"rate":10}')).status, 200);
    for (const stale of ['{"rate":10}', "", null]) {
      const { status, body } = await send(60, stale);
      assert.equal(status, 409);
      assert.match(
        body,
        /"error":"Cannot write configuration of \\"source-x\\": it was changed meanwhile"/,
      );
      assert.match(body, /"kept":\{"config":\{"rate":50\},"revision":"\{\\"rate\\":50\}"\}/);
    }
    assert.deepEqual(network.configuration("source-x"), { rate: 50 });
    const get = async (path: string) => (await rawRequest(port, { path })).body;
    assert.match(await get("/history?token=source-x"), /\[\{"id":"0","time":"[^"]+"\}\]/);
    assert.match(await get("/history?token=source-x&id=0"), /\{"config":\{"rate":10\}\}/);
    assert.equal((await rawRequest(port, { path: "/history?token=source-x&id=9" })).status, 404);
  },
}));

Deno.test(needing({ permissions: NET }, {
  name: "Dashboard changes nothing unless that is allowed",
  fn: async () => {
    const { dashboard, port, network, origin } = await start();
    await using _ = dashboard;
    network.keeping = { ...network.keeping, isWritable: false };
    const body = { token: "source-x", config: { rate: 50 }, revision: '{"rate":10}' };
    const refused = await rawRequest(port, post(origin, body));
    assert.equal(refused.status, 403);
    assert.match(refused.body, /started without --allow-configure/);
    assert.deepEqual(network.configuration("source-x"), { rate: 10 });
    assert.deepEqual(network.rpcs(), []);
  },
}));

Deno.test(needing({ permissions: NET }, {
  name: "Dashboard gives all points of charts with their exact times, as CSV and as JSON",
  fn: async () => {
    const { dashboard, port, network } = await start();
    await using _ = dashboard;
    let value = 0;
    network.add({ name: 'a,"b', rate: 1000, value: () => [0.1 + 0.2, NaN, -0][value++ % 3] ?? 0 });
    const nowMs = Date.now() + 6000;
    network.advanceTo(nowMs);
    const get = async (query: string) => {
      const response = await fetch(`http://127.0.0.1:${port}/export?${query}`);
      const { status, headers } = response;
      return { status, type: headers.get("content-type"), body: await response.text() };
    };
    const name = encodeURIComponent('a,"b');
    const query = `metric=${name}&from=0&to=${nowMs}`;
    const csv = await get(`${query}&format=csv`);
    assert.equal(csv.type, "text/csv; charset=utf-8");
    assert.match(
      csv.body,
      /metric,time,value\n"a,""b",\d{4}-\d\d-\d\dT[\d:]+\.\d{9}Z,0\.30000000000000004\n/,
    );
    assert.match(csv.body, /,NaN\n/);
    assert.match(csv.body, /,-0\n/);
    assert.ok((csv.body.match(/"a,""b"/g) ?? []).length >= 5000);
    const json = await get(`${query}&format=json`);
    assert.match(
      json.body,
      /\[\n\{"metric":"a,\\"b","time":"[^"]+","value":0\.30000000000000004\},\n/,
    );
    assert.match(json.body, /"value":null/);
    const bad = [
      "",
      "metric=a",
      "metric=a&from=0&to=x&format=csv",
      "metric=a&from=0&to=1&format=png",
    ];
    for (const query of bad) assert.equal((await get(query)).status, 400, query);
  },
}));

Deno.test(needing({ permissions: NET }, {
  name: "Dashboard refuses what is not a configuration",
  fn: async () => {
    const { dashboard, port, origin } = await start();
    await using _ = dashboard;
    const bad: [unknown, number, RegExp][] = [
      ["{", 400, /no JSON/],
      [[], 400, /an object is required/],
      [{ config: {} }, 400, /token is undefined/],
      [{ token: "", config: {} }, 400, /a string of 1 to 251 characters is required/],
      [{ token: "x", config: [] }, 400, /config is an array, a JSON object is required/],
      [{ token: "x", config: { text: "x".repeat(300_000) } }, 413, /at most 262144 bytes/],
    ];
    for (const [body, status, reason] of bad) {
      const answer = await rawRequest(port, post(origin, body));
      assert.equal(answer.status, status);
      assert.match(answer.body, reason);
    }
  },
}));

Deno.test(needing({ permissions: NET }, {
  name: "Dashboard answers only the methods and paths that it has",
  fn: async () => {
    const { dashboard, port, origin } = await start();
    await using _ = dashboard;
    const get = await rawRequest(port, { path: "/configuration" });
    assert.deepEqual([get.status, get.headers.get("allow")], [405, "POST"]);
    assert.equal((await rawRequest(port, { method: "DELETE", headers: { origin } })).status, 405);
    for (
      const path of ["/no", "/page.html", "/../deno.json", "/%2e%2e/deno.json", "/constructor"]
    ) {
      assert.equal((await rawRequest(port, { path })).status, 404, path);
    }
  },
}));

Deno.test(needing({ permissions: NET }, {
  name: "Dashboard.stop() ends the pages' connections",
  fn: async () => {
    const { dashboard } = await start();
    const page = await PageSocket.open(dashboard.url);
    await page.read();
    const [event] = await Promise.all([page.closed(), dashboard.stop()]);
    assert.equal(event.code, 1001);
    await dashboard.stop();
  },
}));
