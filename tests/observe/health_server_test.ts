import assert from "node:assert/strict";
import { HealthServer } from "../../src/observe/health_server.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { TestNetwork } from "../../src/testing/test_network.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { METRIC, TestSource } from "../e2e/test_source.ts";
import { retryUntil } from "../support/clock.ts";
import { needing } from "../support/needing.ts";
import { observedSource, type ObservedSourceOptions } from "./observed_source.ts";

const needs = [{ name: "net" }, { name: "sys", kind: "hostname" }] as const;

const NOT_CONNECTED = [
  ...["connecting", "unconfigured", "outage", "hanging", "stopping", "failed"] as const,
];

/** What /healthz answers, its status first. */
async function healthz(server: HealthServer) {
  const response = await fetch(`${server.url}healthz`);
  return { httpStatus: response.status, ...await response.json() };
}

/** Waits until the other side has closed a connection. */
async function isClosed(client: Deno.Conn): Promise<boolean> {
  try {
    return await client.read(new Uint8Array(1)) === null;
  } catch (error) {
    return error instanceof Deno.errors.ConnectionReset;
  }
}

/** The values of /metrics by name, of one source. */
async function metrics(server: HealthServer): Promise<Map<string, number>> {
  const text = await (await fetch(`${server.url}metrics`)).text();
  return new Map(
    Array.from(text.matchAll(/^(metricq_\w+)\{.*\} (.*)$/gm), ([, name = "", value]) => {
      return [name, Number(value)] as const;
    }),
  );
}

Deno.test(needing({ permissions: needs }, {
  name: "HealthServer tells of an outage with status 503, and counts the reconnect when it is over",
  fn: async () => {
    await using network = await TestNetwork.start();
    const clock = new ManualClock();
    await using source = new TestSource({ url: `${network.url}?heartbeat=0`, clock });
    await using server = HealthServer.start({ sources: [source], port: 0 });
    await server.listening;

    const before = await healthz(server);
    assert.equal(before.httpStatus, 503);
    assert.equal(before.sources[0].reason, "it is not connected yet");

    await source.connect();
    assert.deepEqual(await healthz(server), {
      httpStatus: 200,
      status: "ok",
      sources: [
        { token: "source-test", status: "connected", outageSeconds: 0, pointsBuffered: 0 },
      ],
    });

    assert.equal(network.cutConnections(), 2);
    await clock.whenSleeping(2); // both connections, for their next attempt
    network.pause();
    await clock.advance(2.5); // attempts are under way, and get no answer
    await source.send(METRIC, Timestamp.now(), 1);
    assert.deepEqual(await healthz(server), {
      httpStatus: 503,
      status: "unavailable",
      sources: [{
        token: "source-test",
        status: "outage",
        reason: "both connections have been away for 2.5 s",
        outageSeconds: 2.5,
        pointsBuffered: 1,
      }],
    });
    const during = await metrics(server);
    assert.equal(during.get("metricq_source_connected"), 0);
    assert.equal(during.get("metricq_source_outage_duration_seconds"), 2.5);
    assert.equal(during.get("metricq_source_reconnects_total"), 0);

    network.resume();
    const registered = network.rpc("source.register", { count: 2 });
    await retryUntil(Promise.all([source.flush(), registered]), clock);
    assert.equal((await healthz(server)).httpStatus, 200);
    const after = await metrics(server);
    assert.equal(after.get("metricq_source_connected"), 1);
    assert.equal(after.get("metricq_source_reconnects_total"), 1);
    assert.equal(after.get("metricq_source_outage_duration_seconds"), 0);
    assert((after.get("metricq_source_outage_time_seconds_total") ?? 0) >= 2.5);
    assert.equal(after.get("metricq_source_points_confirmed_total"), 1);
    assert.equal(
      after.get("metricq_source_data_confirmed_bytes_total"),
      after.get("metricq_source_data_sent_bytes_total"),
    );
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "HealthServer forgets a source that has stopped on request, and not one that has failed",
  fn: async () => {
    await using network = await TestNetwork.start();
    const sources = ["one", "two"].map((token) => new TestSource({ token, url: network.url }));
    await using server = HealthServer.start({ sources, port: 0 });
    await server.listening;
    await Promise.all(sources.map((source) => source.connect()));
    assert.equal((await healthz(server)).httpStatus, 200);

    const [one, two] = sources;
    await one?.stop();
    assert.deepEqual((await healthz(server)).sources.map(({ token }: TestSource) => token), [
      "two",
    ]);
    const failure = new Error("no answer from amqp://user:secret@device/");
    await two?.stop(failure);
    await assert.rejects(async () => await two?.stopped(), failure); // else the network would tell it
    const { httpStatus, sources: [report] } = await healthz(server);
    assert.equal(httpStatus, 503);
    assert.equal(report.status, "failed");
    assert.match(report.reason, /^it has stopped: no answer from amqp:\/\/user:\*+@device\/$/);
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "HealthServer is not well while there is no source, or one of several is not connected",
  fn: async () => {
    await using server = HealthServer.start({ port: 0 });
    await server.listening;
    assert.deepEqual(await healthz(server), {
      httpStatus: 503,
      status: "unavailable",
      reason: "there is no source yet",
      sources: [],
    });
    const add = (options: ObservedSourceOptions) => server.add(observedSource(options));
    add({ token: "a" });
    assert.equal((await healthz(server)).httpStatus, 200);
    for (const status of NOT_CONNECTED) {
      const reason = `it is ${status}`;
      add({ token: "b", health: { status, reason } });
      const { httpStatus, sources: [, report] } = await healthz(server);
      assert.deepEqual([httpStatus, report.status, report.reason], [503, status, reason]);
    }
    add({ token: "b" });
    assert.equal((await healthz(server)).httpStatus, 200);
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "HealthServer answers GET and HEAD of its two paths, and tells others what there is",
  fn: async () => {
    await using server = HealthServer.start({ port: 0, sources: [observedSource()] });
    await server.listening;
    const ask = async (path: string, method: string) => {
      const response = await fetch(`${server.url}${path}`, { method });
      const { status, headers } = response;
      return { status, headers, text: await response.text() };
    };
    const metrics = await ask("metrics", "GET");
    assert.equal(metrics.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    assert.equal(metrics.headers.get("cache-control"), "no-store");
    assert.equal(metrics.headers.get("access-control-allow-origin"), null);
    const head = await ask("healthz", "HEAD");
    assert.deepEqual([head.status, head.text], [200, ""]);
    const post = await ask("healthz", "POST");
    assert.deepEqual([post.status, post.headers.get("allow")], [405, "GET, HEAD"]);
    const other = await ask("", "GET");
    assert.deepEqual([other.status, other.text], [404, "There are /healthz and /metrics\n"]);
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "HealthServer listens on loopback unless told otherwise, and refuses a port that is taken",
  fn: async () => {
    await using server = HealthServer.start({ port: 0 });
    await server.listening;
    const { hostname, port } = new URL(server.url);
    assert.equal(hostname, "127.0.0.1");
    assert.throws(() => HealthServer.start({ port: Number(port) }), {
      name: "MetricQError",
      message:
        `Cannot serve health on 127.0.0.1:${port}: another program listens there, a free address is required`,
    });
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "HealthServer.stop() ends connections that are open, and frees the port",
  fn: async () => {
    const begun = "GET /healthz HTTP/1.1\r\nhost: here\r\n";
    // One that says nothing, one that begins a request, one that has its answer and stays.
    for (const sent of ["", begun, `${begun}\r\n`]) {
      const server = HealthServer.start({ port: 0 });
      await server.listening;
      const port = Number(new URL(server.url).port);
      using client = await Deno.connect({ hostname: "127.0.0.1", port });
      await client.write(new TextEncoder().encode(sent));
      if (sent.endsWith("\r\n\r\n")) assert(await client.read(new Uint8Array(10_000)));
      await server.stop();
      assert(await isClosed(client), sent);
      Deno.listen({ hostname: "127.0.0.1", port }).close();
    }
  },
}));
