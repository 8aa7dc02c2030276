import assert from "node:assert/strict";
import { Source } from "../../src/source/source.ts";
import { Sink } from "../../src/sink/sink.ts";
import type { SinkChunk } from "../../src/sink/sink_chunk.ts";
import type { Subscription } from "../../src/sink/subscription.ts";
import { TestNetwork } from "../../src/testing/test_network.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { needing } from "../support/needing.ts";

const permissions = [{ name: "net" }, { name: "sys" }] as const;
const METRIC = "example.lab.power";

class Meter extends Source {
  protected override async task(): Promise<void> {}
}

/** A network with a source and a sink that are connected. */
async function start(): Promise<
  { network: TestNetwork; source: Meter; sink: Sink } & AsyncDisposable
> {
  await using parts = new AsyncDisposableStack();
  const network = parts.use(await TestNetwork.start({ transientQueues: false }));
  const source = parts.use(new Meter({ token: "source-meter", url: network.url }));
  await source.connect();
  const sink = parts.use(new Sink({ token: "sink-test", url: network.url }));
  await sink.connect();
  const kept = parts.move();
  return { network, source, sink, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

async function sendSeconds(
  source: Source,
  metric: string,
  seconds: readonly number[],
): Promise<void> {
  for (const second of seconds) {
    await source.send(metric, Timestamp.fromPosixMs(1000 * second), second);
  }
  await source.flush();
}

async function read(chunks: Subscription, count: number): Promise<SinkChunk[]> {
  const all: SinkChunk[] = [];
  while (all.length < count) {
    const { value, done } = await chunks.next();
    if (done) break;
    all.push(value);
  }
  return all;
}

Deno.test(needing({ permissions }, {
  name: "Sink.subscribe() gives chunks with exact times, and metadata",
  fn: async () => {
    await using parts = await start();
    const { source, sink } = parts;
    await source.declareMetrics({ [METRIC]: { unit: "W" } });
    await using chunks = sink.subscribe([METRIC, "example.lab.unknown"]);
    const metadata = await chunks.metadata;
    assert.equal(metadata[METRIC]?.["unit"], "W");
    assert.deepEqual(metadata["example.lab.unknown"], {});

    source.metric(METRIC).chunkSize = 2;
    const times = [1_700_000_000_000_000_001n, 1_700_000_000_000_000_002n];
    for (const ns of times) await source.send(METRIC, Timestamp.fromPosixNs(ns), Number(ns % 10n));
    const [chunk] = await read(chunks, 1);
    assert.deepEqual([...chunk?.timesNs ?? []], times);
    assert.deepEqual([...chunk?.values ?? []], [1, 2]);
    assert.deepEqual([...chunk ?? []].map(({ time }) => time.posixNs), times);
  },
}));

Deno.test(needing({ permissions }, {
  name: "Sink.subscribe() finds metrics by prefix or selector, and says when there is none",
  fn: async () => {
    await using parts = await start();
    const { source, sink } = parts;
    await source.declareMetrics(["example.lab.a1", "example.lab.b1", "example.hall.a1"]);
    await using byPrefix = sink.subscribe({ prefix: "example.lab." });
    await using bySelector = sink.subscribe({ selector: "example\\..*\\.a1" });
    assert.deepEqual(Object.keys(await byPrefix.metadata), ["example.lab.a1", "example.lab.b1"]);
    assert.deepEqual(Object.keys(await bySelector.metadata), ["example.hall.a1", "example.lab.a1"]);
    await assert.rejects(sink.subscribe({ prefix: "other." }).next(), {
      name: "RangeError",
      message:
        'Cannot subscribe: no metric is found by {"prefix":"other."}, at least one is required',
    });
  },
}));

Deno.test(needing({ permissions }, {
  name: "Subscription.end() gives all that was sent before, and then the end",
  fn: async () => {
    await using parts = await start();
    const { source, sink } = parts;
    const chunks = sink.subscribe([METRIC]);
    await chunks.metadata;
    await sendSeconds(source, METRIC, [1, 2, 3]);
    await chunks.end();
    await sendSeconds(source, METRIC, [4]);
    const values = [];
    for await (const chunk of chunks) values.push(...chunk.values);
    assert.deepEqual(values, [1, 2, 3]);
    assert.deepEqual(chunks.stats, {
      chunks: 3,
      points: 3,
      chunksRepeated: 0,
      chunksUnreadable: 0,
    });
  },
}));

Deno.test(needing({ permissions }, {
  name: "Subscription.add() and remove() change what arrives, without an end to the rest",
  fn: async () => {
    await using parts = await start();
    const { source, sink } = parts;
    await source.declareMetrics({ "example.lab.more": { unit: "V" } });
    await using chunks = sink.subscribe([METRIC]);
    assert.deepEqual(Object.keys(await chunks.add(["example.lab.more"])), ["example.lab.more"]);
    assert.equal((await chunks.add(["example.lab.more"]))["example.lab.more"]?.["unit"], "V");
    await sendSeconds(source, METRIC, [1]);
    await sendSeconds(source, "example.lab.more", [2]);
    assert.deepEqual((await read(chunks, 2)).map(({ metric }) => metric), [
      METRIC,
      "example.lab.more",
    ]);

    await chunks.remove([METRIC]);
    await sendSeconds(source, METRIC, [3]);
    await sendSeconds(source, "example.lab.more", [4]);
    assert.deepEqual((await read(chunks, 1)).map(({ values }) => values[0]), [4]);
    await chunks.remove(["example.lab.more"]); // the last one: it can be added again
    await sendSeconds(source, "example.lab.more", [5]);
    await chunks.add([METRIC]);
    await sendSeconds(source, METRIC, [6]);
    assert.deepEqual((await read(chunks, 1)).map(({ values }) => values[0]), [6]);
    await assert.rejects(chunks.add([""]), {
      message: 'Cannot subscribe: "" is given, names of metrics are required',
    });
    await assert.rejects(chunks.remove([]), {
      message: "Cannot subscribe: an empty list is given, names of metrics are required",
    });
  },
}));

Deno.test(needing({ permissions }, {
  name: "Subscription.add() during an outage waits, and what was added is there after it",
  fn: async () => {
    await using parts = await start();
    const { network, source, sink } = parts;
    await using chunks = sink.subscribe([METRIC]);
    await chunks.metadata;
    for (const metric of ["example.lab.b", "example.lab.c"]) {
      network.cutConnections();
      await chunks.add([metric]);
    }
    network.cutConnections();
    const received = new Set<string>();
    const reading = (async () => {
      for await (const { metric } of chunks) received.add(metric);
    })();
    for (let second = 1; received.size < 3; second++) {
      for (const metric of [METRIC, "example.lab.b", "example.lab.c"]) {
        await sendSeconds(source, metric, [second]);
      }
    }
    await sink.stop();
    await reading;
    await chunks.add(["example.lab.d"]); // over: there is nothing to wait for
  },
}));

Deno.test(needing({ permissions }, {
  name: "Subscription ends with its signal, its reader, or its sink, each without an error",
  fn: async () => {
    await using parts = await start();
    const { source, sink } = parts;
    const stop = new AbortController();
    const aborted = sink.subscribe([METRIC], { signal: stop.signal });
    const left = sink.subscribe([METRIC]);
    const stopped = sink.subscribe([METRIC]);
    await Promise.all([aborted, left, stopped].map(({ metadata }) => metadata));
    const waiting = aborted.next();
    stop.abort();
    assert.deepEqual(await waiting, { done: true, value: undefined });

    await sendSeconds(source, METRIC, [1]);
    for await (const chunk of left) {
      assert.equal(chunk.length, 1);
      break;
    }
    assert.deepEqual(await left.next(), { done: true, value: undefined });
    await sink.stop();
    assert.deepEqual(await stopped.next(), { done: true, value: undefined });
  },
}));

Deno.test(needing({ permissions }, {
  name: "Subscription and its sink end also in the moment in which the connections are cut",
  fn: async () => {
    for (const way of ["return", "signal", "stop"] as const) {
      await using parts = await start();
      const { network, source, sink } = parts;
      const ending = new AbortController();
      const chunks = sink.subscribe([METRIC], { signal: ending.signal });
      await chunks.metadata;
      await sendSeconds(source, METRIC, [1]);
      await read(chunks, 1);
      network.cutConnections();
      // The closing of the channel is under way when the client learns that there is no connection.
      if (way === "return") await chunks.return();
      else if (way === "signal") ending.abort();
      await sink.stop();
      assert.deepEqual(await chunks.next(), { done: true, value: undefined });
    }
  },
}));

Deno.test(needing({ permissions }, {
  name: "Subscription comes back after cut connections, and leaves out what comes again",
  fn: async () => {
    await using parts = await start();
    const { network, source, sink } = parts;
    await using chunks = sink.subscribe([METRIC]);
    await chunks.metadata;
    await sendSeconds(source, METRIC, [1, 2, 3]);
    const received = (await read(chunks, 2)).map(({ values }) => values[0] ?? NaN);
    network.cutConnections();
    const reading = (async () => {
      for await (const { values } of chunks) received.push(...values);
    })();
    // The queue went with its consumer; what is sent when the sink is back arrives again.
    for (let second = 4; received.filter((value) => value > 3).length < 3; second++) {
      await sendSeconds(source, METRIC, [second]);
    }
    await sink.stop();
    await reading;
    assert.deepEqual(received, [...received].sort((a, b) => a - b));
    assert.equal(new Set(received).size, received.length);
    assert.ok(received.includes(3), "what was received before the cut is not lost");
  },
}));

Deno.test(needing({ permissions }, {
  name: "Sink.subscribe() with durable goes on where the last run has left off",
  fn: async () => {
    await using parts = await start();
    const { network, source } = parts;
    const open = async () => {
      const sink = new Sink({ token: "sink-durable", url: network.url, addUuid: false });
      await sink.connect();
      return sink;
    };
    const first = await open();
    const chunks = first.subscribe([METRIC], { durable: true });
    await chunks.metadata;
    assert.throws(() => first.subscribe([METRIC], { durable: true }), {
      message:
        'Cannot subscribe: "sink-durable" has a durable subscription already, one is possible',
    });
    await sendSeconds(source, METRIC, [1, 2, 3]);
    assert.deepEqual((await read(chunks, 2)).map(({ values }) => values[0]), [1, 2]);
    await first.stop();
    await sendSeconds(source, METRIC, [4]);

    await using second = await open();
    await using rest = second.subscribe([METRIC], { durable: true });
    // The chunk at which the first has left off was not acknowledged.
    assert.deepEqual((await read(rest, 3)).map(({ values }) => values[0]), [2, 3, 4]);
  },
}));

Deno.test(needing({ permissions }, {
  name: "Sink.subscribe() refuses options that cannot work, by name",
  fn: async () => {
    await using parts = await start();
    const { sink } = parts;
    assert.throws(() => sink.subscribe([METRIC], { prefetch: 0 }), {
      message: "Cannot use prefetch: 0 is given, an integer from 1 to 65535 is required",
    });
    assert.throws(() => sink.subscribe([METRIC], { durable: true }), {
      message: "Cannot use durable: addUuid is in force, a token that is the same at the next " +
        "start is required (addUuid: false)",
    });
    await using durable = new Sink({ token: "sink-durable", url: sink.url, addUuid: false });
    const wrong = { durable: true, expires: -1 };
    for (let i = 0; i < 2; i++) {
      assert.throws(() => durable.subscribe([METRIC], wrong), /^RangeError: Cannot use expires/);
    }
    for (const expires of [0.0009, "0.5ms", 315_360_001, 1e9, "100000 d"]) {
      assert.throws(() => sink.subscribe([METRIC], { expires }), {
        name: "RangeError",
        message: /^Cannot use expires: .* is given, a duration from 1 ms to 10 years is required$/,
      });
    }
    await assert.rejects(sink.subscribe([]).next(), {
      message: "Cannot subscribe: an empty list is given, names of metrics are required",
    });
    await assert.rejects(sink.subscribe([""]).next(), {
      message: 'Cannot subscribe: "" is given, names of metrics are required',
    });
  },
}));
