import assert from "node:assert/strict";
import { Condition } from "../../src/observe/condition.ts";
import type { AgentEventKind, AgentEvents, ToldEvent } from "../../src/observe/events.ts";
import { healthOf } from "../../src/observe/health.ts";
import { Timestamp } from "../../src/time/timestamp.ts";

const NOW_MS = 100_000;

type Happening = {
  [Kind in AgentEventKind]: readonly [kind: Kind, data: AgentEvents[Kind], agoMs?: number];
}[AgentEventKind];

/** The health after events, which happened so long ago. */
function healthAfter(...happenings: readonly Happening[]) {
  const condition = new Condition();
  for (const [kind, data, agoMs = 0] of happenings) {
    const event = { kind, time: Timestamp.fromPosixNs(0n), ...data } as ToldEvent;
    condition.apply(event, NOW_MS - agoMs);
  }
  return healthOf(condition, NOW_MS);
}

const CONNECTED = { status: "connected", reason: undefined, outageSeconds: 0 };
const RUNNING: Happening = ["running", {}];

function lost(connection: "management" | "data", agoMs: number): Happening {
  return ["connection-lost", { connection, reason: "closed" }, agoMs];
}

function back(connection: "management" | "data"): Happening {
  return ["connection-back", { connection, outageSeconds: 1 }];
}

Deno.test("healthOf() is connected when the agent runs and both connections are up", () => {
  assert.deepEqual(healthAfter(RUNNING), CONNECTED);
  assert.deepEqual(healthAfter(RUNNING, lost("data", 9), back("data")), CONNECTED);
  assert.deepEqual(healthAfter(lost("management", 9), RUNNING, back("management")), CONNECTED);
});

Deno.test("healthOf() tells which connection is away, and for how long", () => {
  assert.deepEqual(healthAfter(RUNNING, lost("data", 12_340)), {
    status: "outage",
    reason: "the data connection has been away for 12.3 s",
    outageSeconds: 12.34,
  });
  assert.deepEqual(healthAfter(RUNNING, lost("management", 0)), {
    status: "outage",
    reason: "the management connection has been away for 0.0 s",
    outageSeconds: 0,
  });
  assert.deepEqual(healthAfter(RUNNING, lost("management", 3000), lost("data", 2000)), {
    status: "outage",
    reason: "both connections have been away for 3.0 s",
    outageSeconds: 3,
  });
});

Deno.test("healthOf() tells of a configuration that is missing, until the manager has registered the source", () => {
  const unconfigured: Happening = ["unconfigured", { reason: "Document a was not found" }];
  const registered: Happening = ["registered", { again: false }];
  const expected = {
    status: "unconfigured",
    reason: "the manager has no configuration for it",
    outageSeconds: 0,
  };
  assert.deepEqual(healthAfter(unconfigured), expected);
  assert.deepEqual(healthAfter(RUNNING, unconfigured), expected);
  assert.equal(healthAfter(RUNNING, unconfigured, lost("data", 1)).status, "outage");
  assert.deepEqual(healthAfter(unconfigured, registered, RUNNING), CONNECTED);
});

Deno.test("healthOf() tells of the beginning and the end", () => {
  const connecting: Happening = ["connecting", { url: "amqp://localhost/" }];
  for (const before of [[], [connecting], [connecting, lost("data", 0)]]) {
    const { status, reason } = healthAfter(...before);
    assert.deepEqual([status, reason], ["connecting", "it is not connected yet"]);
  }
  const error = new Error("the sensor is gone");
  const ends = [
    healthAfter(RUNNING, ["stopping", { error: undefined }]),
    healthAfter(RUNNING, ["stopping", { error }]),
    healthAfter(RUNNING, lost("data", 0), ["stopped", { error: undefined }]),
    healthAfter(RUNNING, ["stopped", { error }]),
  ];
  assert.deepEqual(ends.map(({ status, reason }) => [status, reason]), [
    ["stopping", "it is stopping"],
    ["stopping", "it is stopping: the sensor is gone"],
    ["stopped", "it has stopped"],
    ["failed", "it has stopped: the sensor is gone"],
  ]);
});
