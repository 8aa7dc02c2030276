import assert from "node:assert/strict";
import { EventFeed } from "../../src/observe/event_feed.ts";
import { HangWatch } from "../../src/observe/hang_watch.ts";
import { hangingSeconds, healthOf } from "../../src/observe/health.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";

function setUp(periodMs = 0) {
  const clock = new ManualClock();
  const events = new EventFeed("source-test", clock);
  events.tell("running", {});
  const stop = new AbortController();
  const options = { clock, events, signal: stop.signal };
  const watch = new HangWatch("update", options, () => periodMs);
  const health = () => healthOf(events.condition, clock.nowMs());
  const seconds = () => hangingSeconds(events.condition, clock.nowMs());
  return { clock, events, watch, stop, health, seconds, options };
}

Deno.test("HangWatch tells what has not come back for 10 s, and when it has", async () => {
  const { clock, watch, health, seconds } = setUp();
  const released = Promise.withResolvers<void>();
  const done = watch.run(() => released.promise);
  await clock.advance(10);
  assert.equal(health().status, "connected");
  await clock.advance(1);
  assert.equal(health().status, "hanging");
  assert.equal(health().reason, "update has not come back for 11.0 s");
  assert.equal(seconds(), 11);
  released.resolve();
  await done;
  assert.equal(health().status, "connected");
  assert.equal(seconds(), 0);
  assert.equal(clock.sleepers, 0);
});

Deno.test("HangWatch has patience for three periods if that is longer, also if it becomes longer", async () => {
  const times = { periodMs: 1000 };
  const { clock, health, options } = setUp();
  const watch = new HangWatch("update", options, () => times.periodMs);
  watch.begin();
  await clock.advance(9);
  times.periodMs = 20_000;
  await clock.advance(50);
  assert.equal(health().status, "connected");
  await clock.advance(2);
  assert.equal(health().status, "hanging");
});

Deno.test("HangWatch leaves no timer behind, however often something comes back in time", async () => {
  const { clock, watch, health } = setUp();
  for (let call = 0; call < 100; call++) {
    const begun = watch.begin();
    await clock.advance(9);
    watch.end(begun);
    assert.equal(clock.sleepers, 0);
  }
  assert.equal(health().status, "connected");
});

Deno.test("HangWatch takes a later call that comes back for the end, and an earlier one not", async () => {
  const { clock, watch, health } = setUp();
  const [first, second, third] = [watch.begin(), watch.begin(), watch.begin()];
  await clock.advance(11);
  watch.end(first);
  assert.equal(health().status, "connected");
  await clock.advance(11);
  assert.equal(health().status, "hanging"); // the others
  watch.end(third);
  assert.equal(health().status, "connected");
  watch.end(second); // is forgotten
  await clock.advance(60);
  assert.equal(health().status, "connected");
  assert.equal(clock.sleepers, 0);
});

Deno.test("HangWatch tells of nothing any more when the agent stops, or nothing is awaited", async () => {
  const { clock, watch, stop, health } = setUp();
  watch.begin();
  await clock.advance(11);
  watch.close();
  assert.equal(health().status, "connected");
  watch.begin();
  stop.abort();
  await clock.advance(60);
  assert.equal(health().status, "connected");
  assert.equal(clock.sleepers, 0);
});
