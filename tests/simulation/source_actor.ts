/**
 * A source as an actor: a program that is started, killed, stopped, and started again.
 *
 * @module
 */

import { errorText } from "../../src/error_text.ts";
import { PublishFailed } from "../../src/errors.ts";
import type { SourceHealth } from "../../src/observe/health.ts";
import type { PointsLost } from "../../src/outbox/delivery_options.ts";
import { managementHosts, urlOf } from "./addresses.ts";
import { type AnySource, makeSource } from "./any_source.ts";
import { ROUNDED_MS, type SimulatedClock } from "./clock.ts";
import type { ManagerActor } from "./manager_actor.ts";
import type { SimulatedNetwork } from "./network.ts";
import type { Oracle } from "./oracle.ts";
import type { SourcePlan } from "./plan.ts";
import type { SimulatedSourceOptions } from "./point_sender.ts";
import { Process } from "./process.ts";
import { Random } from "./random.ts";
import type { Forgotten } from "./restrictions.ts";
import type { SimulatedSpools } from "./simulated_spools.ts";
import { SourceFaults } from "./source_faults.ts";
import { SourceWatch } from "./source_watch.ts";
import type { Trace } from "./trace.ts";

/** What a {@linkcode SourceActor} is made with. */
export interface SourceActorOptions {
  readonly plan: SourcePlan;
  readonly seed: number;
  readonly clock: SimulatedClock;
  readonly network: SimulatedNetwork;
  readonly oracle: Oracle;
  readonly trace: Trace;
  readonly spools: SimulatedSpools;
  /** Whether there is a cause for what is lost now, of what it has forgotten. */
  readonly mayLose: (loss: PointsLost, forgotten: Forgotten) => boolean;
  /** Whether the broker may nack chunks. */
  readonly mayBeNacked: boolean;
  /** Whether the broker may refuse chunks for their size. */
  readonly mayBeTooLarge: boolean;
  /** Whether it may have nacked one, without being heard yet. */
  readonly mayHaveNacked: () => boolean;
  /** Whether the broker may hand out messages again. */
  /** Whether a chunk may be refused for what it is. */
  readonly mayBeRefused: boolean;
  /** Whether the network is such that a source that starts may fail. */
  readonly mayFail: () => boolean;
  /** Whether the manager may be out of reach, or may have been just now. */
  readonly mayBeCutOff: () => boolean;
  /** Called when it has registered, at first or again. */
  readonly onRegistered: () => void;
  /** Called when its lost connection for calls is back, before it registers again. */
  readonly onReturned: () => void;
  readonly manager: () => ManagerActor | undefined;
}

const RESTART_MS = 5000;
const LATE_MS = 1;
const STOP_TIMEOUT_MS = 10_000;
// For the task, the last points, a renewal and two connections, each for as long at most.
const STOP_LIMIT_MS = 3 * STOP_TIMEOUT_MS + 2 * 2000 + 1000;
// When there was a data connection for certain.
const RUNNING = new Set<SourceHealth["status"]>(["connected", "outage", "hanging"]);

/** Keeps a source running until the end. */
export class SourceActor {
  readonly #options: SourceActorOptions;
  readonly #lastTimesNs = new Map<string, bigint>();
  /** What befalls it beside what it does by itself. */
  readonly faults: SourceFaults;
  readonly #watch: SourceWatch;
  #process: Process | undefined;
  #source: AnySource | undefined;
  #runs = 0;
  #isEnding = false;
  #ended: Promise<void> = Promise.resolve();

  /** Makes an actor that has not started yet. */
  constructor(options: SourceActorOptions) {
    this.#options = options;
    this.faults = new SourceFaults(options.clock);
    this.#watch = new SourceWatch(options, this.faults);
  }

  /** What it has forgotten of what the broker had refused. */
  get forgotten(): Forgotten {
    return this.#watch.forgotten;
  }

  /** What it was planned to be. */
  get plan(): SourcePlan {
    return this.#options.plan;
  }

  /** The source that runs now. */
  get current(): AnySource | undefined {
    return this.#source;
  }

  /** Starts it. */
  start(): void {
    this.#ended = this.#live();
  }

  /** Kills the process, whatever it does. It is started again. */
  kill(): void {
    const { oracle, plan, trace, spools, mayBeNacked, mayBeRefused } = this.#options;
    if (this.#process === undefined || this.#source === undefined) return;
    trace.note(`${plan.token} is killed`);
    this.#process.kill();
    this.#watch.end(this.#source.stats);
    spools.takeFoundPoints(plan.token);
    spools.killed(plan.token);
    oracle.forget(this.#run);
    for (const account of oracle.metricsOf(plan.token)) {
      account.killed(plan.hasSpool, mayBeNacked || mayBeRefused);
    }
  }

  /** Stops it as an operator does. It is started again. */
  stop(): void {
    void this.#stop();
  }

  /** Stops it for good. */
  async end(): Promise<void> {
    this.#isEnding = true;
    await this.#stop();
    await this.#ended;
  }

  /** Looks at what must be so at any time; `isCalm` if nothing was wrong for a while. */
  look(isCalm: boolean): void {
    if (this.#source === undefined) return;
    this.#watch.look(this.#source, isCalm);
    const { clock, oracle } = this.#options;
    const { thrown } = this.faults.updates;
    if (thrown === undefined || clock.nowMs() <= thrown.atMs + STOP_LIMIT_MS) return;
    oracle.violate(`${this.#run}: an update has failed, and it goes on: ${thrown.error}`);
  }

  get #run(): string {
    return `${this.plan.token} #${this.#runs}`;
  }

  async #live(): Promise<void> {
    const { clock, plan } = this.#options;
    await clock.sleepUntil(plan.startMs);
    while (!this.#isEnding) {
      await this.#liveOnce();
      if (!this.#isEnding) await clock.sleep(RESTART_MS);
    }
  }

  async #liveOnce(): Promise<void> {
    const { clock, network, plan, trace, oracle, mayFail } = this.#options;
    this.#runs++;
    this.faults.updates.beginRun();
    const process = this.#process = new Process(plan.token, clock, network);
    const source = this.#source = makeSource(
      plan,
      this.#optionsOf(process),
      this.faults.updates,
    );
    const run = this.#run;
    this.#watch.begin(source, run);
    try {
      const connected = source.connect();
      oracle.expectEnd(`connect of ${run}`, connected);
      await Promise.race([connected, process.killed]);
      if (!process.isKilled) trace.note(`${run} is connected`);
      await Promise.race([source.stopped(), process.killed]);
    } catch (error) {
      trace.note(`${run} has failed: ${errorText(error)}`);
      const isThrown = error === this.faults.updates.thrown?.error;
      // Updates throw some on purpose, and go on.
      const isHarmless = error instanceof PublishFailed;
      if (!isThrown && (!mayFail() || isHarmless)) {
        oracle.violate(`${run} has failed: ${errorText(error)}`);
      }
    }
    this.#source = undefined;
    if (process.isKilled) return;
    // While it connects, that fails as soon as it begins to stop.
    await Promise.race([source.stopped().catch(() => {}), process.killed]);
    if (process.isKilled) return;
    this.#watch.end(source.stats);
    this.#requireClosed(run);
    // Also one that has ended by itself has flushed what it had, before what comes too late.
    for (const account of oracle.metricsOf(plan.token)) account.flush()();
    await this.#sendLate(source, run);
  }

  #requireClosed(run: string): void {
    const { network, oracle } = this.#options;
    for (const { client, number } of network.linksOf(this.plan.token)) {
      if (!client.isClosed) oracle.violate(`${run} has ended, and its link ${number} is open`);
    }
  }

  /** Goes on as a program that has not noticed yet that its source has stopped. */
  async #sendLate(source: AnySource, run: string): Promise<void> {
    const { clock, oracle } = this.#options;
    // What polls sends nothing by itself.
    if (this.plan.kind !== "polling") {
      await Promise.race([source.sender.sendLate(), clock.sleep(LATE_MS)]);
    }
    await clock.sleep(LATE_MS); // others that send learn of it in this moment as well
    const { sender: { tooLatePoints }, stats: { pointsTooLate } } = source;
    if (tooLatePoints === pointsTooLate) return;
    oracle.violate(`${run}: ${tooLatePoints} points came too late, ${pointsTooLate} are counted`);
  }

  async #stop(): Promise<void> {
    const source = this.#source;
    const process = this.#process;
    if (source === undefined || process === undefined || process.isKilled) return;
    const { clock, oracle, trace } = this.#options;
    const run = this.#run;
    trace.note(`${run} is asked to stop`);
    const sinceMs = clock.nowMs();
    const wasRunning = RUNNING.has(source.health.status);
    // It flushes, at the latest when its task has ended.
    const flushes = oracle.metricsOf(this.plan.token).map((account) => account.flush());
    const stopped = source.stop();
    oracle.expectEnd(`stop of ${run}`, stopped);
    await Promise.race([stopped, process.killed]);
    for (const end of flushes) end();
    const tookMs = clock.nowMs() - sinceMs;
    trace.note(`${run} has stopped`);
    if (process.isKilled) return;
    if (tookMs > STOP_LIMIT_MS) oracle.violate(`${run} took ${tookMs / 1000} s to stop`);
    const { stoppedPoints } = this.#watch;
    if (stoppedPoints > 0 && wasRunning && tookMs < STOP_TIMEOUT_MS - ROUNDED_MS) {
      oracle.violate(`${run} has waited for its last points for ${tookMs / 1000} s only`);
    }
  }

  #optionsOf(process: Process): SimulatedSourceOptions {
    const { plan, seed, oracle, spools, mayBeRefused } = this.#options;
    const {
      token,
      workload,
      hasSpool,
      onFull,
      delivery,
      outboxMaxBytes,
      onTime,
      heartbeatSeconds,
    } = plan;
    return {
      token,
      url: managementHosts(plan).map((host) => `${urlOf(host)}?heartbeat=${heartbeatSeconds}`),
      clock: process,
      transport: this.#watch.prepare(this.#run, process.transport),
      randomness: new Random(seed, `${token} run ${this.#runs}`),
      random: new Random(seed, `${token} workload ${this.#runs}`),
      onFull,
      delivery,
      outboxMaxBytes,
      onTime,
      ...plan.chunkAgeMs !== undefined && { chunkAge: plan.chunkAgeMs / 1000 },
      stopTimeout: STOP_TIMEOUT_MS / 1000,
      ...hasSpool && { spool: `/${token}.spool`, openSpool: spools.open },
      onPointsLost: (loss) => this.#lose(loss),
      mayBeRefused,
      beforeSend: (metric, points) => {
        this.faults.beforeSend(process, metric, points, () => this.kill());
      },
      oracle,
      workload,
      run: this.#run,
      lastTimesNs: this.#lastTimesNs,
      beforeConfiguration: (signal) => {
        const isFirst = this.#source?.sender.config === undefined;
        return this.faults.beforeConfiguration(process, signal, isFirst);
      },
      afterDeclaration: () => this.faults.afterDeclaration(),
      isDiskFine: () => !spools.isFull,
      mayOverlap: plan.updates?.timeoutMs !== undefined || plan.kind === "polling",
    };
  }

  #lose(loss: PointsLost): void {
    const { oracle, mayLose } = this.#options;
    this.#watch.noteLoss(loss);
    const isEnding = loss.reason === "stopped" && this.faults.updates.thrown !== undefined;
    this.#source?.sender.noteDropped(loss.reason);
    oracle.lose(loss, isEnding || mayLose(loss, this.forgotten));
  }
}
