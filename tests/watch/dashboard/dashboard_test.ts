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

function start(): { network: FakeNetwork; dashboard: Dashboard; port: number; origin: string } {
  const network = new FakeNetwork()
    .add({ name: "test.dummy", source: "source-x", rate: 10 })
    .addAgent({ token: "source-x", metrics: 1 }, { rate: 10 });
  const dashboard = Dashboard.start({ view: network });
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

Deno.test("Dashboard.start() refuses an address that others can reach", () => {
  assert.throws(() => Dashboard.start({ view: new FakeNetwork(), hostname: "0.0.0.0" }), {
    name: "TypeError",
    message: 'Cannot start dashboard: "0.0.0.0" is given, ' +
      "an address of this machine alone is required unless allowRemote is set",
  });
});

Deno.test(needing({ permissions: NET_AND_READ }, {
  name: "Dashboard serves its page and every file of it from itself, each with a strict policy",
  fn: async () => {
    const { dashboard, port } = start();
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
    const { dashboard, port } = start();
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
    const { dashboard, port } = start();
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
    const { dashboard, port, origin } = start();
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
    const { dashboard, port, network, origin } = start();
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
    const { dashboard, port, network, origin } = start();
    await using _ = dashboard;
    const taken = await rawRequest(port, post(origin, { token: "source-x", config: { rate: 50 } }));
    assert.equal(taken.status, 200);
    assert.match(taken.body, /\{"taken":true\}/);
    assert.deepEqual(network.configuration("source-x"), { rate: 50 });

    const later = await rawRequest(port, post(origin, { token: "source-later", config: {} }));
    assert.match(later.body, /\{"taken":false\}/);

    const refused = await rawRequest(
      port,
      post(origin, { token: "source-x", config: { rate: 0 } }),
    );
    assert.equal(refused.status, 422);
    assert.match(
      refused.body,
      /\{"error":"rate is 0, a number over 0 is required"\}/,
    );
    assert.deepEqual(network.configuration("source-x"), { rate: 50 });
  },
}));

Deno.test(needing({ permissions: NET }, {
  name: "Dashboard refuses what is not a configuration",
  fn: async () => {
    const { dashboard, port, origin } = start();
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
    const { dashboard, port, origin } = start();
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
    const { dashboard } = start();
    const page = await PageSocket.open(dashboard.url);
    await page.read();
    const [event] = await Promise.all([page.closed(), dashboard.stop()]);
    assert.equal(event.code, 1001);
    await dashboard.stop();
  },
}));
