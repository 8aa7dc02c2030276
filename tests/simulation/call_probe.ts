/**
 * Whether sources answer each call once, in turn and in time, while nothing is wrong.
 *
 * @module
 */

import { errorText } from "../../src/error_text.ts";
import { type Answer, Caller, type SentCall } from "./caller.ts";
import { ROUNDED_MS, type SimulatedClock } from "./clock.ts";
import type { SimulatedNetwork } from "./network.ts";
import type { Oracle } from "./oracle.ts";
import { Process } from "./process.ts";
import { Random } from "./random.ts";
import type { SourceActor } from "./source_actor.ts";
import type { WantedConfigs } from "./wanted_configs.ts";
import { WORK, type Work } from "./working.ts";

/** What sources are called with. */
export interface CallProbeOptions {
  readonly seed: number;
  readonly url: string;
  readonly clock: SimulatedClock;
  readonly network: SimulatedNetwork;
  readonly oracle: Oracle;
  readonly configs: WantedConfigs;
  readonly sources: readonly SourceActor[];
}

/** What is expected of a call. */
interface Expected {
  readonly what: string;
  readonly call: SentCall;
  readonly times: number;
  /** What the answer has: an error, none, either of both, or this number. */
  readonly answer: "error" | "none" | "either" | number;
  /** The earliest that it may be answered. */
  readonly notBeforeMs?: number;
}

const ANSWER_MS = 10_000;
// As long as `rpcTimeout`: then a call is given up.
const TIMEOUT_MS = 60_000;
const LOOK_MS = 100;
// Of all of them: two that hang come one after the other.
const LONGEST_MS = 600_000;
// The part of all sources that are given a configuration which hangs, and one to be refused behind it.
const HANGS = 0.15;
// The part of all sources that are called more often than they take, behind a call that hangs.
const OVERLOADED = 0.15;
// The part of all sources that are given one by a call while one hangs that a registration has brought.
const BROUGHT = 0.15;
// Until a source asks again for a configuration, behind one that it has refused.
const ASKING_MS = 10_000 + ANSWER_MS;
const HANGING_MS = 1.5 * TIMEOUT_MS;
const UNFINISHED_CALLS = 100;
// The part of all sources that are called more often, in turn, than there may be unfinished calls.
const CALLED_OFTEN = 0.2;
const ROUNDS = 12;
const CALLS_AT_ONCE = 10;
const FAILS = 0.2;
const DOUBLED = 0.3;

/** Calls each source, and gives it one configuration upon the other. */
export async function probeCalls(options: CallProbeOptions): Promise<void> {
  const { clock, oracle } = options;
  const calls = makeCalls(options).then(() => true);
  const areMade = await Promise.race([calls, clock.sleep(LONGEST_MS).then(() => false)]);
  if (!areMade) oracle.violate(`calls are not done with after ${LONGEST_MS / 1000} s`);
}

async function makeCalls(options: CallProbeOptions): Promise<void> {
  const { seed, url, clock, network, oracle, configs, sources } = options;
  for (const { plan: { token } } of sources) {
    try {
      await configs.require(token);
    } catch (error) {
      oracle.violate(`${token} cannot be configured: ${errorText(error)}`);
    }
  }
  const caller = await Caller.connect({
    url,
    process: new Process("caller", clock, network),
    random: new Random(seed, "caller"),
    violate: (text) => oracle.violate(text),
  });
  await Promise.all(sources.map((source) => new CallProbe(source, caller, options).run()));
  await caller.close();
}

/** Calls one source. */
class CallProbe {
  readonly #source: SourceActor;
  readonly #token: string;
  readonly #caller: Caller;
  readonly #options: CallProbeOptions;
  readonly #random: Random;
  #works = 0;

  constructor(source: SourceActor, caller: Caller, options: CallProbeOptions) {
    this.#source = source;
    this.#token = source.plan.token;
    this.#caller = caller;
    this.#options = options;
    this.#random = new Random(options.seed, `calls of ${this.#token}`);
  }

  async run(): Promise<void> {
    const rounds = this.#random.chance(CALLED_OFTEN) ? ROUNDS : 1;
    const isOverloaded = this.#random.chance(OVERLOADED);
    for (let round = 0; round < rounds; round++) await this.#callAtOnce();
    if (isOverloaded) {
      await this.#overload();
      await this.#callAtOnce();
    }
    await this.#configureInSuccession();
    if (this.#random.chance(BROUGHT)) await this.#configureBehindRegistration();
  }

  /** Calls of several functions, some of which cannot be answered. */
  async #callAtOnce(): Promise<void> {
    const random = this.#random;
    const others = [
      this.#call("a function that is not there", { function: "not.there" }, "error"),
      this.#call("a call without a name", { function: "" }, "error"),
      this.#call("discover", { function: "discover" }, "none", 2),
    ];
    const works = Array.from({ length: CALLS_AT_ONCE }, () => {
      const takesMs = random.pick([0, random.fraction() * 200]);
      return this.#work(takesMs, random.chance(FAILS), random.chance(DOUBLED) ? 2 : 1);
    });
    const inTurn = await Promise.all(works);
    await this.#expect([...await Promise.all(others), ...inTurn], ANSWER_MS);
    this.#requireOrder(inTurn);
  }

  /** One that hangs, until it is given up with those behind it; and more than may wait. */
  async #overload(): Promise<void> {
    const notBeforeMs = this.#options.clock.nowMs() + TIMEOUT_MS;
    this.#source.faults.hangUntil(notBeforeMs + ANSWER_MS);
    const taken = await Promise.all(
      Array.from({ length: UNFINISHED_CALLS }, async (_, at): Promise<Expected> => {
        const call = await this.#work(at === 0 ? HANGING_MS : 0, false);
        // What has come a little later may have its turn before it is given up as well.
        return { ...call, answer: at === 0 ? "error" : "either", notBeforeMs };
      }),
    );
    const refused = { ...await this.#work(0, false), answer: "error" } as const;
    await this.#expect([refused], ANSWER_MS);
    await this.#expect(taken, TIMEOUT_MS + ANSWER_MS);
  }

  /** The second of three is one that no source can use; the first may hang, until it is given up. */
  async #configureInSuccession(): Promise<void> {
    const random = this.#random;
    const { configs, clock, oracle } = this.#options;
    const isHanging = random.chance(HANGS);
    const takesMs = isHanging ? HANGING_MS : random.pick([0, random.fraction() * 3000]);
    const pauseMs = () => {
      return isHanging ? 5000 + random.fraction() * 15_000 : random.pick([0, 0, 1000]);
    };
    const first = configs.draw(random);
    const useless = { ...configs.draw(random), periodMs: -1 };
    const last = configs.draw(random);
    this.#source.faults.takeNextMs(takesMs);
    if (isHanging) this.#source.faults.hangUntil(clock.nowMs() + TIMEOUT_MS + ANSWER_MS);
    const calls = [await this.#configure("the first", first, isHanging ? "error" : "none")];
    await clock.sleep(pauseMs());
    calls.push(await this.#configure("a useless", useless, "error"));
    await clock.sleep(pauseMs());
    await configs.keepLast(this.#token, last);
    calls.push(await this.#configure("the last", last, "none", random.chance(DOUBLED) ? 2 : 1));
    await this.#expect(calls, TIMEOUT_MS + ANSWER_MS);
    this.#requireOrder(calls);
    const times = this.#source.current?.sender.trials.timesOf(first.generation) ?? 1;
    if (times <= 1) return;
    oracle.violate(`${this.#token} was given a configuration once, and has used it ${times} ×`);
  }

  /** One that a registration has brought hangs, and must not keep out one that comes behind it. */
  async #configureBehindRegistration(): Promise<void> {
    const random = this.#random;
    const { configs, clock, oracle } = this.#options;
    const useless = { ...configs.draw(random), periodMs: -1 };
    const brought = configs.draw(random);
    const last = configs.draw(random);
    await this.#expect([await this.#configure("a useless", useless, "error")], ANSWER_MS);
    this.#source.faults.takeNextMs(HANGING_MS);
    this.#source.faults.hangUntil(clock.nowMs() + ASKING_MS + 2 * ANSWER_MS);
    await configs.keepLast(this.#token, brought);
    const limitMs = clock.nowMs() + ASKING_MS;
    const isOnTrial = () => (this.#source.current?.sender.trials.running ?? 0) > 0;
    while (!isOnTrial() && clock.nowMs() < limitMs) await clock.sleep(LOOK_MS);
    if (!isOnTrial()) oracle.violate(`${this.#token} does not ask again for a configuration`);
    await clock.sleep(random.fraction() * ANSWER_MS);
    await configs.keepLast(this.#token, last);
    await this.#expect([await this.#configure("the last", last, "none")], ANSWER_MS);
  }

  #configure(
    which: string,
    config: object,
    answer: Expected["answer"],
    times = 1,
  ): Promise<Expected> {
    const args = { function: "config", ...config };
    return this.#call(`${which} configuration`, args, answer, times);
  }

  #work(takesMs: number, fails: boolean, times = 1): Promise<Expected> {
    const number = this.#works++;
    const work: Work = { number, takesMs, isDeaf: this.#random.chance(0.5), fails };
    const args = { function: WORK, ...work };
    return this.#call(`call ${number}`, args, fails ? "error" : number, times);
  }

  async #call(
    what: string,
    args: object,
    answer: Expected["answer"],
    times = 1,
  ): Promise<Expected> {
    const call = await this.#caller.send(this.#token, JSON.stringify(args), times);
    return { what, call, times, answer };
  }

  /** Waits for all answers, and judges them. */
  async #expect(calls: readonly Expected[], withinMs: number): Promise<void> {
    const { clock, oracle } = this.#options;
    const isOpen = ({ call: { answers }, times }: Expected) => answers.length < times;
    const limitMs = clock.nowMs() + withinMs;
    while (calls.some(isOpen) && clock.nowMs() < limitMs) await clock.sleep(LOOK_MS);
    for (const { what, call: { answers }, times, answer, notBeforeMs = 0 } of calls) {
      const about = `${this.#token} has answered ${what}`;
      if (answers.length !== times) oracle.violate(`${about} ${answers.length} ×, not ${times} ×`);
      for (const { body, atMs } of answers) {
        if (!isExpected(body, answer)) oracle.violate(`${about} with ${JSON.stringify(body)}`);
        if (atMs >= notBeforeMs - ROUNDED_MS) continue;
        oracle.violate(`${about} with ${JSON.stringify(body)}, before its time is over`);
      }
    }
  }

  #requireOrder(calls: readonly Expected[]): void {
    let latestMs = 0;
    for (const { what, call: { answers } } of calls) {
      for (const { atMs } of answers) {
        if (atMs < latestMs) {
          this.#options.oracle.violate(`${this.#token} has answered ${what} before its turn`);
        }
        latestMs = Math.max(latestMs, atMs);
      }
    }
  }
}

function isExpected(body: Answer["body"], answer: Expected["answer"]): boolean {
  if (answer === "either") return true;
  if ("error" in body) return answer === "error";
  return answer === "none" || body["number"] === answer;
}
