/**
 * Tests of a source: a network in the process, and a clock that the test moves.
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
export type { JsonObject, JsonValue } from "../rpc/json.ts";
