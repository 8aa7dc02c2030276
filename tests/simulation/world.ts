/**
 * A whole MetricQ network on virtual time, from its plan to the judgement.
 *
 * @module
 */

import type { Broker } from "../../src/dev/broker/broker.ts";
import { EmbeddedBroker } from "../../src/dev/broker/embedded_broker.ts";
import { errorText } from "../../src/error_text.ts";
import type { PointsLost } from "../../src/outbox/delivery_options.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { SimulatedClock } from "./clock.ts";
import { Database, DATABASE_QUEUE } from "./database.ts";
import { kindOf } from "./faults.ts";
import { explainBytes } from "./frames.ts";
import type { Link } from "./link.ts";
import { ManagerActor } from "./manager_actor.ts";
import { SimulatedNetwork } from "./network.ts";
import { Oracle } from "./oracle.ts";
import { drawConfig, type Plan, type SourceConfig } from "./plan.ts";
import { Process } from "./process.ts";
import { Random } from "./random.ts";
import { SimulatedSpools } from "./simulated_spools.ts";
import { metricsOf } from "./simulated_source.ts";
import { SourceActor } from "./source_actor.ts";
import { Trace } from "./trace.ts";

const START = Timestamp.fromIso8601("2026-11-29T12:00:00Z");
const BROKER_MEMORY_BYTES = 2 ** 30;
/** How long it may take until all is well when nothing is wrong any more. */
const HEALING_MS = 150_000;
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
  // What each source may have: first what the manager keeps, then others that it may have instead,
  // as it has refused the first or an answer was lost.
  readonly #configs = new Map<string, SourceConfig[]>();
  /** What receives the data, when that runs. */
  database: Database | undefined;
  readonly #broker: EmbeddedBroker;
  #manager: ManagerActor | undefined;
  // By source: metrics of earlier configurations were known to a manager that has forgotten them.
  readonly #oldestDeclared = new Map<string, number>();
  readonly #configuring = new Set<string>();
  #generations = 0;
  #brokerIsDown = 0;
  #recovering: Promise<void> = Promise.resolve();
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
      isAllReceived: () => this.#unreadMessages() === undefined,
    });
    const network = this.network = new SimulatedNetwork({
      clock,
      trace,
      seed,
      conditions: (actor) => actor.startsWith("source") ? plan.conditions : NEAR,
      ...keepTrace && { explain: explainBytes(trace) },
    });
    const spools = this.spools = new SimulatedSpools(
      clock,
      new Random(seed, "spools"),
      (text) => oracle.violate(text),
    );
    this.#broker = new EmbeddedBroker({
      port: 5672,
      clock,
      listen: (address) => network.listen(address),
      randomness: new Random(seed, "broker"),
      memoryLimitBytes: BROKER_MEMORY_BYTES,
    });
    const url = "amqp://guest:guest@127.0.0.1:5672/";
    this.sources = plan.sources.map((source) => {
      this.#configs.set(source.token, [source.config]);
      return new SourceActor({
        plan: source,
        seed,
        url,
        clock,
        network,
        oracle,
        trace,
        spools,
        mayLose: causesOfLoss(plan, source),
        mayFail: () => this.#isTroubled,
        onRegistered: () => this.#expectKeptConfig(source.token),
      });
    });
  }

  /** How long it took until all was well after the last fault, in virtual ms. */
  get healedMs(): number {
    return this.#healedMs;
  }

  /** The broker that runs now. */
  get broker(): Broker {
    return this.#broker.current;
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
      this.#oldestDeclared.set(plan.token, current?.config?.generation ?? 0);
    }
    this.manager.kill(forgets);
    this.#configuring.clear(); // it waits for no answers any more
  }

  /** Kills the broker; with `silently` as if its host had lost its power. */
  crashBroker(silently: boolean): void {
    if (this.#brokerIsDown++ > 0) return;
    this.#recovering = this.#recovering.then(async () => {
      if (silently) { for (const link of this.network.links) link.stall(Infinity, "both"); }
      await this.#broker.crash();
      this.trace.note("the broker has crashed");
    });
  }

  /** Starts the broker again. */
  recoverBroker(): void {
    if (--this.#brokerIsDown > 0) return;
    this.#recovering = this.#recovering.then(() => {
      this.#broker.recover();
      this.trace.note("the broker is back");
    });
  }

  /** Lets the broker run out of memory. */
  raiseAlarm(): void {
    this.#broker.current.occupyMemory(BROKER_MEMORY_BYTES + 1);
  }

  /** Gives the broker its memory back. */
  endAlarm(): void {
    this.#broker.current.occupyMemory(-BROKER_MEMORY_BYTES - 1);
  }

  /** Closes a connection as an administrator does. */
  closeByAdministrator({ actor, number }: Link): void {
    const { current } = this.#broker;
    const found = current.connections().find(({ address }) =>
      address.startsWith(`${actor}:${number} `)
    );
    if (found !== undefined) current.closeConnection(found.address);
  }

  /** Gives a source another configuration, now and then one that it cannot use. */
  configure(token: string, choice: number): void {
    const random = new Random(this.plan.seed, `configuration ${token} ${choice}`);
    const drawn = drawConfig(random, ++this.#generations, this.sources.length);
    const config = random.chance(0.15) ? { ...drawn, periodMs: -1 } : drawn;
    // The wizard writes it into the database first; a useless one would keep the source from starting.
    void this.#configure(token, config, config.periodMs > 0 && random.chance(0.5));
  }

  async #configure(token: string, config: SourceConfig, asWizard: boolean): Promise<void> {
    const { trace } = this;
    const { current } = this.manager;
    if (current === undefined || this.#configuring.has(token)) return;
    this.#configuring.add(token);
    const before = this.#configs.get(token)?.[0];
    trace.note(`${token} is to be configured: ${JSON.stringify(config)}`);
    try {
      const possible = this.#configs.get(token);
      if (asWizard) {
        possible?.unshift(config);
        await this.manager.keep(token, { ...config });
      } else if (config.periodMs > 0) possible?.push(config);
      await current.configure(token, { ...config });
      // A source that is away cannot refuse what it cannot use.
      if (config.periodMs < 0) await this.manager.keep(token, { ...before });
      else this.#configs.set(token, [config]);
      trace.note(`${token} is configured: generation ${config.generation}`);
    } catch (error) {
      trace.note(`${token} refuses generation ${config.generation}: ${errorText(error)}`);
      // Where just the answer is lost the source has it all the same.
    } finally {
      this.#configuring.delete(token);
    }
  }

  // With a registration a source is given what the manager keeps, unless it cannot use it.
  #expectKeptConfig(token: string): void {
    const kept = this.#configs.get(token)?.[0];
    const isRefusing = this.source(token)?.isRefusing ?? false;
    if (kept !== undefined && !this.manager.isFailing && !isRefusing) {
      this.#configs.set(token, [kept]);
    }
  }

  get #isTroubled(): boolean {
    return this.#wasTroubledWithin(AFTERMATH_MS);
  }

  get #isCalm(): boolean {
    return this.clock.nowMs() > STARTED_MS && !this.#wasTroubledWithin(HEALING_MS);
  }

  #wasTroubledWithin(ms: number): boolean {
    const nowMs = this.clock.nowMs();
    return this.plan.faults.some(({ atMs, forMs }) => nowMs >= atMs && nowMs <= atMs + forMs + ms);
  }

  async #play(): Promise<void> {
    const { clock, network, plan, oracle, trace } = this;
    const { seed } = plan;
    const url = "amqp://guest:guest@127.0.0.1:5672/";
    const configs = Object.fromEntries(
      plan.sources.map(({ token, config }) => [token, { ...config }]),
    );
    this.#manager = await ManagerActor.make({ seed, url, clock, network, trace, configs });
    const process = new Process("database", clock, network);
    const randomness = new Random(seed, "database");
    this.database = await Database.start(url, process, randomness, (metric, body) => {
      oracle.receive(metric, body);
    });
    await this.#manager.start();
    for (const source of this.sources) source.start();
    this.#schedule();
    void this.#lookAgainAndAgain();
    await clock.sleepUntil(plan.faultsUntilMs);
    trace.note("nothing is wrong any more");
    const sinceMs = clock.nowMs();
    await this.#until("all is well", () => this.#problem(), HEALING_MS);
    this.#healedMs = clock.nowMs() - sinceMs;
    await this.#probe();
    await Promise.all(this.sources.map((source) => source.end()));
    await this.#until("the queue is empty", () => this.#unreadMessages(), HEALING_MS);
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
    for (const { plan: { token } } of this.sources) {
      const config = drawConfig(
        new Random(this.plan.seed, `probe ${token}`),
        ++this.#generations,
        this.sources.length,
      );
      try {
        await this.manager.keep(token, { ...config });
        await this.manager.current?.configure(token, { ...config });
        this.#configs.set(token, [config]);
      } catch (error) {
        this.oracle.violate(`${token} cannot be configured: ${errorText(error)}`);
      }
    }
    await this.#until("all is well again", () => this.#problem(), HEALING_MS);
    const sent = this.oracle.sentPoints;
    await this.#until("points are sent", () => {
      return this.oracle.sentPoints > sent ? undefined : "none was sent";
    }, HEALING_MS);
    await this.#until("no send waits", () => this.oracle.waitingSend, HEALING_MS);
  }

  #schedule(): void {
    const { clock, plan, trace } = this;
    for (const fault of plan.faults) {
      const { kind, atMs, forMs, actor } = fault;
      const { begin, end } = kindOf(fault);
      clock.at(atMs, () => {
        trace.note(`FAULT ${kind} (${actor}) for ${Math.round(forMs)} ms`);
        begin(this, fault, atMs + forMs);
        if (end === undefined) return;
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

  /** What is not yet as was asked for. */
  #problem(): string | undefined {
    const manager = this.manager.current;
    if (manager === undefined) return "the manager is away";
    const halfOpen = [...this.network.links].find((link) => link.isHalfOpen);
    if (halfOpen !== undefined) return `link ${halfOpen.number} is half-open`;
    for (const actor of this.sources) {
      const { token } = actor.plan;
      const source = actor.current;
      if (source === undefined) return `${token} does not run`;
      const { status, reason } = source.health;
      if (status !== "connected") return `${token} is ${status}: ${reason}`;
      const generations = this.#configs.get(token)?.map((each) => each.generation) ?? [];
      const { config } = source;
      if (config === undefined || !generations.includes(config.generation)) {
        return `${token} has configuration ${config?.generation}, not ${generations.join(" or ")}`;
      }
      for (const metric of metricsOf(token, config)) {
        const { generation } = manager.catalog.get(metric) ?? {};
        if (generation === config.generation) continue;
        return `${metric} is declared as of generation ${generation}, not ${config.generation}`;
      }
      const stale = this.#staleMetric(token);
      if (stale !== undefined) return `${stale} is declared again, and was removed`;
      const { bufferedBytes } = source.stats;
      if (bufferedBytes > CALM_BYTES) return `${token} has ${bufferedBytes} bytes to send`;
    }
    return undefined;
  }

  #staleMetric(token: string): string | undefined {
    const oldest = this.#oldestDeclared.get(token) ?? 0;
    const catalog = this.manager.current?.catalog;
    return [...catalog?.names() ?? []].find((name) => {
      const { source, generation } = catalog?.get(name) ?? {};
      return source === token && typeof generation === "number" && generation < oldest;
    });
  }

  #unreadMessages(): string | undefined {
    const queue = this.#broker.current.queues().find(({ name }) => name === DATABASE_QUEUE);
    if (queue === undefined) return "there is no queue";
    const { messages, unsettled } = queue;
    return messages + unsettled === 0 ? undefined : `${messages} wait, ${unsettled} are unsettled`;
  }
}

const NEAR = { latencyMs: 0.05, jitterMs: 0, cutting: 0 };
// What is on its way while nothing is wrong.
const CALM_BYTES = 300_000;

function causesOfLoss(
  { faults }: Plan,
  { onFull, outboxMaxBytes, hasSpool }: Plan["sources"][number],
): Set<PointsLost["reason"]> {
  const causes = new Set<PointsLost["reason"]>();
  for (const fault of faults) {
    const { mayLose } = kindOf(fault);
    if (mayLose !== undefined) causes.add(mayLose);
  }
  if (onFull === "drop-oldest" && (outboxMaxBytes < 2 ** 20 || hasSpool)) causes.add("full");
  return causes;
}
