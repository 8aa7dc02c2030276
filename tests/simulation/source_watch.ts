/**
 * What a source says of itself, held against what has happened, in all of its runs.
 *
 * @module
 */

import type { AgentEvent } from "../../src/observe/events.ts";
import type { SourceStats } from "../../src/observe/stats.ts";
import type { PointsLost } from "../../src/outbox/delivery_options.ts";
import type { Transport } from "../../src/amqp/transport.ts";
import { AddressWatch } from "./address_watch.ts";
import { dataHost, managementHosts } from "./addresses.ts";
import { type AnySource, mayHang } from "./any_source.ts";
import { LATE_MS } from "./causes_of_loss.ts";
import { ForgottenRefusals } from "./forgotten_refusals.ts";
import { chunkAgeMsOf, isSizeless } from "./plan.ts";
import { RepeatWatch } from "./repeat_watch.ts";
import { RunWatch } from "./run_watch.ts";
import { SimulatedIntervalSource } from "./simulated_interval_source.ts";
import type { SourceActorOptions } from "./source_actor.ts";
import type { SourceFaults } from "./source_faults.ts";
import { addConfirmed, findMiscount, NOTHING_CONFIRMED } from "./stats_check.ts";

// Of a chunk that is full, or old enough.
const ON_ITS_WAY_MS = 5000;
// What the broker refuses for what it is ends a channel.
const OF_ONE_CHUNK = /^Broker closed the channel .*(?:message size|access to topic)/;
// For management, and for data.
const CONNECTIONS = 2;
// What one `send` adds, and what a turn has not dropped yet.
const BUFFER_SLACK_BYTES = 32_768;

/** Follows one run after the other. */
export class SourceWatch {
  readonly #options: SourceActorOptions;
  readonly #faults: SourceFaults;
  readonly #repeats: RepeatWatch;
  /** What it has forgotten of what the broker had refused. */
  readonly forgotten: ForgottenRefusals;
  // What earlier runs have had confirmed.
  #confirmed = NOTHING_CONFIRMED;
  #run: RunWatch | undefined;
  #addresses: AddressWatch | undefined;
  #cutOffAtMs: number | undefined;
  #calmSinceMs: number | undefined;

  /** There was no run yet. */
  constructor(options: SourceActorOptions, faults: SourceFaults) {
    this.#options = options;
    this.#faults = faults;
    this.forgotten = new ForgottenRefusals(() => options.clock.nowMs(), LATE_MS);
    const { plan: { token, delivery }, oracle, mayBeNacked, mayBeRefused, mayBeTooLarge } = options;
    this.#repeats = new RepeatWatch({
      metrics: () => oracle.metricsOf(token),
      mayBeRefused,
      violate: (text) => oracle.violate(`${token}: ${text}`),
    });
    if (delivery === "confirmed") return;
    oracle.expectSilentLoss(token, { mayBeTooLarge, mayBeRefused: mayBeRefused || mayBeNacked });
  }

  /** How many points the run has told to be lost at a stop. */
  get stoppedPoints(): number {
    return this.#run?.stoppedPoints ?? 0;
  }

  /** The hook is told of a loss. */
  noteLoss(loss: PointsLost): void {
    this.#run?.noteLoss(loss);
  }

  /** A run is about to begin, which is called so. Returns what it is to connect by. */
  prepare(run: string, transport: Transport): Transport {
    const { clock, oracle, plan } = this.#options;
    this.#addresses = new AddressWatch({
      count: (connection) => {
        const isElsewhere = connection === "data" && dataHost(plan) !== undefined;
        return isElsewhere ? 1 : managementHosts(plan).length;
      },
      nowMs: () => clock.nowMs(),
      violate: (text) => oracle.violate(`${run}: ${text}`),
    });
    return this.#addresses.following(transport);
  }

  /** A run has begun, which is called so. */
  begin(source: AnySource, run: string): void {
    const { trace, oracle, plan: { token } } = this.#options;
    this.#cutOffAtMs = undefined;
    this.forgotten.begin();
    for (const account of oracle.metricsOf(token)) account.begin();
    const addresses = this.#addresses;
    const watch = this.#run = this.#watchOf(source, run);
    void watch.follow((event) => {
      trace.note(`${run}: ${event.kind}${"reason" in event ? ` (${event.reason})` : ""}`);
      addresses?.note(event);
      this.forgotten.note(event);
      this.#noteOutage(event);
      this.#noteStanding(event);
    });
  }

  /** A run has ended, or its process was killed. */
  end(stats: SourceStats): void {
    this.#confirmed = addConfirmed(this.#confirmed, stats);
    this.#repeats.ended(stats);
    const { oracle, spools, plan: { token, hasSpool, delivery } } = this.#options;
    // What it has dropped stays in a file that cannot be written, and is sent by the next process. Without
    // confirms, what a connection has taken may be behind what the next one carries.
    const isDiskFull = spools.isFull || this.#run?.events.isInForce("disk-full");
    if (delivery === "confirmed" && !(hasSpool && isDiskFull)) return;
    for (const account of oracle.metricsOf(token)) account.mayComeLate();
  }

  /** Looks at what must be so at any time; `isCalm` if nothing was wrong for a while. */
  look(source: AnySource, isCalm: boolean): void {
    const { oracle, plan } = this.#options;
    const { stats } = source;
    const { pointsSent, pointsRecovered, pointsConfirmed, pointsDropped, pointsBuffered } = stats;
    if (pointsSent + pointsRecovered !== pointsConfirmed + pointsDropped + pointsBuffered) {
      oracle.violate(
        `${plan.token}: ${pointsSent} points sent and ${pointsRecovered} recovered are not ` +
          `${pointsConfirmed} confirmed, ${pointsDropped} dropped and ${pointsBuffered} buffered`,
      );
    }
    if (pointsBuffered < 0) oracle.violate(`${plan.token}: ${pointsBuffered} points are buffered`);
    const miscount = findMiscount(stats, source.health.status === "stopping");
    if (miscount !== undefined) oracle.violate(`${plan.token}: ${miscount}`);
    oracle.checkConfirmed(plan.token, addConfirmed(this.#confirmed, stats));
    if (source instanceof SimulatedIntervalSource) this.#lookAtUpdates(source);
    this.#lookAtHealth(source, isCalm);
    this.#lookAtOutage(source);
    this.#lookAtDelays(source, isCalm);
    this.#repeats.look(stats, isCalm);
    this.#run?.look(stats, isCalm);
    this.#lookAtBuffer(source);
  }

  #lookAtUpdates({ watch }: SimulatedIntervalSource): void {
    watch.look(this.#run?.events.isInForce("hanging", "update") ?? false);
  }

  #lookAtHealth(source: AnySource, isCalm: boolean): void {
    const { clock, network, oracle, plan } = this.#options;
    const { status, reason } = source.health;
    const isConnected = status === "connected";
    // Each run begins with a configuration that may take long, and a run may end in its midst.
    const mayTakeLong = status === "connecting" && this.#faults.isSlow ||
      status === "hanging" && (mayHang(source) || this.#faults.isHanging);
    if (isCalm && !isConnected && status !== "stopping" && !mayTakeLong) {
      oracle.violate(`${plan.token} is ${status} while nothing is wrong: ${reason}`);
    }
    const links = network.linksOf(plan.token).filter(({ isAlive }) => isAlive);
    const host = dataHost(plan);
    const isDataThere = host === undefined || links.some(({ hostname }) => hostname === host);
    if (!isConnected || links.length >= CONNECTIONS && isDataThere) {
      this.#cutOffAtMs = undefined;
      return;
    }
    this.#cutOffAtMs ??= clock.nowMs();
    const silentMs = clock.nowMs() - this.#cutOffAtMs;
    if (silentMs > 1000 * (2 * plan.heartbeatSeconds + 2)) {
      oracle.violate(
        `${plan.token} is connected, it says, and has ${links.length} connections for ${silentMs} ms` +
          (isDataThere ? "" : `, none of them to ${host}`),
      );
    }
  }

  #lookAtOutage({ health: { status, outageSeconds } }: AnySource): void {
    const { clock, oracle, plan: { token } } = this.#options;
    const sinceMs = this.#run?.events.outageSinceMs;
    if (status !== "outage" || sinceMs === undefined) return;
    const outageMs = clock.nowMs() - sinceMs;
    if (Math.abs(1000 * outageSeconds - outageMs) <= 1) return;
    oracle.violate(`${token} is away for ${outageSeconds} s, it says, not ${outageMs} ms`);
  }

  /** While nothing is wrong, nothing is delayed for long. */
  #lookAtDelays({ stats: { bufferedBytes } }: AnySource, isCalm: boolean): void {
    const { clock, oracle, plan: { token, hasSpool, outboxMaxBytes } } = this.#options;
    if (!isCalm) {
      this.#calmSinceMs = undefined;
      return;
    }
    this.#calmSinceMs ??= clock.nowMs();
    const longestMs = chunkAgeMsOf(this.#options.plan) + ON_ITS_WAY_MS;
    // Where little may be in flight, what an outage has left in a spool may take long.
    const isDraining = hasSpool && bufferedBytes > outboxMaxBytes;
    for (const account of isDraining ? [] : oracle.metricsOf(token)) {
      account.checkDelay(this.#calmSinceMs, longestMs);
    }
  }

  #lookAtBuffer({ health, stats: { bufferedBytes } }: AnySource): void {
    const { oracle, plan } = this.#options;
    const limitBytes = plan.onFull === "wait" ? 2 * plan.outboxMaxBytes : plan.outboxMaxBytes;
    // At a stop the points of chunks that are not full come in as well; they were there before.
    const isEnding = health.status === "stopping";
    if (plan.hasSpool || isEnding || isSizeless(plan)) return;
    if (bufferedBytes <= limitBytes + BUFFER_SLACK_BYTES) return;
    oracle.violate(`${plan.token}: ${bufferedBytes} bytes are buffered of ${limitBytes}`);
  }

  #watchOf(source: AnySource, run: string): RunWatch {
    const { clock, oracle, spools, manager, mayBeNacked, mayBeRefused, mayBeCutOff } =
      this.#options;
    const { token, delivery, hasSpool } = this.#options.plan;
    return new RunWatch({
      token,
      source,
      nowMs: () => clock.nowMs(),
      manager: () => manager()?.current,
      timesForgotten: () => manager()?.timesForgotten ?? 0,
      isDiskFull: () => spools.isFull,
      hasSpool,
      refusedWrites: () => spools.refusedWritesOf(token),
      pointsInSpool: () => spools.pointsOf(token),
      takeFoundPoints: () => spools.takeFoundPoints(token),
      mayBeRefused,
      mayBeCutOff,
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
    if (event.kind === "connection-lost" && OF_ONE_CHUNK.test(event.reason)) {
      oracle.violate(`${token} has lost a connection for what one chunk is: ${event.reason}`);
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
}
