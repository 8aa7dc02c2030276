/**
 * Receive the data of a MetricQ network: `jsr:@metricq/source/sink`.
 *
 * ```ts
 * import { command } from "jsr:@metricq/source";
 * import { Sink } from "jsr:@metricq/source/sink";
 *
 * if (import.meta.main) {
 *   await command({ defaultToken: "sink-deno-printer", sends: false }, async ({ server, token }) => {
 *     await using sink = new Sink({ token, url: server });
 *     await sink.connect();
 *     for await (const chunk of sink.subscribe(["test.deno.dummy"])) {
 *       for (const { time, value } of chunk) console.log(chunk.metric, time.toString(), value);
 *     }
 *   });
 * }
 * ```
 *
 * Saved as `printer.ts`, it prints what the source of the tutorial sends:
 *
 * ```sh
 * deno run -A printer.ts --server amqp://localhost/
 * ```
 *
 * A `Sink` is an agent as a `Source` is: `connect` brings it onto the network, and a lost connection
 * comes back by itself. `subscribe` says which metrics are wanted, by name, prefix or selector, and is
 * read with `for await`. Each chunk has the points of one metric that were sent together, in two arrays
 * (`timesNs`, `values`), or one by one when it is iterated over.
 *
 * - **Metadata**, such as the unit, is in `await chunks.metadata`. When that is there, the subscription
 *   is: what is sent from then on arrives.
 * - **A slow reader** costs the broker and not this process: chunks beyond `prefetch` wait in the queue
 *   until the next one is asked for.
 * - **A sink that is away at times** subscribes with `durable: true`, and has a token that stays
 *   (`addUuid: false`). Its queue outlives it, and the next run goes on where it has left off. `end`
 *   reads the queue to its end and gives it up.
 * - **What comes twice** after a lost connection is left out; `stats` counts it. What may be missing,
 *   as when a broker lost the queue, is told with the time from and until.
 * - **Several subscriptions** have a queue and a pace each.
 *
 * A sink that writes a CSV file, in a few lines, is in `examples/csv_sink.ts`. To look at values without
 * a program of your own there is `jsr:@metricq/source/watch`.
 *
 * @module
 */

export { type MetricSelection, Sink, type SinkOptions, type SubscribeOptions } from "./sink.ts";
export type { SinkChunk, SinkPoint } from "./sink_chunk.ts";
export type { Subscription, SubscriptionStats } from "./subscription.ts";
