/**
 * Receive the data of a MetricQ network: `jsr:@metricq/source/sink`.
 *
 * ```ts
 * import { command } from "jsr:@metricq/source";
 * import { Sink } from "jsr:@metricq/source/sink";
 *
 * if (import.meta.main) {
 *   await command({ defaultToken: "sink-deno-printer" }, async ({ server, token }) => {
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
 * @module
 */

export { type MetricSelection, Sink, type SinkOptions, type SubscribeOptions } from "./sink.ts";
export type { SinkChunk, SinkPoint } from "./sink_chunk.ts";
export type { Subscription, SubscriptionStats } from "./subscription.ts";
