import assert from "node:assert/strict";
import fc from "fast-check";
import { CouchDbStore } from "../../../src/configurations/couchdb_store.ts";
import { basicAuthorization } from "../../../src/http/basic_authorization.ts";
import { Broker } from "../../../src/dev/broker/broker.ts";
import { DevNetwork } from "../../../src/dev/network.ts";
import { Sink } from "../../../src/sink/sink.ts";
import { systemClock } from "../../../src/time/clock.ts";
import { Dashboard } from "../../../src/watch/dashboard/dashboard.ts";
import { LiveMetrics } from "../../../src/watch/live_metrics.ts";
import { NetworkConfigurations } from "../../../src/watch/network_configurations.ts";
import { WatchedNetwork } from "../../../src/watch/watched_network.ts";
import { LogRecords } from "../../support/log_records.ts";
import { needing } from "../../support/needing.ts";
import { agentView } from "../agent_view.ts";
import { PageSocket, rawRequest } from "./page_client.ts";

const permissions = [{ name: "net" }, { name: "sys", kind: "hostname" }] as const;

/** What stands in each password, in a form that no encoding changes. */
const MARK = "s3cr3t";

const passwords = fc.tuple(
  fc.string({ unit: "grapheme-ascii", maxLength: 6 }),
  fc.string({ unit: "grapheme", maxLength: 4 }),
).map(([before, behind]) => `${before}${MARK}${behind}`.toWellFormed());

/** All that a page of a network is sent, and what is logged meanwhile. */
async function traces(amqp: string, couch: string): Promise<string> {
  await using log = await LogRecords.capture();
  const sink = new Sink({ token: "watch-test", url: amqp });
  await sink.connect();
  const texts: string[] = [];
  {
    await using live = new LiveMetrics({ join: () => Promise.resolve(sink) });
    const configurations = new NetworkConfigurations({
      agent: sink,
      store: new CouchDbStore({ url: couch }),
      isWritable: true,
      agents: () => Promise.resolve([agentView({ token: "source-x" })]),
      clock: systemClock,
    });
    const view = new WatchedNetwork({ sink, live, configurations });
    await using dashboard = await Dashboard.start({ view });
    const { port, origin } = new URL(dashboard.url);
    await using page = await PageSocket.open(dashboard.url);
    page.send({ table: { count: 10 }, token: "source-x" });
    while (!texts.some((text) => JSON.parse(text).configuration !== undefined)) {
      const message = await page.read();
      if (typeof message === "string") texts.push(message);
      page.send({ ready: true });
    }
    const config = { token: "source-x", config: { rate: 1 }, revision: null };
    for (
      const request of [
        { path: "/history?token=source-x" },
        { path: "/export?metric=a&from=0&to=1&format=csv" },
        {
          method: "POST",
          path: "/configuration",
          headers: { origin, "content-type": "application/json" },
          body: JSON.stringify(config),
        },
      ]
    ) {
      const { headers, body } = await rawRequest(Number(port), request);
      texts.push(body, ...headers.values());
    }
  }
  return [...texts, log.inspect()].join("\n");
}

Deno.test(needing({ permissions }, {
  name: "Dashboard shows no password of AMQP or CouchDB to a page or in the log",
  fn: async () => {
    // A CouchDB that is away, so that errors of it are told.
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const away = `127.0.0.1:${listener.addr.port}`;
    listener.close();
    await fc.assert(
      fc.asyncProperty(passwords, async (password) => {
        await using broker = Broker.start({ users: { joe: password } });
        const { host } = new URL(broker.url);
        const encoded = encodeURIComponent(password);
        const server = `amqp://joe:${encoded}@${host}/`;
        await using _network = await DevNetwork.start({ server });
        const seen = await traces(server, `http://joe:${encoded}@${away}/`);
        assert.match(seen, /"error":"Cannot /, "the page is told of the CouchDB");
        assert.ok(seen.includes(host) && seen.includes(away));
        const [, basic = ""] = basicAuthorization("joe", password).split(" ");
        for (const secret of [MARK, basic]) assert.ok(!seen.includes(secret), seen);
      }),
      { numRuns: 10 },
    );
  },
}));
