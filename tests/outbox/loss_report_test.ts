import assert from "node:assert/strict";
import type { LossReason, PointsLost } from "../../src/outbox/delivery_options.ts";
import { type Loss, LossReport, type Refused } from "../../src/outbox/loss_report.ts";
import { LogRecords } from "../support/log_records.ts";

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
  // As an outbox does: it counts first.
  let dropped = 0;
  const lose = (metric: string, points: number, reason: LossReason, words?: string) => {
    dropped += points;
    report.add({ metric, points }, reason, words);
  };
  return { lose, end: () => report.end(dropped), told, refusals };
}

Deno.test("LossReport calls the hook afterwards, once per metric and reason", async () => {
  const losses: PointsLost[] = [];
  const { lose } = setUp((loss) => losses.push(loss));
  lose("test.a", 2, "full");
  lose("test.b", 1, "full");
  lose("test.a", 3, "full");
  lose("test.a", 1, "refused");
  assert.deepEqual(losses, []);
  await Promise.resolve();
  assert.deepEqual(losses, [
    { metric: "test.a", points: 5, reason: "full" },
    { metric: "test.b", points: 1, reason: "full" },
    { metric: "test.a", points: 1, reason: "refused" },
  ]);
});

Deno.test("LossReport tells of a loss once when it begins, and once when it ends, with totals", () => {
  const { lose, end, told } = setUp();
  end();
  for (let i = 0; i < 1000; i++) lose(`test.${i % 3}`, 2, "full");
  lose("test.0", 1, "refused");
  assert.deepEqual(told, ["full"]);
  end();
  end();
  const first = { points: 2001, metrics: 3, reasons: ["full", "refused"], total: 2001 };
  assert.deepEqual(told, ["full", first]);
  lose("test.a", 4, "refused");
  end();
  const second = { points: 4, metrics: 1, reasons: ["refused"], total: 2005 };
  assert.deepEqual(told, ["full", first, "refused", second]);
});

Deno.test("LossReport tells of what a stop loses only once, as it is over at once", () => {
  const { lose, end, told } = setUp();
  lose("test.a", 4, "stopped");
  lose("test.b", 5, "stopped");
  end();
  assert.deepEqual(told, [{ points: 9, metrics: 2, reasons: ["stopped"], total: 9 }]);
});

Deno.test("LossReport tells once of each metric that is refused for what it is, and of other losses beside it", async () => {
  const losses: PointsLost[] = [];
  const { lose, end, told, refusals } = setUp((loss) => losses.push(loss));
  for (let i = 0; i < 3; i++) lose("test.a", 2, "refused", "it is too large");
  lose("test.b", 1, "refused", "it is forbidden");
  assert.deepEqual(refusals, [
    { metric: "test.a", points: 2, reason: "it is too large", metrics: 1 },
    { metric: "test.b", points: 1, reason: "it is forbidden", metrics: 2 },
  ]);
  assert.deepEqual(told, []);
  lose("test.c", 5, "full");
  end();
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
  const { lose: throwing } = setUp(() => {
    throw new Error("bad hook");
  });
  throwing("test.a", 1, "full");
  const { lose: rejecting } = setUp(() => Promise.reject(new Error("worse hook")));
  rejecting("test.a", 1, "full");
  await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual(logged.messages("error"), [
    "onPointsLost of source-test has failed: bad hook",
    "onPointsLost of source-test has failed: worse hook",
  ]);
});
