import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { Sink } from "../../src/sink/sink.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { LiveMetrics } from "../../src/watch/live_metrics.ts";
import { TestSource } from "../e2e/test_source.ts";
import { ReferenceManager } from "../peers/reference_manager.ts";
import { sharedVhost, type Vhost } from "../peers/shared_broker.ts";
import { needing } from "../support/needing.ts";

const METRICS = 3000;
const WINDOW = 40;
// Each takes as long as `rabbitmqctl`, half a second or more.
const MOST_LOOKS = 60;

/** The metrics whose points the broker hands on. */
async function boundMetrics({ name, ctl }: Vhost): Promise<string[]> {
  const bindings = await ctl("list_bindings", "-p", name, "source_name", "routing_key");
  return bindings.split("\n").map((line) => line.split("\t"))
    .filter(([exchange]) => exchange === "metricq.data")
    .map(([, metric = ""]) => metric).sort();
}

Deno.test(needing({ peers: ["rabbitmq", "metricq"] }, {
  name:
    "LiveMetrics lets RabbitMQ carry what is on the screen or charted, and nothing that was before",
  fn: async () => {
    const vhost = await sharedVhost();
    await using _manager = await ReferenceManager.start({ server: vhost.url });
    await using source = new TestSource({ url: vhost.url });
    await source.connect();
    const names = Array.from({ length: METRICS }, (_, at) => `m.${String(at).padStart(4, "0")}`);
    await source.declareMetrics(Object.fromEntries(names.map((name) => [name, { rate: 1 }])));
    const clock = new ManualClock();
    const sink = new Sink({ token: "watch-test", url: vhost.url });
    await sink.connect();
    await using live = new LiveMetrics({ join: () => Promise.resolve(sink), clock });
    const charted = ["m.0001", "m.2999"];
    const look = async (first: number) => {
      let isDone = false;
      const looked = Promise.all([live.metrics({ first, count: WINDOW }), live.named(charted)])
        .finally(() => isDone = true);
      while (!isDone) await clock.advance(0.1);
      await looked;
    };
    const followed = async (count: number, first: number) => {
      while ((await live.summary()).followed !== count) await look(first);
    };
    // From end to end, as somebody who looks for something.
    for (let first = 0; first < METRICS; first += 100) await look(first);
    const expected = [...names.slice(500, 500 + WINDOW), ...charted].sort();
    // The manager binds before it answers, and unbinds before it answers. On a busy machine it may still
    // be at the first rows, which are as many.
    for (let looks = 0; looks < MOST_LOOKS; looks++) {
      await followed(WINDOW + charted.length, 500);
      if (isDeepStrictEqual(await boundMetrics(vhost), expected)) break;
      await look(500);
    }
    assert.deepEqual(await boundMetrics(vhost), expected);
  },
}));
