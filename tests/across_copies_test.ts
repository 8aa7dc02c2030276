/** Two copies of the package in one program, as when a library that it uses has another version. */

import assert from "node:assert/strict";
import { AgentStopped, MetricQError, PublishFailed, RpcError, RpcTimeout } from "../src/errors.ts";
// The query makes another module of the same file, for TypeScript as well.
import * as copied from "../src/errors.ts?copy=2";
import { UsageError } from "../src/cli/usage_error.ts";
import { UsageError as CopiedUsageError } from "../src/cli/usage_error.ts?copy=2";
import { requireDuration } from "../src/time/require_duration.ts";
import { Timedelta } from "../src/time/timedelta.ts";
import { Timedelta as CopiedTimedelta } from "../src/time/timedelta.ts?copy=2";
import { Timestamp } from "../src/time/timestamp.ts";
import { Timestamp as CopiedTimestamp } from "../src/time/timestamp.ts?copy=2";

Deno.test("Timestamp and Timedelta of another copy are taken, by TypeScript and when they are used", () => {
  const time: Timestamp = CopiedTimestamp.fromPosixNs(5n);
  assert.notEqual(Timestamp, CopiedTimestamp);
  assert.ok(time instanceof Timestamp);
  assert.equal(time.subtract(Timestamp.fromPosixNs(2n)).ns, 3n);
  assert.equal(Timestamp.fromPosixNs(2n).subtract(time).ns, -3n);
  assert.equal(Timestamp.from(time), time);

  const period: Timedelta = CopiedTimedelta.fromS(2);
  assert.notEqual(Timedelta, CopiedTimedelta);
  assert.equal(requireDuration("Cannot set period", period).s, 2);
  assert.equal(Timestamp.fromPosixNs(5n).add(period).posixNs, 2_000_000_005n);
});

Deno.test("An error of another copy is an instance of its own class and of those above, and of no other", () => {
  const error: unknown = new copied.RpcTimeout("f", 5);
  assert.ok(error instanceof RpcTimeout && error instanceof RpcError);
  assert.ok(error instanceof MetricQError);
  assert.ok(!(error instanceof PublishFailed) && !(error instanceof AgentStopped));
  assert.ok(new RpcTimeout("f", 5) instanceof copied.MetricQError);
  assert.ok(new CopiedUsageError("bad") instanceof UsageError);
});

Deno.test("Each exported error is recognised across copies", () => {
  for (const [name, { prototype }] of Object.entries(copied)) {
    assert.ok(Object.hasOwn(prototype, Symbol.for(`@metricq/source.${name}`)), name);
  }
});

Deno.test("A class that derives from one of these knows only its own objects", () => {
  class Rounded extends Timestamp {}
  class Refused extends PublishFailed {}
  assert.ok(!(Timestamp.now() instanceof Rounded));
  assert.ok(new Rounded(0) instanceof Rounded && new Rounded(0) instanceof Timestamp);
  assert.ok(!(new PublishFailed("a.b", 1, "full") instanceof Refused));
  assert.ok(new Refused("a.b", 1, "full") instanceof copied.MetricQError);
});

Deno.test("What is no object, or another's, is no instance", () => {
  for (
    const other of [
      undefined,
      null,
      5,
      "text",
      {},
      new Error("no"),
      new Date(),
      Timestamp.prototype,
    ]
  ) {
    assert.ok(!(Object(other) instanceof Timestamp) && !(Object(other) instanceof MetricQError));
    assert.equal(Reflect.apply(Timestamp[Symbol.hasInstance], Timestamp, [other]), false);
  }
});
