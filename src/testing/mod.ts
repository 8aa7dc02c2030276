/**
 * Tests of a source: a network in the test's own process, and a clock that the test moves by hand,
 * so that a test does not have to sleep.
 *
 * A test of a source:
 *
 * ```ts
 * import { IntervalSource, rpcHandler, Timestamp } from "jsr:@metricq/source";
 * import { TestNetwork } from "jsr:@metricq/source/testing";
 * import assert from "node:assert/strict";
 *
 * class Thermometer extends IntervalSource {
 *   @rpcHandler("config")
 *   async onConfig({ rate }: { rate: number }) {
 *     this.period = 1 / rate;
 *     await this.declareMetrics({ "example.lab.heat": { rate, unit: "°C" } });
 *   }
 *
 *   override async update() {
 *     await this.send("example.lab.heat", Timestamp.now(), 21.5);
 *   }
 * }
 *
 * Deno.test("Thermometer measures at the configured rate", async () => {
 *   await using network = await TestNetwork.start({ config: { rate: 100 } });
 *   await using source = new Thermometer({ token: "source-heat", url: network.url });
 *   await source.connect();
 *
 *   const [point] = await network.points("example.lab.heat");
 *   assert.equal(point?.value, 21.5);
 *   assert.equal((await network.metadata("example.lab.heat")).unit, "°C");
 *   await assert.rejects(network.configure("source-heat", { rate: 0 }));
 * });
 * ```
 *
 * Saved as `thermometer_test.ts`, it is run by
 *
 * ```sh
 * deno test -A thermometer_test.ts
 * ```
 *
 * `points`, `metadata` and `rpc` of {@linkcode TestNetwork} wait for something to happen, and also
 * give what has happened before. After a time limit they fail with a message that tells what
 * happened instead. `cutConnections`, `pause`, `resume` and `restart` are the accidents of real
 * networks.
 *
 * {@linkcode ManualClock} is given to a source as its option `clock`. Its time stands still until
 * the test moves it.
 *
 * @module
 */

export {
  type CallOptions,
  type PointsOptions,
  type ReceivedPoint,
  TestNetwork,
  type TestNetworkOptions,
} from "./test_network.ts";
export type { WaitOptions } from "./happenings.ts";
export type { RpcCall } from "../watch/view/rpc_log.ts";
export { ManualClock } from "./manual_clock.ts";
export type { MonotonicClock, Precision } from "../time/clock.ts";
export type { Timestamp } from "../time/timestamp.ts";
export type { Jsonable, JsonableObject, JsonObject, JsonValue } from "../rpc/json.ts";
