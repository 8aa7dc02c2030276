/**
 * A source as an actor: a program that is started, killed, stopped, and started again.
 *
 * @module
 */

import { errorText } from "../../src/error_text.ts";
import { PublishFailed } from "../../src/errors.ts";
import type { AgentEvent } from "../../src/observe/events.ts";
import type { SourceHealth } from "../../src/observe/health.ts";
import type { SourceStats } from "../../src/observe/stats.ts";
import type { PointsLost } from "../../src/outbox/delivery_options.ts";
import type { SimulatedClock } from "./clock.ts";
import type { ManagerActor } from "./manager_actor.ts";
import type { SimulatedNetwork } from "./network.ts";
import type { Oracle } from "./oracle.ts";
import { isSizeless, type SourcePlan } from "./plan.ts";
import { Process } from "./process.ts";
import { Random } from "./random.ts";
import { RepeatWatch } from "./repeat_watch.ts";
import { RunWatch } from "./run_watch.ts";
import { addConfirmed, findMiscount, NOTHING_CONFIRMED } from "./stats_check.ts";
import { SimulatedPollingSource } from "./simulated_polling_source.ts";
import { SimulatedIntervalSource } from "./simulated_interval_source.ts";
import type { SimulatedSourceOptions } from "./point_sender.ts";
import { SimulatedSource } from "./simulated_source.ts";
import type { Trace } from "./trace.ts";
import type { SimulatedSpools } from "./simulated_spools.ts";
import { UpdateFaults } from "./update_faults.ts";

/** A source of one of the kinds that there are. */
export type AnySource = SimulatedSource | SimulatedIntervalSource | SimulatedPollingSource;

/** What a {@linkcode SourceActor} is made with. */
export interface SourceActorOptions {
  readonly plan: SourcePlan;
  readonly seed: number;
  readonly url: string;
  readonly clock: SimulatedClock;
  readonly network: SimulatedNetwork;
  readonly oracle: Oracle;
  readonly trace: Trace;
  readonly spools: SimulatedSpools;
  /** Whether there is a cause for what is lost now. */
  readonly mayLose: (loss: PointsLost) => boolean;
  /** Whether the broker may nack chunks. */
  readonly mayBeNacked: boolean;
  /** Whether it may have nacked one, without being heard yet. */
  readonly mayHaveNacked: () => boolean;
  /** Whether the broker may hand out messages again. */
  readonly mayComeAgain: boolean;
  /** Whether a chunk may be refused for what it is. */
  readonly mayBeRefused: boolean;
  /** Whether the network is such that a source that starts may fail. */
  readonly mayFail: () => boolean;
  /** Called when it has registered, at first or again. */
  readonly onRegistered: () => void;
  /** Called when its lost connection for calls is back, before it registers again. */
  readonly onReturned: () => void;
  readonly manager: () => ManagerActor | undefined;
}

const RESTART_MS = 5000;
const LATE_MS = 1;
// Of a difference of two times.
const ROUNDED_MS = 1e-6;
const STOP_TIMEOUT_MS = 10_000;
// For the task, the last points, a renewal and two connections, each for as long at most.
const STOP_LIMIT_MS = 3 * STOP_TIMEOUT_MS + 2 * 2000 + 1000;
// A chunk that is not full leaves when its first point is 10 s old; the rest is for the way.
const DELAY_LIMIT_MS = 20_000;
// For management, and for data.
const CONNECTIONS = 2;
// When there was a data connection for certain.
const RUNNING = new Set<SourceHealth["status"]>(["connected", "outage", "hanging"]);
// What one `send` adds, and what a turn has not dropped yet.
const BUFFER_SLACK_BYTES = 32_768;

/** Keeps a source running until the end. */
export class SourceActor {
  readonly #options: SourceActorOptions;
  readonly #lastTimesNs = new Map<string, bigint>();
  /** What befalls its updates, if it is updated at intervals. */
  readonly updateFaults: UpdateFaults;
  #process: Process | undefined;
  #source: AnySource | undefined;
  #refusesUntilMs = 0;
  #configuringMs = 0;
  #killsInSendUntilMs = 0;
  #cutOffAtMs: number | undefined;
  // What earlier runs have had confirmed.
  #confirmed = NOTHING_CONFIRMED;
  #calmSinceMs: number | undefined;
  #watch: RunWatch | undefined;
  readonly #repeats: RepeatWatch;
  #runs = 0;
  #isEnding = false;
  #ended: Promise<void> = Promise.resolve();

  /** Makes an actor that has not started yet. */
  constructor(options: SourceActorOptions) {
    this.#options = options;
    this.updateFaults = new UpdateFaults(options.clock);
    const { plan: { token, delivery }, oracle, mayComeAgain, mayBeRefused } = options;
    this.#repeats = new RepeatWatch({
      metrics: () => oracle.metricsOf(token),
      mayComeAgain,
      mayBeRefused,
      violate: (text) => oracle.violate(`${token}: ${text}`),
    });
    if (delivery === "at-most-once") oracle.expectSilentLoss(token);
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
    this.#endRun(this.#source.stats);
    spools.takeFoundPoints(plan.token);
    spools.killed(plan.token);
    oracle.forget(this.#run);
    for (const account of oracle.metricsOf(plan.token)) {
      account.killed(plan.hasSpool, mayBeNacked || mayBeRefused);
    }
  }

  /** Kills it while it sends a point that completes a chunk, unless none comes by then. */
  killInSend(untilMs: number): void {
    this.#killsInSendUntilMs = untilMs;
  }

  /** It can use no configuration until then, such as for a device that is off. */
  refuseUntil(untilMs: number): void {
    this.#refusesUntilMs = Math.max(this.#refusesUntilMs, untilMs);
  }

  /** Whether it can use no configuration now. */
  get isRefusing(): boolean {
    return this.#options.clock.nowMs() < this.#refusesUntilMs;
  }

  /** The first configuration of each run takes this long from now on. */
  takeLongerMs(durationMs: number): void {
    this.#configuringMs = durationMs;
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

  /** Whether all is as it should be while nothing is wrong. */
  get isWell(): boolean {
    const source = this.#source;
    return source !== undefined && source.health.status === "connected";
  }

  /** Looks at what must be so at any time; `isCalm` if nothing was wrong for a while. */
  look(isCalm: boolean): void {
    const { oracle, plan } = this.#options;
    const source = this.#source;
    if (source === undefined) return;
    const { stats } = source;
    const { pointsSent, pointsRecovered, pointsConfirmed, pointsDropped, pointsBuffered } = stats;
    if (pointsSent + pointsRecovered !== pointsConfirmed + pointsDropped + pointsBuffered) {
      oracle.violate(
        `${plan.token}: ${pointsSent} points sent and ${pointsRecovered} recovered are not ` +
          `${pointsConfirmed} confirmed, ${pointsDropped} dropped and ${pointsBuffered} buffered`,
      );
    }
    if (pointsBuffered < 0) oracle.violate(`${plan.token}: ${pointsBuffered} points are buffered`);
    const miscount = findMiscount(stats);
    if (miscount !== undefined) oracle.violate(`${plan.token}: ${miscount}`);
    oracle.checkConfirmed(plan.token, addConfirmed(this.#confirmed, stats));
    if (source instanceof SimulatedIntervalSource) this.#lookAtUpdates(source);
    this.#lookAtHealth(source, isCalm);
    this.#lookAtCalm(isCalm);
    this.#repeats.look(stats, isCalm);
    this.#watch?.look(stats, isCalm);
    const limitBytes = plan.onFull === "wait" ? 2 * plan.outboxMaxBytes : plan.outboxMaxBytes;
    // At a stop the points of chunks that are not full come in as well; they were there before.
    const isEnding = source.health.status === "stopping";
    if (
      !plan.hasSpool && !isEnding && !isSizeless(plan) &&
      stats.bufferedBytes > limitBytes + BUFFER_SLACK_BYTES
    ) {
      oracle.violate(`${plan.token}: ${stats.bufferedBytes} bytes are buffered of ${limitBytes}`);
    }
  }

  #lookAtUpdates(source: SimulatedIntervalSource): void {
    const { clock, oracle } = this.#options;
    source.watch.look(this.#watch?.events.isInForce("hanging", "update") ?? false);
    const { thrown } = this.updateFaults;
    if (thrown === undefined || clock.nowMs() <= thrown.atMs + STOP_LIMIT_MS) return;
    oracle.violate(`${this.#run}: an update has failed, and it goes on: ${thrown.error}`);
  }

  #lookAtHealth(source: AnySource, isCalm: boolean): void {
    const { clock, network, oracle, plan } = this.#options;
    const { status, reason } = source.health;
    const isConnected = status === "connected";
    // Each run begins with a configuration that may take long, and a run may end in its midst.
    const mayTakeLong = status === "connecting" && this.#configuringMs > 0 ||
      status === "hanging" && mayHang(source);
    if (isCalm && !isConnected && status !== "stopping" && !mayTakeLong) {
      oracle.violate(`${plan.token} is ${status} while nothing is wrong: ${reason}`);
    }
    const links = network.linksOf(plan.token).filter(({ isAlive }) => isAlive);
    if (!isConnected || links.length >= CONNECTIONS) {
      this.#cutOffAtMs = undefined;
      return;
    }
    this.#cutOffAtMs ??= clock.nowMs();
    const silentMs = clock.nowMs() - this.#cutOffAtMs;
    if (silentMs > 1000 * (2 * plan.heartbeatSeconds + 2)) {
      oracle.violate(
        `${plan.token} is connected, it says, and has ${links.length} connections for ${silentMs} ms`,
      );
    }
  }

  /** While nothing is wrong, nothing is delayed for long. */
  #lookAtCalm(isCalm: boolean): void {
    const { clock, oracle, plan: { token, hasSpool, outboxMaxBytes } } = this.#options;
    if (!isCalm) {
      this.#calmSinceMs = undefined;
      return;
    }
    this.#calmSinceMs ??= clock.nowMs();
    // Where little may be in flight, what an outage has left in a spool may take long.
    const { bufferedBytes = 0 } = this.#source?.stats ?? {};
    const isDraining = hasSpool && bufferedBytes > outboxMaxBytes;
    for (const account of isDraining ? [] : oracle.metricsOf(token)) {
      account.checkDelay(this.#calmSinceMs, DELAY_LIMIT_MS);
    }
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
    this.updateFaults.beginRun();
    this.#cutOffAtMs = undefined;
    const process = this.#process = new Process(plan.token, clock, network);
    const source = this.#source = this.#make(process);
    const run = this.#run;
    for (const account of oracle.metricsOf(plan.token)) account.begin();
    const watch = this.#watch = this.#watchOf(source, run);
    void watch.follow((event) => {
      trace.note(`${run}: ${event.kind}${"reason" in event ? ` (${event.reason})` : ""}`);
      this.#noteOutage(event);
      this.#noteStanding(event);
    });
    try {
      const connected = source.connect();
      oracle.expectEnd(`connect of ${run}`, connected);
      await Promise.race([connected, process.killed]);
      if (!process.isKilled) trace.note(`${run} is connected`);
      await Promise.race([source.stopped(), process.killed]);
    } catch (error) {
      trace.note(`${run} has failed: ${errorText(error)}`);
      const isThrown = error === this.updateFaults.thrown?.error;
      // Updates throw some on purpose, and go on.
      const isHarmless = error instanceof PublishFailed;
      if (!isThrown && (!mayFail() || isHarmless)) {
        oracle.violate(`${run} has failed: ${errorText(error)}`);
      }
    }
    this.#source = undefined;
    if (process.isKilled) return;
    this.#endRun(source.stats);
    await this.#sendLate(source, run);
  }

  #endRun(stats: SourceStats): void {
    this.#confirmed = addConfirmed(this.#confirmed, stats);
    this.#repeats.ended(stats);
    const { oracle, spools, plan: { token, hasSpool, delivery } } = this.#options;
    // What it has dropped stays in a file that cannot be written, and is sent by the next process. Without
    // confirms, what a connection has taken may be behind what the next one carries.
    const isDiskFull = spools.isFull || this.#watch?.events.isInForce("disk-full");
    if (delivery === "confirmed" && !(hasSpool && isDiskFull)) return;
    for (const account of oracle.metricsOf(token)) account.mayComeLate();
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

  #watchOf(source: AnySource, run: string): RunWatch {
    const { clock, oracle, spools, manager, mayBeNacked, mayBeRefused } = this.#options;
    const { token, delivery } = this.#options.plan;
    return new RunWatch({
      token,
      source,
      nowMs: () => clock.nowMs(),
      manager: () => manager()?.current,
      timesForgotten: () => manager()?.timesForgotten ?? 0,
      isDiskFull: () => spools.isFull,
      refusedWrites: () => spools.refusedWritesOf(token),
      pointsInSpool: () => spools.pointsOf(token),
      takeFoundPoints: () => spools.takeFoundPoints(token),
      mayBeRefused,
      expectsConfirms: delivery === "confirmed" && !mayBeNacked && !mayBeRefused,
      sendsSinceMs: () => oracle.waitsSinceMs(`send of ${run}`),
      violate: (text) => oracle.violate(`${run}: ${text}`),
    });
  }

  #noteStanding(event: AgentEvent): void {
    const { onRegistered, onReturned } = this.#options;
    if (event.kind === "registered" && event.again) onRegistered();
    if (event.kind === "connection-back" && event.connection === "management") onReturned();
  }

  #noteOutage(event: AgentEvent): void {
    const { oracle, mayFail, mayHaveNacked, plan: { token, hasSpool } } = this.#options;
    const isCalm = this.#calmSinceMs !== undefined && !mayFail();
    if (event.kind === "connection-lost" && isCalm) {
      oracle.violate(`${token} has lost a connection while nothing is wrong: ${event.reason}`);
    }
    if (event.kind === "connection-lost") this.#cutOffAtMs = undefined; // the other may be silent since later
    if (!("connection" in event) || event.connection !== "data") return;
    const isLost = event.kind === "connection-lost";
    for (const account of oracle.metricsOf(token)) {
      if (isLost && mayHaveNacked()) account.mayComeLate();
      // With a spool that cannot be written, it is the memory that is full.
      if (hasSpool) continue;
      if (isLost) account.beginOutage();
      else account.endOutage();
    }
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
    const { stoppedPoints = 0 } = this.#watch ?? {};
    if (stoppedPoints > 0 && wasRunning && tookMs < STOP_TIMEOUT_MS - ROUNDED_MS) {
      oracle.violate(`${run} has waited for its last points for ${tookMs / 1000} s only`);
    }
  }

  #make(process: Process): AnySource {
    const options = this.#optionsOf(process);
    const { plan: { kind, updates } } = this.#options;
    if (kind === "polling") return new SimulatedPollingSource(options);
    if (updates === undefined) return new SimulatedSource(options);
    return new SimulatedIntervalSource({ ...options, updates, updateFaults: this.updateFaults });
  }

  #optionsOf(process: Process): SimulatedSourceOptions {
    const { plan, seed, url, oracle, spools, mayLose, mayBeRefused } = this.#options;
    const { token, workload, hasSpool, onFull, delivery, outboxMaxBytes, onTime } = plan;
    return {
      token,
      url: `${url}?heartbeat=${plan.heartbeatSeconds}`,
      clock: process,
      transport: process.transport,
      randomness: new Random(seed, `${token} run ${this.#runs}`),
      random: new Random(seed, `${token} workload ${this.#runs}`),
      onFull,
      delivery,
      outboxMaxBytes,
      onTime,
      ...plan.chunkAgeMs !== undefined && { chunkAge: plan.chunkAgeMs / 1000 },
      stopTimeout: STOP_TIMEOUT_MS / 1000,
      ...hasSpool && { spool: `/${token}.spool`, openSpool: spools.open },
      onPointsLost: (loss) => {
        this.#watch?.noteLoss(loss);
        const isEnding = loss.reason === "stopped" && this.updateFaults.thrown !== undefined;
        this.#source?.sender.noteDropped(loss.reason);
        oracle.lose(loss, isEnding || mayLose(loss));
      },
      mayBeRefused,
      beforeSend: ({ pendingPoints, chunkSize }, points) => {
        if (process.nowMs() >= this.#killsInSendUntilMs || process.isKilled) return;
        if (pendingPoints + points < (chunkSize ?? Infinity)) return;
        this.#killsInSendUntilMs = 0;
        // Before what follows from this point, such as that it is written.
        process.turn(() => this.kill());
      },
      oracle,
      workload,
      run: this.#run,
      lastTimesNs: this.#lastTimesNs,
      beforeConfiguration: async () => {
        if (this.#configuringMs > 0 && this.#source?.sender.config === undefined) {
          await process.sleepUntil(process.nowMs() + this.#configuringMs);
        }
        if (this.isRefusing) throw new Error("The device is off");
      },
      isDiskFine: () => !spools.isFull,
      mayOverlap: plan.updates?.timeoutMs !== undefined || plan.kind === "polling",
    };
  }
}

/** Whether an update of a source takes long, while it sends to a broker that is far away. */
export function mayHang(source: AnySource): boolean {
  return source instanceof SimulatedIntervalSource && source.watch.mayHang;
}
