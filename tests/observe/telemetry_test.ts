/** OpenTelemetry as a program's user gets it, from Deno's own exporter. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { INSTRUMENTS } from "../../src/observe/instruments.ts";
import { TickMeter } from "../../src/schedule/tick_meter.ts";
import { TestNetwork } from "../../src/testing/test_network.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { boundCommand } from "../peers/process.ts";
import type { Events } from "../support/events.ts";
import { needing } from "../support/needing.ts";
import { OtlpReceiver, type ReceivedMetric, type ReceivedSpan } from "./otlp_receiver.ts";

const needs = [
  { name: "net" },
  { name: "run" },
  { name: "read" },
  { name: "write" },
  { name: "sys", kind: "hostname" },
] as const;
const MAIN = fileURLToPath(new URL("../../mod.ts", import.meta.url));
const CONFIG = fileURLToPath(new URL("../../deno.json", import.meta.url));
const TOKEN = "source-deno-dummy";
const METRIC = "test.deno.dummy";
const SCOPE = "@metricq/source";

/** Starts the dummy source. */
function startSource(
  url: string,
  env: Record<string, string>,
  config = CONFIG,
): Deno.ChildProcess {
  // The broker alone: what is exported is not the program's own business, and needs no permission.
  const permission = `--allow-net=${new URL(url).host}`;
  const options = ["--no-prompt", permission, "--no-lock", "--config", config];
  const args = ["run", ...options, MAIN, "--server", url];
  const stdio = { stdin: "null", stdout: "null", stderr: "piped" } as const;
  return boundCommand(Deno.execPath(), args, { ...stdio, env }).spawn();
}

/** Stops a source. Returns what it has printed. */
async function stopSource(source: Deno.ChildProcess): Promise<string> {
  source.kill("SIGINT");
  const { code, stderr } = await source.output();
  const text = new TextDecoder().decode(stderr);
  assert.equal(code, 0, text);
  return text;
}

/** Waits for the first item of this package's that is the sought one. */
async function first<Item extends { readonly scope: string }>(
  items: Events<Item>,
  isSought: (item: Item) => boolean,
): Promise<Item> {
  for (let count = 1;; count++) {
    const item = await items.nth(count);
    if (item.scope === SCOPE && isSought(item)) return item;
  }
}

Deno.test(needing({ permissions: needs }, {
  name: "A source exports every documented metric with OTEL_DENO=true",
  fn: async () => {
    await using network = await TestNetwork.start({ config: { rate: 100 } });
    await using receiver = new OtlpReceiver();
    const source = startSource(network.url, receiver.environment);
    const metric = (isSought: (metric: ReceivedMetric) => boolean) =>
      first(receiver.metrics, isSought);

    for (const { name, unit, description, kind } of INSTRUMENTS) {
      const { points, ...received } = await metric((metric) => metric.name === name);
      assert.deepEqual(received, { scope: SCOPE, name, unit, description, kind });
      assert.deepEqual(points.map(({ attributes }) => attributes), [{ token: TOKEN }]);
    }
    const sent = (value: number | undefined) => value !== undefined && value > 10;
    for (const name of ["points.sent", "points.confirmed", "chunks.confirmed", "data.confirmed"]) {
      await metric(({ name: found, points }) =>
        found === `metricq.source.${name}` && sent(points[0]?.asDouble)
      );
    }
    await metric(({ name, points }) =>
      name === "metricq.source.connected" && points[0]?.asDouble === 1
    );
    const { points: [lateness] } = await metric(({ name, points }) =>
      name === "metricq.source.lateness" && sent(Number(points[0]?.count))
    );
    assert.deepEqual(lateness?.explicitBounds, new TickMeter().latenessSeconds.bounds);
    assert((lateness?.sum ?? 0) > 0);
    await stopSource(source);
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "A source exports the outages that its events tell of",
  fn: async () => {
    await using network = await TestNetwork.start({ config: { rate: 100 } });
    await using receiver = new OtlpReceiver();
    const source = startSource(network.url, receiver.environment);
    const value = (name: string, isSought: (value: number) => boolean) =>
      first(
        receiver.metrics,
        (metric) =>
          metric.name === `metricq.source.${name}` && isSought(metric.points[0]?.asDouble ?? NaN),
      );

    await network.points(METRIC, 1, { timeoutSeconds: 60 });
    network.cutConnections();
    await value("reconnects", (count) => count === 1);
    await value("outage.time", (seconds) => seconds > 0);
    network.pause(); // what is cut now cannot come back
    network.cutConnections();
    await value("outage.duration", (seconds) => seconds > 0);
    await value("connected", (connected) => connected === 0);
    network.resume();
    await value("reconnects", (count) => count === 2);
    await stopSource(source);
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "A source exports what it has counted when it ends, however seldom it exports",
  fn: async () => {
    await using network = await TestNetwork.start({ config: { rate: 100 } });
    await using receiver = new OtlpReceiver();
    const anHourMs = "3600000";
    const source = startSource(network.url, {
      ...receiver.environment,
      OTEL_METRIC_EXPORT_INTERVAL: anHourMs,
    });
    await network.points(METRIC, 10, { timeoutSeconds: 60 });
    await stopSource(source);
    const value = async (name: string) => {
      const { points } = await first(receiver.metrics, (metric) => metric.name === name);
      return points[0]?.asDouble ?? NaN;
    };
    const confirmed = await value("metricq.source.points.confirmed");
    assert(confirmed >= 10);
    assert.equal(await value("metricq.source.points.sent"), confirmed);
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "A source exports a span of each call with OTEL_DENO=true",
  fn: async () => {
    await using network = await TestNetwork.start({ config: { rate: 100 } });
    await using receiver = new OtlpReceiver();
    const source = startSource(network.url, receiver.environment);
    const span = (isSought: (span: ReceivedSpan) => boolean) => first(receiver.spans, isSought);
    const own = { "rpc.system.name": "metricq", "metricq.token": TOKEN };

    const registered = await span(({ name }) => name === "source.register");
    assert.equal(registered.kind, "client");
    assert.deepEqual(registered.attributes, { ...own, "rpc.method": "source.register" });
    assert.equal(registered.error, undefined);

    const configured = await span(({ name }) => name === "config");
    assert.equal(configured.kind, "internal");
    const declared = await span(({ name }) => name === "source.declare_metrics");
    assert.equal(declared.kind, "client");
    assert.equal(declared.parentSpanId, configured.spanId);

    await network.points(METRIC, 1, { timeoutSeconds: 60 });
    await assert.rejects(network.configure(TOKEN, { rate: 0 }), { name: "RpcError" });
    const refused = await span(({ name, kind }) => name === "config" && kind === "server");
    const { "metricq.caller": caller, ...attributes } = refused.attributes;
    assert.deepEqual(attributes, { ...own, "rpc.method": "config", "error.type": "RpcError" });
    assert.equal(refused.parentSpanId, "");
    assert.match(caller ?? "", /manager/);
    assert.match(refused.error ?? "", /rate: a number over 0 is required/);
    await stopSource(source);
  },
}));

Deno.test(needing({ permissions: needs }, {
  name:
    "A source loads @opentelemetry/api only with OTEL_DENO=true, and measures without it as well",
  fn: async () => {
    const folder = await Deno.makeTempDir();
    const config = `${folder}/deno.json`;
    // Every program that loads this package learns of it.
    const trap =
      "export let metrics, trace, SpanKind, SpanStatusCode; throw new Error('it was loaded');";
    await Deno.writeTextFile(`${folder}/api.js`, trap);
    const { imports, compilerOptions } = JSON.parse(await Deno.readTextFile(CONFIG));
    const trapped = { ...imports, "@opentelemetry/api": `file://${folder}/api.js` };
    await Deno.writeTextFile(config, JSON.stringify({ imports: trapped, compilerOptions }));
    try {
      await using network = await TestNetwork.start({ config: { rate: 100 } });
      const run = async (env: Record<string, string>) => {
        const source = startSource(network.url, env, config);
        await network.points(METRIC, 1, { after: Timestamp.now(), timeoutSeconds: 60 });
        return await stopSource(source);
      };
      assert.doesNotMatch(await run({}), /OpenTelemetry|loaded/);
      await using receiver = new OtlpReceiver();
      const errors = await run(receiver.environment);
      assert.match(errors, /ERROR .*Cannot export spans with OpenTelemetry: it was loaded$/m);
      assert.match(errors, /ERROR .*Cannot export metrics with OpenTelemetry: it was loaded$/m);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
}));
