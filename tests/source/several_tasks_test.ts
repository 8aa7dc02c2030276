/** Several tasks that give points of one metric at the same time, some of them in arrays. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeChunk } from "../../src/chunk/decode_chunk.ts";
import type { SourceMetric } from "../../src/source/source_metric.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { LogRecords } from "../support/log_records.ts";
import { ROOMY, World } from "./metric_world.ts";

const START_NS = 1_700_000_000_000_000_000n;

type Task = (metric: SourceMetric, timesNs: readonly bigint[]) => Promise<void>;

const TASKS: Record<string, Task> = {
  async send(metric, timesNs) {
    for (const timeNs of timesNs) await metric.send(Timestamp.fromPosixNs(timeNs), Number(timeNs));
  },
  async append(metric, timesNs) {
    for (const timeNs of timesNs) {
      if (!metric.append(Timestamp.fromPosixNs(timeNs), Number(timeNs))) await metric.ready;
    }
  },
  async appendAt(metric, timesNs) {
    for (const timeNs of timesNs) {
      const { seconds, nanoseconds } = Timestamp.fromPosixNs(timeNs);
      if (!metric.appendAt(seconds, nanoseconds, Number(timeNs))) await metric.ready;
    }
  },
  async sendMany(metric, timesNs) {
    await metric.sendMany(BigInt64Array.from(timesNs), Float64Array.from(timesNs, Number));
  },
};

const task = fc.record({
  give: fc.constantFrom(...Object.values(TASKS)),
  timesNs: fc.array(fc.bigInt({ min: -1000n, max: 1_000_000n }), { maxLength: 300, size: "max" })
    .map((stepsNs) => {
      let timeNs = START_NS;
      return stepsNs.map((stepNs) => timeNs += stepNs);
    }),
});

async function untilDone(world: World, work: readonly Promise<void>[]): Promise<void> {
  let isDone = false;
  const done = Promise.all(work).then(() => isDone = true);
  while (!isDone) {
    world.confirm(true);
    await world.clock.advance(0.001);
  }
  await done;
}

/** The times of all that was sent, in this order. */
async function sentTimes(world: World): Promise<bigint[]> {
  await untilDone(world, [world.metric.flush()]);
  return world.state.bodies.flatMap((body) => [...decodeChunk(body).timesNs]);
}

Deno.test('With onTime "drop", times increase whoever gives points, and each is sent or counted', async () => {
  const chunkSize = fc.option(fc.integer({ min: 1, max: 5 }), { nil: null });
  const tasks = fc.array(task, { minLength: 2, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(chunkSize, tasks, async (chunkSize, tasks) => {
      const world = new World({ ...ROOMY, chunkSize, onTime: "drop" });
      world.attach();
      await untilDone(world, tasks.map(({ give, timesNs }) => give(world.metric, timesNs)));
      const timesNs = await sentTimes(world);
      assert.deepEqual(timesNs, [...new Set(timesNs)].sort((a, b) => a < b ? -1 : 1));
      const given = tasks.reduce((sum, { timesNs }) => sum + timesNs.length, 0);
      assert.equal(timesNs.length + world.state.outOfOrder, given);
    }),
    { endOnFailure: true },
  ); // a shorter example takes minutes
});

Deno.test("A point that comes between those of an array is told of, and all are sent", async () => {
  await using logged = await LogRecords.capture();
  const world = new World(ROOMY);
  world.attach();
  const timesNs = Array.from({ length: 200 }, (_, at) => START_NS + BigInt(at));
  const later = [START_NS + 150n];
  await untilDone(
    world,
    [TASKS.sendMany, TASKS.send].flatMap((give, at) =>
      give === undefined ? [] : [give(world.metric, at === 0 ? timesNs : later)]
    ),
  );
  assert.equal((await sentTimes(world)).length, 201);
  assert.equal(logged.messages("warning").length, 1);
  assert.match(`${logged.messages("warning")}`, /do not increase: .*064Z comes after .*150Z/);
});
