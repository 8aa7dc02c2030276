import assert from "node:assert/strict";
import { discoverAnswer } from "../../src/agent/discover.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { VERSION } from "../../src/version.ts";

const START = Timestamp.fromIso8601("2026-02-03T04:05:06.123456789Z");

Deno.test("discoverAnswer() tells times in ISO 8601 and the uptime in nanoseconds", () => {
  const { currentTime, hostname: _, ...answer } = discoverAnswer(START, 1234.5, "1.2.3");
  assert.deepEqual(answer, {
    alive: true,
    startingTime: "2026-02-03T04:05:06.123456789Z",
    uptime: 1_234_500_000,
    metricqVersion: `metricq-deno/${VERSION}`,
    denoVersion: Deno.version.deno,
    version: "1.2.3",
  });
  assert(Timestamp.fromIso8601(String(currentTime)).posixNs > START.posixNs);
});

Deno.test("discoverAnswer() leaves out what it is not told or may not ask", {
  permissions: { sys: false },
}, () => {
  const answer = discoverAnswer(START, 0, undefined);
  assert(!("version" in answer));
  assert(!("hostname" in answer));
});
