import assert from "node:assert/strict";
import type { PointsLost } from "../../src/outbox/delivery_options.ts";
import { LossReport } from "../../src/outbox/loss_report.ts";
import { LogRecords } from "../support/log_records.ts";

function chunk(metric: string, points: number) {
  return { metric, points, body: new Uint8Array(0) };
}

Deno.test("LossReport calls the hook afterwards, once per metric and reason", async () => {
  const losses: PointsLost[] = [];
  const report = new LossReport("source-test", (loss) => losses.push(loss));
  report.add(chunk("test.a", 2), "full");
  report.add(chunk("test.b", 1), "full");
  report.add(chunk("test.a", 3), "full");
  report.add(chunk("test.a", 1), "refused");
  assert.deepEqual(losses, []);
  await Promise.resolve();
  assert.deepEqual(losses, [
    { metric: "test.a", points: 5, reason: "full" },
    { metric: "test.b", points: 1, reason: "full" },
    { metric: "test.a", points: 1, reason: "refused" },
  ]);
});

Deno.test("LossReport writes two lines to the log for each occasion, the second with the total", async () => {
  await using logged = await LogRecords.capture();
  const report = new LossReport("source-test", undefined);
  report.end();
  for (let i = 0; i < 1000; i++) report.add(chunk("test.a", 2), "full");
  report.end();
  report.end();
  report.add(chunk("test.a", 1), "stopped");
  report.end();
  assert.deepEqual(logged.messages(), [
    "source-test begins to lose points: its outbox is full, the oldest go",
    "source-test has lost 2000 points",
    "source-test begins to lose points: it was stopped before the broker had confirmed them",
    "source-test has lost 1 points",
  ]);
});

Deno.test("LossReport survives a hook that throws or rejects, and says so", async () => {
  await using logged = await LogRecords.capture();
  const throwing = new LossReport("source-test", () => {
    throw new Error("bad hook");
  });
  throwing.add(chunk("test.a", 1), "full");
  const rejecting = new LossReport("source-test", () => Promise.reject(new Error("worse hook")));
  rejecting.add(chunk("test.a", 1), "full");
  await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual(logged.messages("error").filter((text) => text.includes("hook")), [
    "onPointsLost of source-test has failed: bad hook",
    "onPointsLost of source-test has failed: worse hook",
  ]);
});
