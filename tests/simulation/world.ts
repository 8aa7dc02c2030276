/**
 * A whole MetricQ network on virtual time, from its plan to the judgement.
 *
 * @module
 */

import { errorText } from "../../src/error_text.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { BROKER_HOST, dataHost, managementHosts, silenceMs, urlOf } from "./addresses.ts";
import { BrokerActor } from "./broker_actor.ts";
import { probeCalls } from "./call_probe.ts";
import {
  hasCause,
  mayBeNacked,
  mayBeRefused,
  mayBeTooLarge,
  mayHaveNacked,
} from "./causes_of_loss.ts";
import { SimulatedClock } from "./clock.ts";
import { Database, DATABASE_QUEUE, declareDatabase } from "./database.ts";
import { CONFIGURING, type Fault, killsOf, kindOf, SLOW_CONFIGURATION_MS } from "./faults.ts";
import { explainBytes } from "./frames.ts";
import { FreshPoints } from "./fresh_points.ts";
import { ManagerActor } from "./manager_actor.ts";
import { SimulatedNetwork } from "./network.ts";
import { Oracle } from "./oracle.ts";
import type { Plan } from "./plan.ts";
import { findProblem, type Parties } from "./problem.ts";
import { Random } from "./random.ts";
import { isEndless, mayGiveUp } from "./restrictions.ts";
import { SimulatedSpools } from "./simulated_spools.ts";
import { SourceActor } from "./source_actor.ts";
import { Trace } from "./trace.ts";
import { WantedConfigs } from "./wanted_configs.ts";

const START = Timestamp.fromIso8601("2026-11-29T12:00:00Z");
const BROKER_URL = urlOf(BROKER_HOST);
const NEAR = { latencyMs: 0.05, jitterMs: 0, cutting: 0 };
/** How long it may take until all is well when nothing is wrong any more. */
const HEALING_MS = 150_000;
// What the last fault has done may still be on its way to those whom it concerns.
const ARRIVAL_MS = 2000;
// An attempt, a registration that gets no answer, and a restart may come one after the other.
const AFTERMATH_MS = 120_000;
// By then all sources have started.
const STARTED_MS = 60_000;
const LOOK_MS = 1000;
const POLL_MS = 100;
const LIMIT_MS = 3_600_000;

/** A running simulation. */
export class World {
  readonly plan: Plan;
  readonly clock: SimulatedClock;
  readonly trace: Trace;
  readonly network: SimulatedNetwork;
  readonly oracle: Oracle;
  readonly spools: SimulatedSpools;
  readonly sources: readonly SourceActor[];
  readonly broker: BrokerActor;
  readonly configs: WantedConfigs;
  /** What receives the data, when that runs. */
  database: Database | undefined;
  #manager: ManagerActor | undefined;
  // By source: metrics of earlier configurations were known to a manager that has forgotten them.
  readonly #oldestDeclared = new Map<string, number>();
  #isOver = false;
  #healedMs = 0;

  /** Makes a world in which nothing has happened yet. */
  constructor(plan: Plan, keepTrace: boolean) {
    this.plan = plan;
    const { seed } = plan;
    const clock = this.clock = new SimulatedClock(START);
    const trace = this.trace = new Trace(clock, keepTrace);
    const oracle = this.oracle = new Oracle({
      trace,
      nowMs: () => clock.nowMs(),
      isAllReceived: () => this.broker.unread === undefined,
    });
    const network = this.network = new SimulatedNetwork({
      clock,
      trace,
      seed,
      conditions: (actor) => actor.startsWith("source") ? plan.conditions : NEAR,
      ...keepTrace && { explain: explainBytes(trace) },
    });
    for (const source of plan.sources) {
      for (const [at, host] of managementHosts(source).entries()) {
        const to = source.addresses?.[at] ?? "broker";
        if (to !== "broker") network.lead(host, to, Infinity);
      }
    }
    const spools = this.spools = new SimulatedSpools({
      clock,
      random: new Random(seed, "spools"),
      killsOf: (token) => killsOf(plan.faults, token),
      violate: (text) => oracle.violate(text),
    });
    const randomness = new Random(seed, "broker");
    this.broker = new BrokerActor({ clock, network, trace, randomness });
    const nowMs = () => clock.nowMs();
    this.configs = new WantedConfigs({ plan, trace, manager: () => this.manager, nowMs });
    this.sources = plan.sources.map((source) =>
      new SourceActor({
        plan: source,
        seed,
        clock,
        network,
        oracle,
        trace,
        spools,
        mayLose: (loss, forgotten) => hasCause(plan, source, loss, clock.nowMs(), forgotten),
        mayBeNacked: mayBeNacked(plan),
        mayBeTooLarge: mayBeTooLarge(plan),
        mayHaveNacked: () => mayHaveNacked(plan, clock.nowMs()),
        mayBeRefused: mayBeRefused(plan, source),
        mayFail: () => this.#isTroubled,
        mayBeCutOff: () => this.#isCutOff,
        onRegistered: () => this.#expectKept(source.token),
        onReturned: () => this.configs.returned(source.token),
        manager: () => this.#manager,
      })
    );
  }

  /** How long it took until all was well after the last fault, in virtual ms. */
  get healedMs(): number {
    return this.#healedMs;
  }

  /** The manager. */
  get manager(): ManagerActor {
    if (this.#manager === undefined) throw new Error("The manager is not there yet");
    return this.#manager;
  }

  /** A source. */
  source(token: string): SourceActor | undefined {
    return this.sources.find(({ plan }) => plan.token === token);
  }

  /** Lets everything happen. */
  async run(): Promise<void> {
    try {
      await this.clock.run(this.#play(), LIMIT_MS);
    } catch (error) {
      this.oracle.violate(`the simulation has failed: ${errorText(error)}`);
    } finally {
      this.spools[Symbol.dispose]();
    }
  }

  /** Kills the manager, which may forget what was declared. */
  killManager(forgets: boolean): void {
    for (const { plan, current } of forgets ? this.sources : []) {
      // The next manager may give it the one before, if its acceptance was not heard.
      const generations = [
        current?.sender.config?.generation ?? 0,
        ...this.configs.generationsOf(plan.token),
      ];
      this.#oldestDeclared.set(plan.token, Math.min(...generations));
    }
    this.manager.kill(forgets);
    this.configs.forgetCalls();
  }

  #expectKept(token: string): void {
    const isRefusing = this.source(token)?.faults.isRefusing ?? false;
    if (!this.manager.isFailing && !isRefusing) this.configs.expectKept(token);
  }

  /** As `HEALING_MS`, for a source that may have to begin once more. */
  get #healingMs(): number {
    const isSlow = this.plan.faults.some(({ kind }) => kind === "slow configuration");
    return this.#calmingMs + (isSlow ? SLOW_CONFIGURATION_MS : 0);
  }

  /** As `HEALING_MS`, where addresses that do not answer come first. */
  get #calmingMs(): number {
    return HEALING_MS + this.#silenceMs;
  }

  get #silenceMs(): number {
    return Math.max(...this.plan.sources.map(silenceMs));
  }

  get #isTroubled(): boolean {
    return this.#wasTroubledWithin(AFTERMATH_MS + this.#silenceMs);
  }

  get #isCalm(): boolean {
    return this.clock.nowMs() > STARTED_MS + this.#silenceMs &&
      !this.#wasTroubledWithin(this.#calmingMs);
  }

  get #isCutOff(): boolean {
    return this.#wasTroubledWithin(HEALING_MS, ({ kind }) => !CONFIGURING.has(kind));
  }

  #wasTroubledWithin(ms: number, by: (fault: Fault) => boolean = () => true): boolean {
    const nowMs = this.clock.nowMs();
    return this.plan.faults.filter(by).some(({ atMs, forMs }) =>
      nowMs >= atMs && nowMs <= atMs + forMs + ms
    );
  }

  async #play(): Promise<void> {
    const { clock, network, plan, oracle, trace } = this;
    const { seed } = plan;
    const configs = Object.fromEntries(
      plan.sources.map(({ token, config }) => [token, { ...config }]),
    );
    this.#manager = await ManagerActor.make({
      seed,
      url: BROKER_URL,
      clock,
      network,
      trace,
      configs,
      dataAddressOf: (token) => {
        const host = dataHost(this.source(token)?.plan ?? { token });
        return host === undefined ? undefined : urlOf(host);
      },
      prepare: (session) => declareDatabase(session, plan),
    });
    await this.#manager.start();
    this.database = new Database({
      queue: this.broker.queue(DATABASE_QUEUE),
      isBrokerUp: () => this.broker.isUp,
      clock,
      random: new Random(seed, "database"),
      onMessage: (metric, body) => {
        if (trace.isKept) trace.explain(`the database takes ${body.byteLength} bytes of ${metric}`);
        oracle.receive(metric, body);
      },
    });
    for (const source of this.sources) source.start();
    this.#schedule();
    void this.#lookAgainAndAgain();
    await clock.sleepUntil(plan.faultsUntilMs);
    trace.note("nothing is wrong any more");
    const sinceMs = clock.nowMs();
    await clock.sleep(ARRIVAL_MS);
    await this.#until("all is well", () => findProblem(this.#parties), this.#healingMs);
    this.#healedMs = clock.nowMs() - sinceMs;
    // What is deaf since a fault may be mended by another configuration.
    await this.#expectPoints(sinceMs + this.#healingMs);
    await this.#probe();
    await Promise.all(this.sources.map((source) => source.end()));
    await this.#until("the queue is empty", () => this.broker.unread, HEALING_MS);
    for (const [token, chunks] of await this.spools.left()) {
      oracle.violate(`${chunks} chunks of ${token} are left in its spool`);
    }
    if (plan.faults.length === 0 && oracle.repeatedPoints > 0) {
      oracle.violate(`${oracle.repeatedPoints} points came again without a cause`);
    }
    this.#isOver = true;
    oracle.close();
  }

  /** While nothing is wrong, every source answers, sends, and lets nobody wait. */
  async #probe(): Promise<void> {
    if (this.oracle.violations.length > 0) return;
    const sinceMs = this.clock.nowMs();
    const { plan: { seed }, clock, network, oracle, configs, sources } = this;
    await probeCalls({ seed, url: BROKER_URL, clock, network, oracle, configs, sources });
    await this.#until("all is well again", () => findProblem(this.#parties), HEALING_MS);
    await this.#expectPoints(this.clock.nowMs());
    await this.#until("no send waits", () => this.oracle.waitingSend, HEALING_MS);
    await this.#until("no flush waits", () => this.oracle.waitingFlush(sinceMs), HEALING_MS);
  }

  /** Each metric of each source gets points, `calmMs` at first. */
  async #expectPoints(calmMs: number): Promise<void> {
    const { clock, oracle, plan } = this;
    if (oracle.violations.length > 0) return;
    const all = this.sources.map((actor) =>
      new FreshPoints({
        actor,
        accountOf: (metric) => oracle.find(metric),
        nowMs: () => clock.nowMs(),
        calmMs,
        mayGiveUp: (chunk) => mayGiveUp(plan.faults, actor.forgotten, chunk),
      })
    );
    for (const points of all) {
      for (let last = points.missing; last !== undefined; last = points.missing) {
        if (clock.nowMs() > points.limitMs) {
          oracle.violate(`${last} gets no point any more`);
          break;
        }
        await clock.sleep(POLL_MS);
      }
    }
  }

  #schedule(): void {
    const { clock, plan, trace } = this;
    for (const fault of plan.faults) {
      const { kind, atMs, forMs, actor } = fault;
      const { begin, end } = kindOf(fault);
      clock.at(atMs, () => {
        trace.note(`FAULT ${kind} (${actor}) for ${Math.round(forMs)} ms`);
        begin(this, fault, atMs + forMs);
        if (end === undefined || isEndless(fault)) return;
        clock.at(atMs + forMs, () => {
          trace.note(`END ${kind} (${actor})`);
          end(this, fault);
        });
      });
    }
  }

  async #lookAgainAndAgain(): Promise<void> {
    while (!this.#isOver) {
      for (const source of this.sources) source.look(this.#isCalm);
      await this.clock.sleep(LOOK_MS);
    }
  }

  async #until(what: string, problem: () => string | undefined, longestMs: number): Promise<void> {
    const limitMs = this.clock.nowMs() + longestMs;
    for (let last = problem(); last !== undefined; last = problem()) {
      if (this.clock.nowMs() >= limitMs) {
        this.oracle.violate(`${longestMs / 1000} s are not enough until ${what}: ${last}`);
        return;
      }
      await this.clock.sleep(POLL_MS);
    }
  }

  get #parties(): Parties {
    const { network, manager, sources, configs } = this;
    const unsettled = (queue: string) => this.broker.unsettledOf(queue);
    return { network, manager, sources, configs, oldestDeclared: this.#oldestDeclared, unsettled };
  }
}
