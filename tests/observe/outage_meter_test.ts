import assert from "node:assert/strict";
import { OutageMeter } from "../../src/observe/outage_meter.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";

Deno.test("OutageMeter measures the time without a connection, after the first", async () => {
  const clock = new ManualClock();
  const outages = new OutageMeter(clock);
  await clock.advance(5);
  outages.begin();
  assert.deepEqual([outages.reconnects, outages.totalSeconds], [0, 0]);
  outages.lose();
  await clock.advance(2);
  assert.deepEqual([outages.currentSeconds, outages.totalSeconds], [2, 2]);
  outages.begin();
  await clock.advance(1);
  assert.deepEqual([outages.reconnects, outages.currentSeconds, outages.totalSeconds], [1, 0, 2]);
  outages.lose();
  await clock.advance(3);
  assert.deepEqual([outages.currentSeconds, outages.totalSeconds], [3, 5]);
  outages.end();
  await clock.advance(1);
  assert.equal(outages.totalSeconds, 5);
});
