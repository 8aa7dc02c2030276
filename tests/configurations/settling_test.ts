import assert from "node:assert/strict";
import { Settling } from "../../src/configurations/settling.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";

function setUp() {
  const clock = new ManualClock();
  const settled: string[] = [];
  const settling = new Settling({
    clock,
    onSettled: (file) => {
      settled.push(`${file} ${clock.nowMs()}`);
      return Promise.resolve();
    },
  });
  return { clock, settled, settling };
}

Deno.test("Settling waits until a file has not changed for a moment", async () => {
  const { clock, settled, settling } = setUp();
  for (let steps = 0; steps < 3; steps++) {
    settling.note("a");
    await clock.advance("60ms");
  }
  await clock.advance("1s");
  assert.deepEqual(settled, ["a 370"]);
  settling.note("a");
  await clock.advance("1s");
  assert.deepEqual(settled, ["a 370", "a 1430"]);
  await settling.close();
});

Deno.test("Settling lets a file that is written all the time hold up no other, and reads it as well", async () => {
  const { clock, settled, settling } = setUp();
  for (let timeMs = 0; timeMs < 3000; timeMs += 20) {
    settling.note("busy");
    if (timeMs === 200) settling.note("other");
    await clock.advance("20ms");
  }
  assert.deepEqual(settled, ["other 450", "busy 1000", "busy 2000", "busy 3000"]);
  await settling.close();
});

Deno.test("Settling reads a file again that changes while it is read, when that is over", async () => {
  const clock = new ManualClock();
  const reads: PromiseWithResolvers<void>[] = [];
  const settling = new Settling({
    clock,
    onSettled: () => {
      const read = Promise.withResolvers<void>();
      reads.push(read);
      return read.promise;
    },
  });
  settling.note("a");
  await clock.advance("250ms");
  settling.note("a");
  settling.note("a");
  await clock.advance("5s");
  assert.equal(reads.length, 1);
  reads[0]?.resolve();
  await clock.advance("250ms");
  assert.equal(reads.length, 2);
  reads[1]?.resolve();
  await clock.advance("5s");
  assert.equal(reads.length, 2);
  await settling.close();
});

Deno.test("Settling.close() forgets what has not settled", async () => {
  const { clock, settled, settling } = setUp();
  settling.note("a");
  await settling.close();
  await clock.advance("5s");
  assert.deepEqual(settled, []);
});
