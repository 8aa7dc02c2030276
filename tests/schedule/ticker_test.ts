import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import fc from "fast-check";
import { type Tick, type Ticker, ticks } from "../../src/schedule/ticker.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import type { FineClock, MonotonicClock } from "../../src/time/clock.ts";
import { Timedelta } from "../../src/time/timedelta.ts";
import { Timestamp } from "../../src/time/timestamp.ts";

/** A ticker on a manual clock, with a body whose duration each tick is given in turn. */
function setup(period: number | string | Timedelta, bodyMs: number[] = [], startMs = 0) {
  const clock = new ManualClock(startMs);
  const controller = new AbortController();
  const ticker = ticks({ period, clock, signal: controller.signal });
  const seen: Tick[] = [];
  const ended = (async () => {
    for await (const tick of ticker) {
      seen.push(tick);
      const durationMs = bodyMs.shift();
      if (durationMs !== undefined) await clock.sleepUntil(clock.nowMs() + durationMs);
    }
  })();
  const stop = async () => {
    controller.abort();
    await ended;
  };
  return {
    clock,
    controller,
    ticker,
    seen,
    ended,
    stop,
    deadlines: () => seen.map((tick) => tick.deadlineMs),
  };
}

/** A tick on a manual clock, on which the time of day begins in 1970. */
function at(deadlineMs: number, { latenessMs = 0, missed = 0 } = {}): Tick {
  return { deadlineMs, latenessMs, missed, time: Timestamp.fromPosixMs(deadlineMs + latenessMs) };
}

Deno.test("ticks() ticks at once, and then at every period", async () => {
  const { clock, seen, stop } = setup(0.1, [], 1000);
  await clock.advance(0);
  const time = Timestamp.fromPosixMs(1000);
  assert.deepEqual(seen, [{ deadlineMs: 1000, latenessMs: 0, missed: 0, time }]);
  await clock.advance(0.099);
  assert.equal(seen.length, 1);
  await clock.advance(0.001);
  assert.deepEqual(seen[1], at(1100));
  await clock.advance(0.25);
  assert.equal(seen.length, 4);
  await stop();
});

Deno.test("ticks() keeps its phase under a body that takes most of the period", async () => {
  const { clock, deadlines, seen, stop } = setup("100 ms", [90, 10, 99, 100]);
  await clock.advance(0.55);
  assert.deepEqual(deadlines(), [0, 100, 200, 300, 400, 500]);
  assert(seen.every((tick) => tick.missed === 0 && tick.latenessMs === 0));
  await stop();
});

Deno.test("ticks() skips the deadlines that a long body has missed, and counts them", async () => {
  const { clock, seen, stop } = setup("100 ms", [250, 0, 101]);
  await clock.advance(0.7);
  assert.deepEqual(seen.map(({ deadlineMs, missed }) => [deadlineMs, missed]), [
    [0, 0],
    [300, 2],
    [400, 0],
    [600, 1],
    [700, 0],
  ]);
  await stop();
});

Deno.test("ticks() tells how late a tick is, and lets the next one come in time", async () => {
  const { clock, seen, stop } = setup("100 ms");
  await clock.advance(0.05);
  clock.stall(0.08);
  await clock.advance(0.07);
  assert.deepEqual(seen.slice(1), [
    at(100, { latenessMs: 30 }),
    at(200),
  ]);
  await stop();
});

Deno.test("ticks() goes on at the first deadline not over after a stall of many periods", async () => {
  const { clock, seen, stop } = setup("100 ms");
  await clock.advance(0);
  clock.stall(3600 * 24 * 365 + 0.05);
  await clock.advance(0.05);
  assert.deepEqual(seen.slice(1).map((tick) => [tick.latenessMs, tick.missed]), [
    [31_536_000_000 + 50 - 100, 0],
    [0, 315_360_000 - 1],
  ]);
  await stop();
});

Deno.test("ticks() skips to the first deadline not over, wherever the body ends", async () => {
  const slots = fc.oneof(
    fc.integer({ min: 1, max: 1e6 }), // On a deadline, where rounding decides.
    fc.double({ min: 0.001, max: 1e6, noNaN: true }),
  );
  const property = fc.asyncProperty(
    fc.integer({ min: 1, max: 10 ** 10 }),
    slots,
    fc.double({ min: 0, max: 1e9, noNaN: true }),
    fc.constantFrom(0, Number.EPSILON), // On it, or as little after it as a number can tell.
    async (periodNs, slot, startMs, after) => {
      const deadlineMs = (n: number) => startMs + n * periodNs / 1e6;
      const clock = new JumpingClock(startMs);
      const iterator = ticks({ period: Timedelta.fromNs(periodNs), clock })[Symbol.asyncIterator]();
      await iterator.next();
      const endMs = clock.ms = deadlineMs(slot) * (1 + after);
      const { value } = await iterator.next();
      assert(value);
      assert.equal(value.deadlineMs, deadlineMs(value.missed + 1));
      assert(value.deadlineMs >= endMs);
      assert(value.missed === 0 || deadlineMs(value.missed) < endMs);
    },
  );
  await fc.assert(property, { numRuns: 1000 });
});

Deno.test("ticks() does not drift in a million ticks of 0.1 s", async () => {
  const clock = new JumpingClock(0.3);
  let n = 0;
  for await (const { deadlineMs, missed } of ticks({ period: 0.1, clock })) {
    if (deadlineMs !== 0.3 + n * 100 || missed !== 0) assert.fail(`tick ${n} at ${deadlineMs}`);
    if (++n === 1_000_000) break;
  }
});

Deno.test("ticks() does not drift with a period that no number of ms holds", async () => {
  const clock = new JumpingClock(0);
  let n = 0;
  for await (const { deadlineMs } of ticks({ period: Timedelta.fromNs(333_333_333), clock })) {
    if (++n === 10_000) {
      assert.equal(deadlineMs, 9_999 * 333_333_333 / 1e6);
      break;
    }
  }
});

Deno.test("Ticker.period shortens a wait that is under way", async () => {
  const { clock, ticker, deadlines, stop } = setup(10);
  await clock.advance(0.2);
  ticker.period = "500 ms";
  await clock.advance(1.4);
  assert.deepEqual(deadlines(), [0, 500, 1000, 1500]);
  assert.equal(ticker.period.preciseString, "500ms");
  await stop();
});

Deno.test("Ticker.period lengthens a wait that is under way", async () => {
  const { clock, ticker, deadlines, stop } = setup(1);
  await clock.advance(0.5);
  ticker.period = Timedelta.fromS(3);
  await clock.advance(6);
  assert.deepEqual(deadlines(), [0, 3000, 6000]);
  await stop();
});

Deno.test("Ticker.period ticks at once when one new period is over already, and misses nothing", async () => {
  const { clock, ticker, seen, stop } = setup(10);
  await clock.advance(4.2);
  ticker.period = 1;
  await clock.advance(0);
  assert.deepEqual(seen.at(-1), at(4200));
  await clock.advance(1);
  assert.deepEqual(seen.at(-1), at(5200));
  await stop();
});

Deno.test("Ticker.period set by the body counts from the body's own deadline", async () => {
  const { clock, ticker, deadlines, stop } = setup(1, [300]);
  await clock.advance(0.1);
  ticker.period = 0.5;
  await clock.advance(0.9);
  assert.deepEqual(deadlines(), [0, 500, 1000]);
  await stop();
});

Deno.test("Ticker.period set by an overrunning body ticks at once, and misses nothing", async () => {
  const { clock, ticker, seen, stop } = setup(1, [3500]);
  await clock.advance(0.1);
  ticker.period = 2;
  await clock.advance(5.4);
  assert.deepEqual(seen.slice(1), [
    at(3500),
    at(5500),
  ]);
  await stop();
});

Deno.test("Ticker.period set by the body does not count again what was missed before", async () => {
  const { clock, ticker, seen, stop } = setup(1, [1500, 500]);
  await clock.advance(2.1);
  ticker.period = 3;
  await clock.advance(2.9);
  assert.deepEqual(seen.map((tick) => [tick.deadlineMs, tick.missed]), [[0, 0], [2000, 1], [
    5000,
    0,
  ]]);
  await stop();
});

Deno.test("Ticker.period changed after deadlines were missed still lets them be told", async () => {
  const { clock, ticker, seen, stop } = setup(1, [2500]);
  await clock.advance(2.6);
  ticker.period = 5;
  await clock.advance(2.4);
  assert.deepEqual(seen[1], at(5000, { missed: 2 }));
  await stop();
});

Deno.test("Ticker.period may change many times before the next tick", async () => {
  const { clock, ticker, deadlines, stop } = setup(1);
  for (const period of [5, 7, 0.4, 3]) {
    await clock.advance(0.05);
    ticker.period = period;
  }
  await clock.advance(3);
  assert.deepEqual(deadlines(), [0, 3000]);
  await stop();
});

Deno.test("Ticker.period set to the value in force changes nothing", async () => {
  const { clock, ticker, seen, stop } = setup(1, [2500]);
  await clock.advance(0.1);
  ticker.period = "1000 ms";
  await clock.advance(2.9);
  assert.deepEqual(seen.at(-1), at(3000, { missed: 2 }));
  await stop();
});

Deno.test("Ticker.period and ticks() refuse what is not a duration above 0, and keep the old one", async () => {
  const { ticker, stop } = setup(1);
  for (const bad of [0, -1, NaN, Infinity, -0, "0s", "-5 ms", "0.1 ns", Timedelta.fromNs(0)]) {
    assert.throws(() => ticker.period = bad, RangeError);
    assert.throws(() => ticks({ period: bad }), RangeError);
  }
  assert.throws(() => ticks({ period: "-5 ms" }), {
    message: 'Cannot set period: "-5 ms" is given, a duration above 0 is required',
  });
  assert.throws(() => ticks({ period: NaN }), /NaN/);
  assert.throws(() => ticker.period = "often", SyntaxError);
  assert.throws(() => ticker.period = Object(null), TypeError);
  assert.equal(ticker.period.s, 1);
  await stop();
});

Deno.test("ticks() ends at once, without an error, when aborted while it waits", async () => {
  const { clock, controller, seen, ended } = setup(1);
  await clock.advance(0.5);
  controller.abort();
  await ended;
  assert.equal(clock.nowMs(), 500);
  assert.equal(seen.length, 1);
  assert.equal(clock.sleepers, 0);
});

Deno.test("ticks() ends after the body when aborted while it runs", async () => {
  const { clock, controller, seen, ended } = setup(1, [600]);
  await clock.advance(0.5);
  controller.abort();
  await clock.advance(0.1);
  await ended;
  assert.equal(seen.length, 1);
  assert.equal(clock.sleepers, 0);
});

Deno.test("ticks() ends at once when its iterator returns, and another iteration goes on", async () => {
  const drawn = fc.record({
    period: fc.constantFrom(0.01, 1, 20),
    align: fc.boolean(),
    isFine: fc.boolean(),
    slots: fc.integer({ min: 0, max: 1000 }),
    ticksBefore: fc.integer({ min: 1, max: 3 }),
    waiting: fc.integer({ min: 0, max: 3 }),
  });
  const property = fc.asyncProperty(drawn, async (options) => {
    const { period, align, isFine, slots, ticksBefore, waiting } = options;
    const manual = new ManualClock(slots * 10 + 5); // off the round times
    const clock = isFine ? approachable(manual) : manual;
    const { signal, listeners } = countListeners();
    const ticker = ticks({ period, align, clock, signal });
    const [iterator, other] = [ticker[Symbol.asyncIterator](), ticker[Symbol.asyncIterator]()];
    for (let tick = 0; tick < ticksBefore; tick++) await comes(manual, iterator.next());
    const { value: first } = await comes(manual, other.next());
    assert(first);
    const pending = Array.from({ length: waiting }, () => iterator.next());
    const next = other.next();
    await manual.advance(0);

    const returnedMs = manual.nowMs();
    const returned = [...pending, iterator.return(), iterator.next()];
    for (const end of await Promise.all(returned)) {
      assert.deepEqual(end, { done: true, value: undefined });
    }
    assert.equal(manual.nowMs(), returnedMs);

    const { value: second } = await comes(manual, next);
    assert(second);
    assert.deepEqual([second.missed, second.latenessMs], [0, 0]);
    assert(Math.abs(second.deadlineMs - first.deadlineMs - period * 1000) < 1e-6);
    await other.return();
    assert.deepEqual([listeners(), manual.sleepers], [0, 0]);
  });
  await fc.assert(property, { numRuns: 300 });
});

Deno.test("ticks() does not tick under a signal that was aborted before", async () => {
  for await (const _ of ticks({ period: 1, signal: AbortSignal.abort() })) assert.fail("a tick");
});

Deno.test("ticks() removes its listener from the signal, whichever way it ends", async () => {
  const { signal, listeners } = countListeners();
  const clock = new JumpingClock(0);
  for await (const _ of ticks({ period: 1, signal, clock })) break;
  assert.equal(listeners(), 0);
  const thrown = new Error("from the body");
  await assert.rejects(async () => {
    for await (const _ of ticks({ period: 1, signal, clock })) throw thrown;
  }, thrown);
  assert.equal(listeners(), 0);
});

Deno.test("ticks() lets the event loop turn before every tick, however short the period", async () => {
  let turns = 0;
  let count = 0;
  for await (const _ of ticks({ period: "1 ns" })) {
    assert.equal(turns, count);
    if (++count === 10) break;
    setImmediate(() => turns++);
  }
});

Deno.test("ticks() approaches its deadlines and arrives last, unless told to be coarse", async () => {
  const log: string[] = [];
  const clock = new JumpingClock(0);
  const approaching: FineClock = {
    nowMs: () => clock.nowMs(),
    wallTime: () => {
      log.push("read");
      return Timestamp.now();
    },
    sleepUntil: (deadlineMs) => {
      log.push("sleep");
      return clock.sleepUntil(deadlineMs);
    },
    approach: (deadlineMs) => {
      log.push("approach");
      return Promise.resolve(() => {
        log.push("arrive");
        clock.ms = Math.max(clock.ms, deadlineMs);
      });
    },
  };
  let count = 0;
  for await (const tick of ticks({ period: 1, clock: approaching })) {
    assert.equal(tick.latenessMs, 0);
    if (++count === 2) break;
  }
  const fine = ["approach", "read", "arrive", "read"];
  assert.deepEqual(log.splice(0), [...fine, ...fine]);
  for await (const _ of ticks({ period: 1, clock: approaching, precision: "coarse" })) break;
  assert.deepEqual(log, ["sleep", "read"]);
});

Deno.test("ticks() prepares fine waits once, and disposes of that whichever way it ends", async () => {
  const clock = new JumpingClock(0);
  const log: string[] = [];
  const preparing: FineClock = {
    nowMs: () => clock.nowMs(),
    sleepUntil: (deadlineMs) => clock.sleepUntil(deadlineMs),
    approach: (deadlineMs) => clock.sleepUntil(deadlineMs).then(() => () => {}),
    prepare() {
      log.push("prepare");
      return { [Symbol.asyncDispose]: () => Promise.resolve(void log.push("dispose")) };
    },
  };
  const options = { period: 1, clock: preparing };
  let count = 0;
  for await (const _ of ticks(options)) if (++count === 10) break;
  assert.deepEqual(log.splice(0), ["prepare", "dispose"]);

  const aborting = new AbortController();
  for await (const _ of ticks({ ...options, signal: aborting.signal })) aborting.abort();
  assert.deepEqual(log.splice(0), ["prepare", "dispose"]);

  const thrown = new Error("from the body");
  await assert.rejects(async () => {
    for await (const _ of ticks(options)) throw thrown;
  }, thrown);
  assert.deepEqual(log.splice(0), ["prepare", "dispose"]);

  for await (const _ of ticks({ ...options, precision: "coarse" })) break;
  assert.deepEqual(log, []);
});

Deno.test("ticks() refuses a precision that there is not", () => {
  assert.throws(() => ticks({ period: 1, precision: Object("finest") }), {
    name: "TypeError",
    message: /^Cannot set precision: .+ is given, "fine" or "coarse" is required$/,
  });
});

Deno.test("Ticker starts anew with each iteration", async () => {
  const clock = new JumpingClock(0);
  const ticker: Ticker = ticks({ period: 1, clock });
  for await (const tick of ticker) {
    if (tick.deadlineMs === 2000) break;
  }
  clock.ms = 2300;
  for await (const tick of ticker) {
    assert.equal(tick.deadlineMs, 2300);
    break;
  }
});

/** A clock that jumps to whatever is waited for. */
class JumpingClock implements MonotonicClock {
  constructor(public ms: number) {}

  nowMs(): number {
    return this.ms;
  }

  sleepUntil(deadlineMs: number): Promise<void> {
    this.ms = Math.max(this.ms, deadlineMs);
    return Promise.resolve();
  }
}

/** The same clock, to be approached as the system's is. */
function approachable(clock: ManualClock): FineClock {
  return {
    nowMs: () => clock.nowMs(),
    wallTime: () => clock.wallTime(),
    sleepUntil: (deadlineMs, signal) => clock.sleepUntil(deadlineMs, signal),
    async approach(deadlineMs, signal) {
      await clock.sleepUntil(deadlineMs, signal);
      return () => {};
    },
  };
}

/** Moves the clock from deadline to deadline until something has come. */
async function comes<Result>(clock: ManualClock, coming: Promise<Result>): Promise<Result> {
  let hasCome = false;
  void coming.then(() => hasCome = true);
  await clock.advance(0);
  while (!hasCome) await clock.advance(((clock.nextDeadlineMs ?? NaN) - clock.nowMs()) / 1000);
  return await coming;
}

function countListeners() {
  const { signal } = new AbortController();
  let count = 0;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    count++;
    addEventListener.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    count--;
    removeEventListener.apply(signal, args);
  };
  return { signal, listeners: () => count };
}
