import assert from "node:assert/strict";
import { Histogram } from "../../src/histogram.ts";
import { INSTRUMENTS } from "../../src/observe/instruments.ts";
import { prometheusName, prometheusText } from "../../src/observe/exposition.ts";
import { observedSource } from "./observed_source.ts";

const LINE =
  /^[a-z_]+\{token="(?:[^"\\\n]|\\[\\"n])*"(?:,le="(?:\d+(?:\.\d+)?|\+Inf)")?\} \d+(?:\.\d+)?(?:e-\d+)?$/;

Deno.test("prometheusText() has help and type of every instrument before its values, and nothing else", () => {
  const lines = prometheusText([observedSource()]).split("\n");
  assert.equal(lines.pop(), "", "the last line ends");
  for (const instrument of INSTRUMENTS) {
    const name = prometheusName(instrument);
    assert.equal(lines.shift(), `# HELP ${name} ${instrument.description}`);
    assert.equal(lines.shift(), `# TYPE ${name} ${instrument.kind}`);
    const end = lines.findIndex((line) => line.startsWith("#"));
    const values = lines.splice(0, end < 0 ? lines.length : end);
    assert(values.length > 0);
    for (const line of values) {
      assert.match(line, LINE);
      assert(line.startsWith(name));
    }
  }
  assert.deepEqual(lines, []);
});

Deno.test("prometheusName() ends in the unit, and for counters in _total", () => {
  const byName = new Map(INSTRUMENTS.map((instrument) => [instrument.name, instrument]));
  const names = {
    "metricq.source.connected": "metricq_source_connected",
    "metricq.source.points.sent": "metricq_source_points_sent_total",
    "metricq.source.data.sent": "metricq_source_data_sent_bytes_total",
    "metricq.source.outbox.size": "metricq_source_outbox_size_bytes",
    "metricq.source.lateness": "metricq_source_lateness_seconds",
  };
  for (const [name, expected] of Object.entries(names)) {
    const instrument = byName.get(name);
    assert(instrument);
    assert.equal(prometheusName(instrument), expected);
  }
});

Deno.test("prometheusText() tells several sources apart by their tokens", () => {
  const text = prometheusText([
    observedSource({ token: "a", stats: { pointsSent: 5 } }),
    observedSource({ token: "b", health: { status: "outage" } }),
  ]);
  for (
    const line of [
      'metricq_source_points_sent_total{token="a"} 5',
      'metricq_source_points_sent_total{token="b"} 0',
      'metricq_source_connected{token="a"} 1',
      'metricq_source_connected{token="b"} 0',
    ]
  ) assert(text.includes(`${line}\n`), line);
  assert.equal(text.match(/# TYPE metricq_source_connected /g)?.length, 1);
});

Deno.test("prometheusText() escapes what a token may contain", () => {
  const text = prometheusText([observedSource({ token: 'a"b\\c\nd' })]);
  assert(text.includes('metricq_source_connected{token="a\\"b\\\\c\\nd"} 1\n'));
  for (const line of text.trimEnd().split("\n")) assert.match(line, /^# |^metricq_[^\n]+ \d+$/);
});

Deno.test("prometheusText() writes a histogram in cumulative buckets, with sum and count", () => {
  const histogram = new Histogram([0.00001, 0.5]);
  for (const seconds of [0.000005, 0.25, 0.5, 2]) histogram.record(seconds);
  const text = prometheusText([
    observedSource({ token: "a", stats: { latenessSeconds: histogram.distribution() } }),
  ]);
  const name = "metricq_source_lateness_seconds";
  assert(text.includes([
    `# TYPE ${name} histogram`,
    `${name}_bucket{token="a",le="0.00001"} 1`,
    `${name}_bucket{token="a",le="0.5"} 3`,
    `${name}_bucket{token="a",le="+Inf"} 4`,
    `${name}_sum{token="a"} 2.750005`,
    `${name}_count{token="a"} 4`,
    "",
  ].join("\n")));
});
