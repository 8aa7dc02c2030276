import assert from "node:assert/strict";
import fc from "fast-check";
import { LONGEST_HOLD_S, WallClock } from "../../src/time/wall_clock.ts";

const HOUR_MS = 3_600_000;
const START_MS = 1_714_564_800_000;

/**
 * A machine of which the test moves both times. Like on a real one, reading takes time: 0.1 µs.
 * Times are whole nanoseconds, so that the test itself does not round.
 */
class Machine {
  monotonicNs = 5_000_000_000_123;
  #dateAheadNs = 0n;
  looks = 0;
  /** What a look takes longer, before and after the system's time is read. */
  interruption = { beforeMs: 0, afterMs: 0 };
  readonly clock: WallClock;

  constructor(dateStepNs: bigint) {
    this.clock = new WallClock({
      dateStepMs: Number(dateStepNs) / 1e6,
      dateNowMs: () => {
        this.looks++;
        this.passMs(0.0001 + this.interruption.beforeMs);
        const ns = this.dateNs;
        this.passMs(this.interruption.afterMs);
        return Number(ns - ns % dateStepNs) / 1e6;
      },
      monotonicNowMs: () => {
        this.passMs(0.0001);
        return this.monotonicNs / 1e6;
      },
    });
  }

  get dateNs(): bigint {
    return BigInt(START_MS) * 1_000_000n + this.#dateAheadNs + BigInt(this.monotonicNs);
  }

  passMs(durationMs: number): void {
    this.monotonicNs += Math.round(durationMs * 1e6);
  }

  stepMs(durationMs: number): void {
    this.#dateAheadNs += BigInt(Math.round(durationMs * 1e6));
  }

  readNs(): bigint {
    const { seconds, nanoseconds } = this.clock.now();
    return BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);
  }

  /** How far a reading is from the system's time, in µs. */
  errorUs(): number {
    return Number(this.readNs() - this.dateNs) / 1e3;
  }
}

const MICROSECOND = 1_000n;
const MILLISECOND = 1_000_000n;

Deno.test("WallClock tells the system's time to 1 µs from the first reading on", () => {
  const machine = new Machine(MICROSECOND);
  for (let i = 0; i < 1000; i++) {
    assert(Math.abs(machine.errorUs()) < 1);
    machine.passMs(0.0137);
  }
});

Deno.test("WallClock looks at the system's time once per millisecond at most", () => {
  const machine = new Machine(MICROSECOND);
  for (let i = 0; i < 1000; i++) {
    machine.readNs();
    machine.passMs(0.01);
  }
  assert(machine.looks >= 9 && machine.looks <= 11, `${machine.looks} looks in 10 ms`);
});

Deno.test("WallClock follows a slew of 500 ppm to 2 µs, however often it is read", () => {
  for (const everyMs of [0.01, 0.7, 1, 10, 100]) {
    for (const ppm of [-500, 500]) {
      const machine = new Machine(MICROSECOND);
      for (let i = 0; i < 2000; i++) {
        assert(Math.abs(machine.errorUs()) < 2);
        machine.passMs(everyMs);
        machine.stepMs(everyMs * ppm / 1e6);
      }
    }
  }
});

Deno.test("WallClock follows a step of an hour forward within a millisecond", () => {
  const machine = new Machine(MICROSECOND);
  machine.readNs();
  machine.stepMs(HOUR_MS);
  machine.passMs(1);
  assert(Math.abs(machine.errorUs()) < 2);
});

Deno.test("WallClock follows a step of an hour back within a millisecond", () => {
  const machine = new Machine(MICROSECOND);
  const before = machine.readNs();
  machine.stepMs(-HOUR_MS);
  machine.passMs(1);
  assert(Math.abs(machine.errorUs()) < 2);
  assert(machine.readNs() < before);
});

Deno.test("WallClock holds time for a step back of up to a second, then follows again", () => {
  const machine = new Machine(MICROSECOND);
  machine.readNs();
  machine.stepMs(-LONGEST_HOLD_S * 1000 + 2);
  machine.passMs(1);
  const held = machine.readNs();
  assert.equal(machine.readNs(), held + 1n);
  machine.passMs(500);
  assert.equal(machine.readNs(), held + 2n);
  machine.passMs(500);
  assert(Math.abs(machine.errorUs()) < 2);
});

Deno.test("WallClock is right again after a long idle", () => {
  const machine = new Machine(MICROSECOND);
  machine.readNs();
  machine.passMs(1000 * HOUR_MS);
  machine.stepMs(-250);
  assert(Math.abs(machine.errorUs()) < 2);
});

Deno.test("WallClock is right when the system's time was set from 1970 to today", () => {
  const machine = new Machine(MICROSECOND);
  machine.stepMs(-START_MS);
  machine.readNs();
  machine.stepMs(START_MS);
  machine.passMs(1);
  assert(Math.abs(machine.errorUs()) < 2);
});

Deno.test("WallClock is not misled by a look that was interrupted", () => {
  for (const [beforeMs, afterMs] of [[50, 0], [0, 50]] as const) {
    const machine = new Machine(MICROSECOND);
    machine.readNs();
    machine.passMs(2);
    machine.interruption = { beforeMs, afterMs };
    const dateNs = machine.dateNs;
    assert(Math.abs(Number(machine.readNs() - dateNs)) < 2000);
  }
});

Deno.test("WallClock goes on where neither clock does", () => {
  const clock = new WallClock({
    dateNowMs: () => START_MS,
    dateStepMs: 0.001,
    monotonicNowMs: () => 0,
  });
  const first = clock.now();
  assert.deepEqual(clock.now(), { ...first, nanoseconds: first.nanoseconds + 1 });
  assert.deepEqual(clock.now(), { ...first, nanoseconds: first.nanoseconds + 2 });
});

Deno.test("WallClock stays within a millisecond where the system tells no more, and comes nearer", () => {
  const machine = new Machine(MILLISECOND);
  assert(Math.abs(machine.errorUs()) < 1000);
  for (let i = 0; i < 5000; i++) {
    machine.passMs(1.618);
    machine.readNs();
  }
  assert(Math.abs(machine.errorUs()) < 2);

  for (let i = 0; i < 5000; i++) {
    machine.passMs(1.618);
    machine.stepMs(1.618 * 500 / 1e6);
    assert(Math.abs(machine.errorUs()) < 100);
  }
});

Deno.test("WallClock never tells the same time twice, nor an earlier one", () => {
  const move = fc.record({
    passMs: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 5, noNaN: true })),
    stepMs: fc.oneof(fc.constant(0), fc.double({ min: -15, max: 15, noNaN: true })),
  });
  const moves = fc.array(move, { maxLength: 50 }); // Together less than a second back.
  fc.assert(fc.property(moves, fc.constantFrom(MICROSECOND, MILLISECOND), (moves, stepNs) => {
    const machine = new Machine(stepNs);
    let last = machine.readNs();
    for (const { passMs, stepMs } of moves) {
      machine.passMs(passMs);
      machine.stepMs(stepMs);
      const next = machine.readNs();
      assert(next > last);
      last = next;
    }
  }));
});
