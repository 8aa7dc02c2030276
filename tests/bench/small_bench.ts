/**
 * What is done once for a point, a chunk or a call, in nanoseconds: `deno bench`. Baselines are what
 * others do for the same, or what is least for it. Peers in other languages: `deno task bench`.
 *
 * @module
 */

import protobuf from "protobufjs";
import { ArrayPoints } from "../../src/chunk/array_points.ts";
import { ChunkBuilder } from "../../src/chunk/chunk_builder.ts";
import { memoryOf } from "../../src/chunk/chunk_memory.ts";
import { encodePoint, encodePoints } from "../../src/chunk/data_chunk.ts";
import { decodeChunk } from "../../src/chunk/decode_chunk.ts";
import { RpcDispatcher } from "../../src/rpc/dispatcher.ts";
import { systemClock } from "../../src/time/clock.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { ROOMY, World } from "../source/metric_world.ts";

const SIZE = 1000;
const START_S = 1_700_000_000;
// A millisecond apart.
const nanoseconds = Int32Array.from({ length: SIZE }, (_, at) => at * 1_000_000);
const values = Float64Array.from(nanoseconds, (_, at) => at);
const timesNs = BigInt64Array.from(
  nanoseconds,
  (ns) => BigInt(START_S) * 1_000_000_000n + BigInt(ns),
);

Deno.bench("Date.now()", { group: "now", baseline: true }, () => void Date.now());
Deno.bench("Timestamp.now()", { group: "now" }, () => void Timestamp.now());
Deno.bench("Temporal.Now.instant()", { group: "now" }, () => void Temporal.Now.instant());

const DataChunk = new protobuf.Type("DataChunk")
  .add(new protobuf.Field("timeDelta", 1, "int64", "repeated"))
  .add(new protobuf.Field("value", 2, "double", "repeated"));

Deno.bench("protobufjs, a point", { group: "encode a point", baseline: true }, () => {
  DataChunk.encode({ timeDelta: [START_S * 1e9], value: [1] }).finish();
});
Deno.bench("encodePoint()", { group: "encode a point" }, () => {
  memoryOf(encodePoint(START_S, 0, 1))?.release();
});

const chunk = "encode 1000 points";
Deno.bench("protobufjs, its Writer", { group: chunk, baseline: true }, () => {
  const writer = protobuf.Writer.create().uint32((1 << 3) | 2).fork();
  for (let at = 0; at < SIZE; at++) writer.int64(at === 0 ? START_S * 1e9 : 1_000_000);
  writer.ldelim().uint32((2 << 3) | 2).fork();
  for (let at = 0; at < SIZE; at++) writer.double(values[at] as number);
  writer.ldelim().finish();
});
const builder = new ChunkBuilder(SIZE);
Deno.bench("ChunkBuilder.append(), detach()", { group: chunk }, () => {
  for (let at = 0; at < SIZE; at++) {
    builder.append(START_S, nanoseconds[at] as number, values[at] as number);
  }
  memoryOf(builder.detach())?.release();
});
const world = new World({ ...ROOMY, chunkSize: SIZE, confirms: false, maxBytes: 1e7 });
let published = 0;
world.outbox.attach({ writable: true, publish: () => ++published });
let second = START_S;
Deno.bench("SourceMetric.appendAt(), to an outbox", { group: chunk }, () => {
  second++; // behind those before
  for (let at = 0; at < SIZE; at++) {
    world.metric.appendAt(second, nanoseconds[at] as number, values[at] as number);
  }
});
Deno.bench("encodePoints(), of whole arrays", { group: chunk }, () => {
  memoryOf(encodePoints(new ArrayPoints(timesNs, values, 0, SIZE)))?.release();
});

const encoded = encodePoints(new ArrayPoints(timesNs, values, 0, SIZE));
Deno.bench("protobufjs, decode()", { group: "decode 1000 points", baseline: true }, () => {
  DataChunk.decode(encoded);
});
Deno.bench("decodeChunk()", { group: "decode 1000 points" }, () => void decodeChunk(encoded));

const dispatcher = new RpcDispatcher({ clock: systemClock });
const config = { rate: 10, metrics: { "example.a": { unit: "W" } } };
dispatcher.add("config", () => {});
Deno.bench("JSON there and back", { group: "a call", baseline: true }, async () => {
  await JSON.parse(JSON.stringify(config));
});
Deno.bench("RpcDispatcher.dispatch()", { group: "a call" }, async () => {
  await dispatcher.dispatch("config", config);
});
