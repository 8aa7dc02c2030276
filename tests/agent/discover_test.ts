import assert from "node:assert/strict";
import { Agent, coreOf } from "../../src/agent/agent.ts";
import { discoverAnswer } from "../../src/agent/discover.ts";
import { supervision } from "../../src/agent/supervision.ts";
import { Timedelta } from "../../src/time/timedelta.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { VERSION } from "../../src/version.ts";

const START = Timestamp.fromIso8601("2026-02-03T04:05:06.123456789Z");

Deno.test("discoverAnswer() tells times in ISO 8601 and the uptime in nanoseconds", () => {
  const { hostname: _, ...answer } = discoverAnswer({
    currentTime: START.add(Timedelta.fromMs(1234.5)),
    startingTime: START,
    uptimeMs: 1234.5,
    clientVersion: "1.2.3",
    configSchema: undefined,
  });
  assert.deepEqual(answer, {
    alive: true,
    currentTime: "2026-02-03T04:05:07.357956789Z",
    startingTime: "2026-02-03T04:05:06.123456789Z",
    uptime: 1_234_500_000,
    metricqVersion: `metricq-deno/${VERSION}`,
    denoVersion: Deno.version.deno,
    version: "1.2.3",
  });
});

Deno.test("discoverAnswer() leaves out what it is not told or may not ask", {
  permissions: { sys: false },
}, () => {
  const answer = discoverAnswer({
    currentTime: START,
    startingTime: START,
    uptimeMs: 0,
    clientVersion: undefined,
    configSchema: undefined,
  });
  assert(!("version" in answer));
  assert(!("hostname" in answer));
});

Deno.test("Agent tells the version of its program: the option's, or that of command()", async () => {
  const options = { token: "agent-test", url: "amqp://localhost/" };
  const versionOf = async (agent: Agent) =>
    (await coreOf(agent).rpc.dispatch("discover", {}))["version"];
  await supervision.run({ version: "1.2.3" }, async () => {
    assert.equal(await versionOf(new Agent(options)), "1.2.3");
    assert.equal(await versionOf(new Agent({ ...options, clientVersion: "4" })), "4");
  });
  assert.equal(await versionOf(new Agent(options)), undefined);
});
