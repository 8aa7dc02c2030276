/** What TypeScript accepts and refuses of options and overridden methods. */

import assert from "node:assert/strict";
import {
  type AgentOptions,
  type DeclareOptions,
  type DeliveryOptions,
  type GetMetricsOptions,
  type HealthServerOptions,
  IntervalSource,
  type IntervalSourceOptions,
  type Metadata,
  type MonotonicClock,
  type RpcOptions,
  Source,
  type SourceOptions,
  type StartOptions,
  type TicksOptions,
  type TlsCertificates,
} from "../../mod.ts";
import type { TestNetworkOptions, WaitOptions } from "../../src/testing/mod.ts";

/** The names of optional properties that cannot be given as `undefined`. */
type RefusingUndefined<Options> = {
  [Name in keyof Options]-?: Record<never, never> extends Pick<Options, Name>
    ? undefined extends Required<Options>[Name] ? never : Name
    : never;
}[keyof Options];

type None<Name extends never> = Name;

// That this compiles is the test: under exactOptionalPropertyTypes a value that may be missing, such
// as one of the command line, could not be passed on otherwise.
type _Agent = None<RefusingUndefined<AgentOptions>>;
type _Source = None<RefusingUndefined<SourceOptions>>;
type _Interval = None<RefusingUndefined<IntervalSourceOptions>>;
type _Delivery = None<RefusingUndefined<DeliveryOptions>>;
type _Declare = None<RefusingUndefined<DeclareOptions>>;
type _Rpc = None<RefusingUndefined<RpcOptions>>;
type _GetMetrics = None<RefusingUndefined<Omit<GetMetricsOptions, never>>>;
type _Start = None<RefusingUndefined<StartOptions>>;
type _Ticks = None<RefusingUndefined<TicksOptions>>;
type _Health = None<RefusingUndefined<HealthServerOptions>>;
type _Tls = None<RefusingUndefined<TlsCertificates>>;
type _Network = None<RefusingUndefined<TestNetworkOptions>>;
type _Wait = None<RefusingUndefined<WaitOptions>>;

class AnyPromise extends IntervalSource {
  override update() {
    return this.send("test.api", { seconds: 1 } as never, 1).then(() => 5);
  }
}

class AnyTask extends Source {
  override task() {
    return Promise.all([1, 2]);
  }
}

class NoPromise extends IntervalSource {
  // @ts-expect-error: a number is not a promise
  override update() {
    return 5;
  }
}

class Hiding extends IntervalSource {
  // @ts-expect-error: period is an accessor
  override period = 1;
  update() {}
}

Deno.test("Source and IntervalSource accept any promise of task and update", () => {
  assert.ok([AnyPromise, AnyTask, NoPromise, Hiding].length);
});

Deno.test("Options of a source may be undefined, which is their default", () => {
  const missing: number | undefined = undefined;
  const clock: MonotonicClock | undefined = undefined;
  const source = new AnyPromise({
    token: "source-x",
    url: "amqp://localhost/",
    period: missing,
    chunkSize: missing,
    align: undefined,
    precision: undefined,
    connectionTimeout: missing,
    rpcTimeout: missing,
    stopTimeout: missing,
    addUuid: undefined,
    clientVersion: undefined,
    tls: undefined,
    credentials: undefined,
    clock,
    outboxMaxBytes: missing,
    onFull: undefined,
    delivery: undefined,
    spool: undefined,
    spoolMaxBytes: missing,
    onPointsLost: undefined,
  });
  assert.equal(source.period, undefined);
  assert.equal(source.chunkSize, 1);
  const metadata: Metadata = { unit: undefined, description: undefined };
  assert.deepEqual(Object.keys(metadata), ["unit", "description"]);
});
