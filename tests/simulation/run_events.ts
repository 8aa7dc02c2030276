/**
 * What one run of a source tells of itself, held against what it counts.
 *
 * @module
 */

import type { AgentEvent, AgentEventKind } from "../../src/observe/events.ts";
import type { SourceStats } from "../../src/observe/stats.ts";
import type { PointsLost } from "../../src/outbox/delivery_options.ts";

/** What {@linkcode RunEvents} are made with. */
export interface RunEventsOptions {
  readonly nowMs: () => number;
  readonly isDiskFull: () => boolean;
  readonly hasSpool: boolean;
  /** How often the disk was full when this source wanted to write. */
  readonly refusedWrites: () => number;
  /** How many points its spool holds, if it has one. */
  readonly pointsInSpool: () => number;
  /** How many points were in its spool when it was opened; `undefined` if it was not. */
  readonly takeFoundPoints: () => number | undefined;
  readonly violate: (text: string) => void;
}

/** What begins with one kind of event is over with another. */
const ENDS: { readonly [Kind in AgentEventKind]?: AgentEventKind } = {
  "connection-back": "connection-lost",
  "moving": "stalled",
  "disk-free": "disk-full",
  "hanging-over": "hanging",
  "points-lost": "losing-points",
};
const BEGINNINGS = new Set(Object.values(ENDS));
const LONGEST_DIFFERENCE_MS = 1;
// Memory that is full stays so in an outage, unless a connection was there for a moment.
const MOST_LOSSES_IN_OUTAGE = 3;
// Between two registrations on one connection: a configuration is asked for again, behind one that was
// refused. Events are told behind what they tell of.
const SHORTEST_WAIT_MS = 10_000 - 100;

/** Follows the events of a run: what begins ends once, and numbers are those that are counted. */
export class RunEvents {
  readonly #options: RunEventsOptions;
  // Since when it is so.
  readonly #inForce = new Map<string, number>();
  #lostPoints = 0;
  // Those that `onTime` leaves out, of which no event tells.
  #leftOutPoints = 0;
  #outages = 0;
  #outageMs = 0;
  // The metrics that points are refused of, as events tell, and as the hook.
  readonly #refusedMetrics = new Set<string>();
  readonly #hookedMetrics = new Set<string>();
  // Whether it was told why points are being lost, since it was told last how many.
  #hasCause = false;
  // By reason: when the hook was told of it last, in virtual ms.
  readonly #hookedMs = new Map<string, number>();
  // The loss that was told last, and when the one before was.
  #lastLoss: { readonly reasons: readonly string[]; readonly sinceMs: number } | undefined;
  #lastLossMs = 0;
  readonly #kinds = new Set<AgentEventKind>();
  #refusedConfigurations = 0;
  #lossesInOutage = 0;
  // When it has registered again on this connection.
  #registeredMs = -Infinity;
  #recoveredPoints = 0;
  #keptPoints = 0;
  readonly #refusedWritesBefore: number;
  #isComplete = true;

  /** Nothing has been told yet. */
  constructor(options: RunEventsOptions) {
    this.#options = options;
    this.#refusedWritesBefore = options.refusedWrites();
  }

  /** Whether what an event says is the case, of a connection or an activity if it is about one. */
  isInForce(kind: AgentEventKind, about?: string): boolean {
    return this.#inForce.has(about === undefined ? kind : `${kind} ${about}`);
  }

  /** Since when a connection is away that has been away the longest, in virtual ms. */
  get outageSinceMs(): number | undefined {
    const since = ["management", "data"].map((name) =>
      this.#inForce.get(`connection-lost ${name}`)
    );
    const known = since.filter((ms) => ms !== undefined);
    return this.#isComplete && known.length > 0 ? Math.min(...known) : undefined;
  }

  /** Whether it was ever told. */
  hasTold(kind: AgentEventKind): boolean {
    return this.#kinds.has(kind);
  }

  /** The next event. */
  note(event: AgentEvent): void {
    if (event.kind === "missed") this.#isComplete = false;
    if (!this.#isComplete) return;
    this.#kinds.add(event.kind);
    if (BEGINNINGS.has(event.kind)) this.#begin(event);
    const begun = ENDS[event.kind];
    if (begun !== undefined) this.#end(begun, event);
    if (event.kind === "points-lost") this.#noteLoss(event);
    if (event.kind === "points-refused") this.#refusedMetrics.add(event.metric);
    if (event.kind === "losing-points" || event.kind === "points-refused") this.#hasCause = true;
    if (event.kind === "losing-points") this.#noteLosing();
    if (event.kind === "stopped") this.#addOutage(this.#inForce.get("connection-lost data"));
    if (event.kind === "points-recovered") this.#recoveredPoints += event.points;
    if (event.kind === "points-kept") this.#keptPoints += event.points;
    if (event.kind === "configuration-refused") this.#noteRefused(event);
    if (event.kind === "registered" && event.again) this.#noteRegistered();
    if (event.kind === "connection-lost" && event.connection === "management") {
      this.#registeredMs = -Infinity;
    }
    if (event.kind === "disk-full" && !this.#options.isDiskFull()) {
      this.#options.violate("the disk is full, it says, and is not");
    }
  }

  /** How many configurations it says were refused. */
  get refusedConfigurations(): number {
    return this.#refusedConfigurations;
  }

  /** The hook is told of a loss. */
  noteHook({ metric, points, reason, words }: PointsLost): void {
    if (reason === "out-of-order") this.#leftOutPoints += points;
    if (words !== undefined) this.#hookedMetrics.add(metric);
    this.#hookedMs.set(reason, this.#options.nowMs());
  }

  /** The run has told its last event. `lostPoints` are those that its hook was told of. */
  close(stats: SourceStats, lostPoints: number): void {
    if (!this.#isComplete) return;
    this.#checkReasons();
    const { violate } = this.#options;
    const { pointsDropped, reconnects } = stats;
    const toldPoints = this.#lostPoints + this.#leftOutPoints;
    if (toldPoints !== pointsDropped || lostPoints !== pointsDropped) {
      violate(
        `events tell of ${this.#lostPoints} lost points, the hook of ${lostPoints}, ` +
          `${this.#leftOutPoints} of them left out, and ${pointsDropped} are counted`,
      );
    }
    if (reconnects !== this.#outages) {
      violate(`events tell of ${this.#outages} outages that are over, ${reconnects} are counted`);
    }
    const differenceMs = Math.abs(this.#outageMs - 1000 * stats.totalOutageSeconds);
    if (differenceMs > LONGEST_DIFFERENCE_MS) {
      violate(`outages lasted ${this.#outageMs} ms, ${stats.totalOutageSeconds} s are counted`);
    }
    for (const metric of this.#hookedMetrics) {
      if (!this.#refusedMetrics.has(metric)) violate(`no event tells that ${metric} is refused`);
    }
    if (this.#kinds.has("running") && !this.#kinds.has("configured")) {
      violate("it runs, and has told of no configuration");
    }
    const refusedWrites = this.#options.refusedWrites() - this.#refusedWritesBefore;
    if (refusedWrites > 0 && !this.#kinds.has("disk-full")) {
      violate(`the disk was full for ${refusedWrites} writes, and it does not say so`);
    }
    this.#checkSpool(stats, refusedWrites > 0);
  }

  /** What was in the spool at the beginning, and at the end. */
  #checkSpool({ pointsRecovered }: SourceStats, wasFull: boolean): void {
    const { takeFoundPoints, pointsInSpool, violate } = this.#options;
    const found = takeFoundPoints();
    if (found === undefined) return;
    if (pointsRecovered !== found || this.#recoveredPoints !== found) {
      violate(
        `${found} points were in its spool, it counts ${pointsRecovered}, ` +
          `and tells of ${this.#recoveredPoints}`,
      );
    }
    // What a full disk could not remove is there, and not kept.
    const left = pointsInSpool();
    if (this.#keptPoints === left || wasFull) return;
    violate(`${left} points are left in its spool, and it tells of ${this.#keptPoints}`);
  }

  #noteRefused({ hasEarlier, from }: AgentEvent<"configuration-refused">): void {
    const { violate } = this.#options;
    this.#refusedConfigurations++;
    if (hasEarlier !== this.#kinds.has("configured")) {
      violate(`a configuration is refused, and it says of an earlier one: ${hasEarlier}`);
    }
    if (from !== undefined && from !== "manager") violate(`a configuration came from ${from}`);
  }

  #noteRegistered(): void {
    const nowMs = this.#options.nowMs();
    const waitedMs = nowMs - this.#registeredMs;
    this.#registeredMs = nowMs;
    if (waitedMs >= SHORTEST_WAIT_MS) return;
    this.#options.violate(`it has registered again after ${waitedMs} ms on the same connection`);
  }

  #noteLosing(): void {
    if (!this.isInForce("connection-lost", "data") || this.#options.hasSpool) return;
    if (++this.#lossesInOutage <= MOST_LOSSES_IN_OUTAGE) return;
    this.#options.violate(
      `it begins to lose points for the ${this.#lossesInOutage}th time in an outage`,
    );
  }

  #begin(event: AgentEvent): void {
    const subject = subjectOf(event.kind, event);
    if (this.#inForce.has(subject)) this.#options.violate(`${subject} is told again`);
    this.#inForce.set(subject, this.#options.nowMs());
    if (subject !== "connection-lost data") return;
    this.#inForce.delete("stalled"); // with its connection, what does not move is forgotten
    this.#lossesInOutage = 0;
  }

  #end(begun: AgentEventKind, event: AgentEvent): void {
    const subject = subjectOf(begun, event);
    const sinceMs = this.#inForce.get(subject);
    this.#inForce.delete(subject);
    if (subject === "connection-lost data") {
      this.#outages++;
      this.#addOutage(sinceMs);
    }
    if (sinceMs === undefined) {
      // Losses may be over at once.
      if (begun === "losing-points") return;
      return this.#options.violate(`${event.kind} is told, and no ${subject}`);
    }
    const toldMs = toldDurationMs(event);
    const tookMs = this.#options.nowMs() - sinceMs;
    if (toldMs === undefined || Math.abs(toldMs - tookMs) <= LONGEST_DIFFERENCE_MS) return;
    this.#options.violate(`${subject} lasted ${toldMs} ms, it says, and was told ${tookMs} ms ago`);
  }

  #addOutage(sinceMs: number | undefined): void {
    if (sinceMs !== undefined) this.#outageMs += this.#options.nowMs() - sinceMs;
  }

  /** The hook was told of each reason since the loss before. Late, as it may be told behind the event. */
  #checkReasons(): void {
    const { reasons = [], sinceMs = 0 } = this.#lastLoss ?? {};
    for (const reason of reasons) {
      if ((this.#hookedMs.get(reason) ?? -Infinity) >= sinceMs) continue;
      this.#options.violate(`points are lost (${reasons}), and the hook knows of none (${reason})`);
    }
  }

  #noteLoss({ points, metrics, reasons, total }: AgentEvent<"points-lost">): void {
    this.#checkReasons();
    this.#lastLoss = { reasons, sinceMs: this.#lastLossMs };
    this.#lastLossMs = this.#options.nowMs();
    const hadCause = this.#hasCause;
    this.#hasCause = false;
    const needsCause = reasons.some((reason) => reason !== "stopped" && reason !== "damaged");
    if (needsCause && !hadCause) {
      this.#options.violate(`${points} points are lost (${reasons}), and it was not told before`);
    }
    if (metrics === 0 || metrics > points || reasons.length === 0) {
      this.#options.violate(`${points} points of ${metrics} metrics are lost (${reasons})`);
    }
    this.#lostPoints += points;
    if (points > 0 && total === this.#lostPoints) return;
    this.#options.violate(
      `${points} points are lost, ${total} in all, after ${this.#lostPoints - points}`,
    );
  }
}

function subjectOf(kind: AgentEventKind, event: AgentEvent): string {
  if ("connection" in event) return `${kind} ${event.connection}`;
  return "activity" in event ? `${kind} ${event.activity}` : kind;
}

function toldDurationMs(event: AgentEvent): number | undefined {
  switch (event.kind) {
    case "connection-back":
      return event.outageSeconds * 1000;
    case "moving":
      return event.stalledSeconds * 1000;
    case "disk-free":
      return event.fullSeconds * 1000;
    default:
      return undefined;
  }
}
