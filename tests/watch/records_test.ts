import assert from "node:assert/strict";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { SinkChunk } from "../../src/sink/sink_chunk.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { RECORDS } from "../../src/watch/records.ts";

const anyChunk = fc.record({
  metric: fc.string({ unit: fc.constantFrom(..."aZ.,\"' \n;é😀"), minLength: 1 }),
  points: fc.array(
    fc.tuple(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.double()),
    { minLength: 1, maxLength: 5 },
  ),
}).map(({ metric, points }) =>
  new SinkChunk(metric, {
    timesNs: BigInt64Array.from(points, ([timeNs]) => timeNs),
    values: Float64Array.from(points, ([, value]) => value),
  })
);

Deno.test("CSV records are read as the same points, to the nanosecond and the bit", () => {
  const { heading, points } = RECORDS.csv;
  fc.assert(fc.property(anyChunk, (chunk) => {
    const text = heading + points(chunk, chunk.length);
    const [names, ...rows] = parse(text, { record_delimiter: "\n" });
    assert.deepEqual(names, ["metric", "time", "value"]);
    assert.equal(rows.length, chunk.length);
    for (const [at, [metric = "", time = "", value = ""]] of rows.entries()) {
      assert.equal(metric, chunk.metric);
      assert.equal(Timestamp.fromIso8601(time).posixNs, chunk.timesNs[at]);
      assert.ok(Object.is(Number(value), chunk.values[at]), value);
    }
  }));
});

Deno.test("JSON records are read as the same points, no reading as null, infinity as a text", () => {
  fc.assert(fc.property(anyChunk, (chunk) => {
    const lines = RECORDS.json.points(chunk, chunk.length).trimEnd().split("\n");
    assert.equal(lines.length, chunk.length);
    for (const [at, line] of lines.entries()) {
      const { metric, time, value } = JSON.parse(line);
      assert.equal(metric, chunk.metric);
      assert.equal(Timestamp.fromIso8601(time).posixNs, chunk.timesNs[at]);
      assert.ok(Object.is(value === null ? NaN : Number(value), chunk.values[at]), line);
    }
  }));
});

Deno.test("Records of a chunk end after as many points as are wanted", () => {
  const chunk = new SinkChunk("a", {
    timesNs: BigInt64Array.of(0n, 1n, 2n),
    values: Float64Array.of(1, NaN, -Infinity),
  });
  assert.equal(
    RECORDS.csv.points(chunk, 2),
    "a,1970-01-01T00:00:00.000000000Z,1\na,1970-01-01T00:00:00.000000001Z,NaN\n",
  );
  assert.equal(
    RECORDS.json.points(chunk, 9).split("\n").at(-2),
    '{"metric":"a","time":"1970-01-01T00:00:00.000000002Z","value":"-Infinity"}',
  );
});

Deno.test("Records of metrics hold what is known of them", () => {
  const metadata = { source: "source-a", unit: "W", rate: 2, description: 'of "it", all' };
  const { metricHeading, metric } = RECORDS.csv;
  const [row] = parse(metricHeading + metric("a.b", metadata), { columns: true });
  assert.deepEqual(row, {
    metric: "a.b",
    source: "source-a",
    unit: "W",
    rate: "2",
    description: 'of "it", all',
  });
  assert.deepEqual(JSON.parse(RECORDS.json.metric("a.b", metadata)), { metric: "a.b", metadata });
  assert.equal(RECORDS.csv.metric("a", {}), "a,,,,\n");
});
