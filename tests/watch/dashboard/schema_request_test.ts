/** The schema of a configuration, as the page asks for it. */

import assert from "node:assert/strict";
import * as z from "zod";
import { DevNetwork } from "../../../src/dev/network.ts";
import { RpcError } from "../../../src/errors.ts";
import type { JsonObject } from "../../../src/rpc/json.ts";
import { withSchema } from "../../../src/rpc/rpc_handler.ts";
import { Dashboard } from "../../../src/watch/dashboard/dashboard.ts";
import { TestSource } from "../../e2e/test_source.ts";
import { needing } from "../../support/needing.ts";
import { FakeNetwork } from "./fake_network.ts";
import { rawRequest } from "./page_client.ts";

const NET = [{ name: "net" }] as const;
const SCHEMA = { properties: { rate: { type: "number" } }, $ref: "http://a.example/" };

/** A dashboard of a source that has a schema, and of one that has none. */
async function start() {
  const network = new FakeNetwork()
    .addAgent({ token: "source-x" }, { rate: 10 })
    .addAgent({ token: "source-y" }, { rate: 10 });
  network.schemas.set("source-x", SCHEMA);
  network.keeping = { ...network.keeping, isWritable: false };
  const dashboard = await Dashboard.start({ view: network });
  const { port, origin } = new URL(dashboard.url);
  const headers = { origin, "content-type": "application/json" };
  return {
    network,
    dashboard,
    get: (path: string) => rawRequest(Number(port), { path }),
    check: (body: string, more: Record<string, string> = {}) =>
      rawRequest(Number(port), {
        method: "POST",
        path: "/check",
        headers: { ...headers, ...more },
        body,
      }),
  };
}

Deno.test(needing({ permissions: NET }, {
  name:
    "Dashboard tells the schema of a source, and checks by it, also where nothing may be written",
  fn: async () => {
    const { dashboard, get, check } = await start();
    await using _ = dashboard;
    const { body } = await get("/schema?token=source-x");
    assert.match(body, /\{"schema":\{"properties":\{"rate":\{"type":\["number"\]\}\},/);
    assert.match(body, /"isWhole":false\}/);
    for (const path of ["/schema?token=source-y", "/schema?token=", "/schema"]) {
      assert.match((await get(path)).body, /^\s*(?:\w+\s+)?null\s/);
    }
    const checked = await check('{"token": "source-x", "config": {"rate": "fast"}}');
    assert.equal(checked.status, 200);
    assert.match(
      checked.body,
      /\{"problems":\[\{"path":\["rate"\],"message":"a number is required, a text is given"\}\],"isComplete":true\}/,
    );
    assert.match((await check('{"token": "source-y", "config": {}}')).body, /\bnull\b/);
  },
}));

Deno.test(needing({ permissions: NET }, {
  name: "Dashboard checks for its own page, what is a configuration of bounded size",
  fn: async () => {
    const { dashboard, network, get, check } = await start();
    await using _ = dashboard;
    const body = '{"token": "source-x", "config": {}}';
    assert.equal((await check(body, { origin: "http://evil.example" })).status, 403);
    assert.equal((await check(body, { "content-type": "text/plain" })).status, 403);
    assert.equal((await check('{"token": "source-x", "config": []}')).status, 400);
    assert.equal((await check('{"token": 1, "config": {}}')).status, 400);
    assert.equal((await check("{")).status, 400);
    const large = JSON.stringify({ token: "source-x", config: { a: "x".repeat(300_000) } });
    assert.equal((await check(large)).status, 413);
    assert.equal((await get("/check")).status, 405);
    network.askSchema = () => Promise.reject(new RpcError("config.schema", "it is broken"));
    const failed = await get("/schema?token=source-x");
    assert.equal(failed.status, 502);
    assert.match(failed.body, /Cannot call config\.schema: it is broken/);
  },
}));

Deno.test(needing({ peers: [] }, {
  name: "The development network's dashboard asks its sources for their schemas",
  fn: async () => {
    await using network = await DevNetwork.start({ config: { rate: 1 } });
    await using source = new TestSource({ token: "source-a", url: network.url });
    const Config = z.strictObject({ rate: z.number().meta({ unit: "Hz" }) });
    source.addRpcHandler("config", withSchema(Config, () => {}));
    await source.connect();
    await using dashboard = await Dashboard.start({ view: network.view });
    let told: { schema: JsonObject; isWhole: boolean } | null = null;
    while (told === null) {
      told = await (await fetch(`${dashboard.url}schema?token=source-a`)).json();
    }
    assert.equal(told.isWhole, true);
    assert.deepEqual(told.schema.properties, { rate: { unit: "Hz", type: ["number"] } });
    const functions = network.view.rpcs().map((call) => call.function);
    assert.equal(functions.filter((name) => name === "config.schema").length, 1);
  },
}));
