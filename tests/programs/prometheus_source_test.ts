/** The scraping of exporters: what samples become, and the real node exporter on a real network. */

import assert from "node:assert/strict";
import * as v from "valibot";
import { RuleConfig, Rules } from "../../src/programs/prometheus_rules.ts";
import { PrometheusSource } from "../../src/programs/prometheus_source.ts";
import { PrometheusTarget } from "../../src/programs/prometheus_target.ts";
import { readSamples } from "../../src/programs/prometheus_text.ts";
import type { Readings } from "../../src/source/readings.ts";
import { metricName } from "../../src/source/metric_template.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { Network } from "../e2e/network.ts";
import { freePort } from "../peers/process.ts";
import { LogRecords } from "../support/log_records.ts";
import { needing } from "../support/needing.ts";
import { startDevice } from "./device_program.ts";
import { DeviceServer } from "./device_server.ts";

const peers = ["rabbitmq", "metricq"] as const;
const token = "source-test";

/** An exporter whose scrapes a test gives, a second apart. */
class Exporter {
  readonly target: PrometheusTarget;
  #atMs = 0;

  constructor(...rules: v.InferInput<typeof RuleConfig>[]) {
    const configs = v.parse(v.array(RuleConfig), rules.length ? rules : [{}]);
    const makeName = (template: string, labels: Record<string, string>) =>
      metricName(`test.${template}`, labels);
    this.target = new PrometheusTarget("exporter", new Rules(configs, makeName));
  }

  scrape(...lines: string[]): Readings {
    return this.target.read(readSamples(lines.join("\n"), "text/plain"), this.#atMs += 1000);
  }
}

Deno.test("PrometheusTarget names metrics after samples and labels, or by the template of a rule", () => {
  const lines = ['disk_free_bytes{device="/dev/sda1",fs="ext4"} 5', 'up{job="x.y"} 1'];
  assert.deepEqual(new Exporter().scrape(...lines), {
    "test.disk_free_bytes.device__dev_sda1.fs_ext4": 5,
    "test.up.job_x_y": 1,
  });
  const exporter = new Exporter(
    { match: "disk_*", labels: { fs: "ext*" }, name: "{fs}.free{device}", scale: 2, rack: 3 },
    { match: "*", name: "other.{__name__}" },
  );
  assert.deepEqual(exporter.scrape(...lines), {
    "test.ext4.free_dev_sda1": 10,
    "test.other.up": 1,
  });
  assert.deepEqual(exporter.target.describe("test.ext4.free_dev_sda1"), { unit: "B", rack: 3 });
});

Deno.test("PrometheusTarget makes rates of counters, also when they begin anew or were away", () => {
  const exporter = new Exporter();
  const counter = (value?: number) =>
    exporter.scrape(
      "# TYPE sent_bytes_total counter",
      `${value ? `sent_bytes_total ${value}` : ""}`,
    );
  const rates = [100, 160, 30, undefined, 500, 510].map(counter);
  const name = "test.sent_bytes_total";
  assert.deepEqual(rates, [{}, { [name]: 60 }, { [name]: NaN }, {}, {}, { [name]: 10 }]);
  assert.deepEqual(exporter.target.describe(name), { unit: "B/s" });

  const total = new Exporter({ counter: "total" });
  assert.deepEqual(total.scrape("# TYPE a_total counter", "a_total 7"), { "test.a_total": 7 });
  const any = new Exporter({ counter: "rate" });
  any.scrape("some 7");
  assert.deepEqual(any.scrape("some 9"), { "test.some": 2 });
});

Deno.test("PrometheusTarget gives samples the times that they have", () => {
  const exporter = new Exporter();
  const type = "# TYPE a_total counter";
  exporter.scrape(type, "a_total 100 1000");
  const readings = exporter.scrape(type, "a_total 120 5000", "bb 7 6000", "cc 8");
  assert.deepEqual(readings, {
    "test.a_total": { time: Timestamp.fromPosixMs(5000), value: 5 },
    "test.bb": { time: Timestamp.fromPosixMs(6000), value: 7 },
    "test.cc": 8,
  });
});

Deno.test("PrometheusTarget tells units by names, and per second what counters count", () => {
  const exporter = new Exporter();
  const lines = [
    "# TYPE busy_seconds_total counter",
    "busy_seconds_total 1",
    "# TYPE energy_joules_total counter",
    "energy_joules_total 1",
    "# TYPE calls_total counter",
    "calls_total 1",
    "temperature_celsius 20",
    "load1 0.5",
    "# HELP used_ratio How much is used",
    "used_ratio 0.5",
    "# TYPE wait_seconds summary",
    'wait_seconds{quantile="0.5"} 1',
    "wait_seconds_sum 1",
    "wait_seconds_count 1",
  ];
  exporter.scrape(...lines);
  const names = Object.keys(exporter.scrape(...lines));
  assert.deepEqual(
    Object.fromEntries(names.map((name) => [name.slice(5), exporter.target.describe(name)])),
    {
      busy_seconds_total: { unit: "" },
      energy_joules_total: { unit: "W" },
      calls_total: { unit: "1/s" },
      temperature_celsius: { unit: "°C" },
      load1: {},
      used_ratio: { description: "How much is used", unit: "" },
      "wait_seconds.quantile_0_5": { unit: "s" },
      wait_seconds_sum: { unit: "" },
      wait_seconds_count: { unit: "1/s" },
    },
  );
});

Deno.test("PrometheusTarget finds quantiles of what came into a histogram since the last scrape", () => {
  const exporter = new Exporter({ match: "*_bucket", quantiles: [0, 0.5, 0.9, 1] });
  const buckets = (...counts: number[]) =>
    exporter.scrape(
      "# TYPE wait_seconds histogram",
      ...["1", "2", "4", "+Inf"].map((le, at) =>
        `wait_seconds_bucket{host="a",le="${le}"} ${counts[at]}`
      ),
    );
  const quantiles = (...values: number[]) =>
    Object.fromEntries(
      ["0", "0_5", "0_9", "1"].map((key, at) => [
        `test.wait_seconds.host_a.quantile_${key}`,
        values[at],
      ]),
    );
  assert.deepEqual(buckets(100, 100, 100, 100), {});
  assert.deepEqual(buckets(100, 110, 120, 120), quantiles(0, 2, 3.6, 4));
  // As in Prometheus: above the last bound nothing is known, and nothing lies below 0.
  assert.deepEqual(buckets(100, 110, 120, 130), quantiles(0, 4, 4, 4));
  assert.deepEqual(buckets(100, 110, 120, 130), quantiles(NaN, NaN, NaN, NaN));
  assert.deepEqual(exporter.target.describe("test.wait_seconds.host_a.quantile_1"), { unit: "s" });
});

Deno.test("PrometheusTarget tells once how many samples it leaves out, by which rule", async () => {
  await using logged = await LogRecords.capture();
  const exporter = new Exporter(
    { match: "go_*", drop: true },
    { match: "both", name: "same" },
    { match: "cpu", name: "cpu{core}" },
    { match: "h_*" },
    { match: "c_*" },
  );
  const lines = [
    "go_a 1",
    "go_b 1",
    'both{a="1"} 1',
    'both{a="2"} 2',
    "cpu 1",
    "other 1",
    "# TYPE h histogram",
    'h_bucket{le="+Inf"} 1',
  ];
  assert.deepEqual(exporter.scrape(...lines), { "test.same": 1 });
  exporter.scrape(...lines);
  const om = ["# TYPE c counter", "c_created 5", "# EOF"].join("\n");
  exporter.target.read(readSamples(om, "application/openmetrics-text"), 9);
  assert.deepEqual(logged.messages("info"), [
    "exporter has 7 samples, of which are left out: 2 (a rule drops them), " +
    "1 (test.same is the name of another), 1 (Cannot make metric name: " +
    '"{core}" of "test.cpu{core}" is given, one of {__name__} is required), ' +
    "1 (no rule matches them), 1 (buckets are for the quantiles of a rule)",
    "exporter has 1 samples, of which are left out: 1 (they tell when something was created)",
  ]);
});

Deno.test(needing({ peers: [...peers, "prometheus-node-exporter"] }, {
  name: "PrometheusSource makes a metric of every sample of a node exporter, or tells why not",
  fn: async () => {
    await using logged = await LogRecords.capture();
    const port = freePort();
    const start = () =>
      startDevice(
        "prometheus-node-exporter",
        [`--web.listen-address=127.0.0.1:${port}`],
        /Listening on/,
      );
    let exporter = await start();
    const url = `http://127.0.0.1:${port}/metrics`;
    const config = { prefix: "example.{target}", interval: "100ms", targets: { node: { url } } };
    await using network = await Network.start({ configs: { [token]: config } });
    const load = "example.node.node_load1";
    const sink = await network.sink(load);
    await using source = new PrometheusSource({ token, url: network.url });
    await source.connect();
    const { unit } = await network.manager.declared("example.node.process_resident_memory_bytes");
    assert.equal(unit, "B");
    const [point] = await sink.waitForPoints(load, 1);
    assert((point?.value ?? -1) >= 0);

    // Rates come with the second scrape, and their metrics with them.
    await network.manager.declared("example.node.process_cpu_seconds_total");
    await sink.waitForPoints(load, 5);
    const samples = readSamples(await (await fetch(url)).text(), "text/plain");
    const metrics = Object.keys(network.manager.metrics);
    const [told = ""] = logged.messages("info").filter((message) => message.includes("left out"));
    const leftOut = [...told.matchAll(/(?:: |, )(\d+) \(/g)].reduce(
      (sum, [, n]) => sum + +`${n}`,
      0,
    );
    assert(samples.length > 300, `${samples.length} samples`);
    // One more than was there at first: the exporter counts the answers by their status.
    const difference = samples.length - metrics.length - leftOut;
    assert(difference >= 0 && difference <= 1, `${difference} of ${samples.length}: ${told}`);

    await exporter.kill();
    const before = sink.points(load).length;
    const during = await sink.waitForPoints(load, before + 3);
    assert(Number.isNaN(during.at(-1)?.value));
    exporter = await start();
    await logged.logged("info", /^node is read again, after \d+ failures$/);
    await sink.waitForPoints(load, sink.points(load).length + 2);
    assert(!Number.isNaN(sink.points(load).at(-1)?.value));
    await exporter.kill();
    const warnings = logged.messages("warning").filter((one) =>
      !/ missed \d+ deadlines?: /.test(one)
    );
    assert.match(warnings[0] ?? "", /^No reading of node: Cannot reach 127\.0\.0\.1:\d+: /);
  },
}));

Deno.test(needing({ peers }, {
  name:
    "PrometheusSource sends NaN while an answer breaks the rules, tells it once, and comes back",
  fn: async () => {
    await using logged = await LogRecords.capture();
    await using device = new DeviceServer();
    device.answer = () => new Response("value 1\n");
    const targets = { one: { url: `${device.url}/?key=secret` } };
    const config = { prefix: "test", interval: "20ms", targets };
    await using network = await Network.start({ configs: { [token]: config } });
    const sink = await network.sink("test.value");
    await using source = new PrometheusSource({ token, url: network.url });
    await source.connect();
    const next = async (value: number) => {
      for (let count = sink.points("test.value").length + 1;; count++) {
        const points = await sink.waitForPoints("test.value", count);
        if (Object.is(points[count - 1]?.value, value)) return;
      }
    };
    await next(1);
    device.answer = () => new Response("<html>");
    await next(NaN);
    device.answer = () => new Response("gone", { status: 503 });
    await next(NaN);
    device.answer = () => new Response("value 2\n");
    await next(2);
    const warnings = logged.messages("warning").filter((one) =>
      !/ missed \d+ deadlines?: /.test(one)
    );
    assert.deepEqual(warnings, [
      'No reading of one: Cannot read metrics: line 1 is "<html>", NAME VALUE or ' +
      'NAME{LABEL="VALUE"} VALUE is required',
    ]);
    assert.doesNotMatch(logged.inspect(), /key=secret/);
  },
}));

Deno.test(needing({ peers }, {
  name: "PrometheusSource refuses a bad configuration by name",
  fn: async () => {
    const good = { url: "http://127.0.0.1:1/metrics" };
    const config = { targets: {} };
    await using network = await Network.start({ configs: { [token]: config } });
    await using source = new PrometheusSource({ token, url: network.url });
    await source.connect();
    const refuses = (own: Record<string, unknown>, message: RegExp, prefix?: string) =>
      assert.rejects(
        network.manager.setConfig(token, { prefix: prefix ?? "test", targets: { one: own } }),
        { message },
      );
    await refuses({ url: "node7:9100" }, /targets\.one: an address http:\/\/… or https:/);
    await refuses({ url: "http://{host}:9100" }, /targets\.one: hosts are required/);
    await refuses({ ...good, hosts: "node[1" }, /targets\.one\.hosts: "node\[1" is given/);
    await refuses({ ...good, rule: [] }, /targets\.one\.rule/);
    await refuses({ ...good, rules: [{ counter: "sum" }] }, /targets\.one\.rules\[0\]\.counter/);
    await refuses(
      { ...good, rules: [{ quantiles: [99] }] },
      /targets\.one\.rules\[0\]\.quantiles\[0\]/,
    );
    await refuses(good, /"\{hostname\}"/, "test.{hostname}");
  },
}));
