import assert from "node:assert/strict";
import { type SourceCondition, sourceHealth } from "../../src/observe/health.ts";

function healthOf(condition: Partial<SourceCondition>) {
  return sourceHealth({
    state: "running",
    failure: undefined,
    managementOutageSeconds: undefined,
    dataOutageSeconds: undefined,
    ...condition,
  });
}

Deno.test("sourceHealth() is connected when both connections are up", () => {
  assert.deepEqual(healthOf({}), { status: "connected", reason: undefined, outageSeconds: 0 });
});

Deno.test("sourceHealth() tells which connection is away, and for how long", () => {
  assert.deepEqual(healthOf({ dataOutageSeconds: 12.34 }), {
    status: "outage",
    reason: "the data connection has been away for 12.3 s",
    outageSeconds: 12.34,
  });
  assert.deepEqual(healthOf({ managementOutageSeconds: 0 }), {
    status: "outage",
    reason: "the management connection has been away for 0.0 s",
    outageSeconds: 0,
  });
  assert.deepEqual(healthOf({ managementOutageSeconds: 3, dataOutageSeconds: 2 }), {
    status: "outage",
    reason: "both connections have been away for 3.0 s",
    outageSeconds: 3,
  });
});

Deno.test("sourceHealth() tells of the beginning and the end", () => {
  for (const state of ["new", "connecting"] as const) {
    const { status, reason } = healthOf({ state, dataOutageSeconds: 0 });
    assert.deepEqual([status, reason], ["connecting", "it is not connected yet"]);
  }
  const failure = new Error("the sensor is gone");
  const ends = [
    healthOf({ state: "stopping" }),
    healthOf({ state: "stopping", failure }),
    healthOf({ state: "stopped", dataOutageSeconds: 0 }),
    healthOf({ state: "stopped", failure }),
  ];
  assert.deepEqual(ends.map(({ status, reason }) => [status, reason]), [
    ["stopping", "it is stopping"],
    ["stopping", "it is stopping: the sensor is gone"],
    ["stopped", "it has stopped"],
    ["failed", "it has stopped: the sensor is gone"],
  ]);
});
