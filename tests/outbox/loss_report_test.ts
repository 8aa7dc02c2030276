import assert from "node:assert/strict";
import type { PointsLost } from "../../src/outbox/delivery_options.ts";
import { type Loss, LossReport, type Refused } from "../../src/outbox/loss_report.ts";
import { LogRecords } from "../support/log_records.ts";

function chunk(metric: string, points: number) {
  return { metric, points, body: new Uint8Array(0) };
}

/** A report, and what it has said of losses. */
function setUp(onPointsLost?: (loss: PointsLost) => void) {
  const told: (string | Loss)[] = [];
  const refusals: Refused[] = [];
  const report = new LossReport({
    token: "source-test",
    onPointsLost,
    onBegin: (reason) => told.push(reason),
    onRefused: (refused) => refusals.push(refused),
    onEnd: (loss) => told.push(loss),
  });
  return { report, told, refusals };
}

Deno.test("LossReport calls the hook afterwards, once per metric and reason", async () => {
  const losses: PointsLost[] = [];
  const { report } = setUp((loss) => losses.push(loss));
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

Deno.test("LossReport tells of a loss once when it begins, and once when it ends, with totals", () => {
  const { report, told } = setUp();
  report.end();
  for (let i = 0; i < 1000; i++) report.add(chunk(`test.${i % 3}`, 2), "full");
  report.add(chunk("test.0", 1), "refused");
  assert.deepEqual(told, ["full"]);
  report.end();
  report.end();
  const first = { points: 2001, metrics: 3, reasons: ["full", "refused"], total: 2001 };
  assert.deepEqual(told, ["full", first]);
  report.add(chunk("test.a", 4), "refused");
  report.end();
  const second = { points: 4, metrics: 1, reasons: ["refused"], total: 2005 };
  assert.deepEqual(told, ["full", first, "refused", second]);
});

Deno.test("LossReport tells of what a stop loses only once, as it is over at once", () => {
  const { report, told } = setUp();
  report.add(chunk("test.a", 4), "stopped");
  report.add(chunk("test.b", 5), "stopped");
  report.end();
  assert.deepEqual(told, [{ points: 9, metrics: 2, reasons: ["stopped"], total: 9 }]);
});

Deno.test("LossReport tells once of each metric that is refused for what it is, and of other losses beside it", async () => {
  const losses: PointsLost[] = [];
  const { report, told, refusals } = setUp((loss) => losses.push(loss));
  for (let i = 0; i < 3; i++) report.add(chunk("test.a", 2), "refused", "it is too large");
  report.add(chunk("test.b", 1), "refused", "it is forbidden");
  assert.deepEqual(refusals, [
    { metric: "test.a", points: 2, reason: "it is too large", metrics: 1 },
    { metric: "test.b", points: 1, reason: "it is forbidden", metrics: 2 },
  ]);
  assert.deepEqual(told, []);
  report.add(chunk("test.c", 5), "full");
  report.end();
  assert.deepEqual(told, [
    "full",
    { points: 12, metrics: 3, reasons: ["refused", "full"], total: 12 },
  ]);
  await Promise.resolve();
  assert.deepEqual(losses, [
    { metric: "test.a", points: 6, reason: "refused", words: "it is too large" },
    { metric: "test.b", points: 1, reason: "refused", words: "it is forbidden" },
    { metric: "test.c", points: 5, reason: "full" },
  ]);
});

Deno.test("LossReport survives a hook that throws or rejects, and says so", async () => {
  await using logged = await LogRecords.capture();
  const { report: throwing } = setUp(() => {
    throw new Error("bad hook");
  });
  throwing.add(chunk("test.a", 1), "full");
  const { report: rejecting } = setUp(() => Promise.reject(new Error("worse hook")));
  rejecting.add(chunk("test.a", 1), "full");
  await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual(logged.messages("error"), [
    "onPointsLost of source-test has failed: bad hook",
    "onPointsLost of source-test has failed: worse hook",
  ]);
});
