/**
 * The account that the events of a source give of a fault, against what others have seen of it: the
 * broker, the receiver, the source's own health and counters.
 *
 * @module
 */

import type { ReceivedChunk } from "./account.ts";
import type { Login } from "./broker_log.ts";

/** An event as the source has printed it. */
interface PrintedEvent {
  readonly kind: string;
  readonly timeMs: number;
  readonly connection?: string;
  readonly outageSeconds?: number;
  readonly stalledSeconds?: number;
  readonly points?: number;
  readonly total?: number;
  readonly reasons?: readonly string[];
}

/** From one event to the one that ends what it has begun. */
interface Span {
  readonly subject: string;
  readonly beganMs: number;
  /** `Infinity` if it was not over. */
  readonly endedMs: number;
}

// What begins, of which subject, and what ends it.
const BEGINS: Readonly<Record<string, string>> = {
  "connection-lost": "connection",
  "losing-points": "loss",
  "stalled": "stall",
  "disk-full": "disk",
};
const ENDS: Readonly<Record<string, string>> = {
  "connection-back": "connection",
  "points-lost": "loss",
  "moving": "stall",
  "disk-free": "disk",
};

// The source, the broker and the loggers of both look at the same clock, one after the other.
const MAX_DIFFERENCE_SECONDS = 0.05;
const CLOCK_SLACK_MS = 100;

/** What one source, in one process after another, has told of itself. */
export class EventAccount {
  readonly #problems: string[] = [];
  readonly #spans: Span[] = [];
  #last: PrintedEvent | undefined;
  readonly #open = new Map<string, PrintedEvent>();
  #life = "connecting";
  #pointsLost = 0;
  #reconnects = 0;
  #outageSeconds = 0;
  // From when each process is started until it is running.
  readonly #starts: { readonly beganMs: number; runningMs: number }[] = [];

  /** Another process begins; what the last one has begun, if it was killed, goes with it. */
  begin(): void {
    this.#starts.push({ beganMs: Date.now(), runningMs: Infinity });
    this.#close();
    this.#last = undefined;
    this.#life = "connecting";
    this.#reconnects = this.#outageSeconds = this.#pointsLost = 0;
  }

  /** Takes an event, in JSON, or the half of it that a killed process could print. */
  event(text: string): void {
    if (!text.endsWith("}")) return;
    const event: PrintedEvent = JSON.parse(text);
    const last = this.#last;
    if (last && event.timeMs < last.timeMs - CLOCK_SLACK_MS) {
      this.#problem(`${event.kind} is older than ${last.kind} before it`);
    }
    this.#last = event;
    const { kind } = event;
    if (this.#life === "stopped") this.#problem(`${kind} is told after the end`);
    if (kind === "stalled" && this.#open.has("data")) this.#problem("stalled in an outage");
    if (kind in BEGINS) this.#begin(event);
    if (kind in ENDS) this.#end(event);
    if (["connecting", "running", "stopping", "stopped"].includes(kind)) this.#enter(event);
    if (kind === "missed") this.#problem("the reader was too slow");
  }

  /** Takes what the source says of its health. */
  health(status: string): void {
    const expected = this.#life !== "running"
      ? this.#life
      : this.#open.has("management") || this.#open.has("data")
      ? "outage"
      : "connected";
    if (status !== expected) {
      this.#problem(`health is "${status}", and after the events it is "${expected}"`);
    }
  }

  /**
   * What does not fit together.
   *
   * @param logins Those of the source that its broker has seen.
   * @param chunks What the receiver has got.
   * @param stats The counters of the last process at its end.
   */
  problems(
    logins: readonly Login[],
    chunks: readonly ReceivedChunk[],
    stats: Readonly<Record<string, unknown>>,
  ): readonly string[] {
    this.#close();
    this.#compareLogins(logins);
    this.#compareRepeated(chunks);
    if (this.#life !== "stopped") {
      this.#problem(`the last that it tells of its life is ${this.#life}`);
    }
    this.#compare("reconnects", this.#reconnects, Number(stats["reconnects"]));
    this.#compare("pointsDropped", this.#pointsLost, Number(stats["pointsDropped"]));
    const seconds = Number(stats["totalOutageSeconds"]);
    // Both are told in the same turn, by clocks that are read one after the other.
    if (Math.abs(this.#outageSeconds - seconds) > MAX_DIFFERENCE_SECONDS * (1 + this.#reconnects)) {
      this.#problem(`outages of ${this.#outageSeconds} s are told, and ${seconds} s counted`);
    }
    return this.#problems;
  }

  #begin(event: PrintedEvent): void {
    const subject = event.connection ?? BEGINS[event.kind] ?? "";
    if (this.#open.has(subject)) this.#problem(`${event.kind} (${subject}) is told twice`);
    // An outage of the data ends a stall.
    if (subject === "data") this.#open.delete("stall");
    this.#open.set(subject, event);
  }

  #end(event: PrintedEvent): void {
    const subject = event.connection ?? ENDS[event.kind] ?? "";
    const begun = this.#open.get(subject);
    this.#open.delete(subject);
    if (event.kind === "points-lost") {
      this.#pointsLost += event.points ?? 0;
      if (event.total !== this.#pointsLost) this.#problem(`the total of losses is ${event.total}`);
      // One that is over at once has no beginning.
      const hasBegun = begun !== undefined || !event.reasons?.includes("full");
      if (!hasBegun) this.#problem("points-lost ends nothing");
      return;
    }
    if (begun === undefined) return this.#problem(`${event.kind} (${subject}) ends nothing`);
    this.#spans.push({ subject, beganMs: begun.timeMs, endedMs: event.timeMs });
    const told = (event.outageSeconds ?? event.stalledSeconds ?? NaN) * 1000;
    const tookMs = event.timeMs - begun.timeMs;
    if (Math.abs(told - tookMs) > CLOCK_SLACK_MS) {
      this.#problem(`${event.kind} (${subject}) tells of ${told} ms after ${tookMs} ms`);
    }
    if (subject !== "data") return;
    this.#reconnects++;
    this.#outageSeconds += event.outageSeconds ?? 0;
  }

  #enter({ kind, timeMs }: PrintedEvent): void {
    this.#life = kind;
    const start = this.#starts.at(-1);
    if (kind === "running" && start) start.runningMs = timeMs;
    if (kind !== "stopped") return;
    if (this.#open.has("loss")) this.#problem("a loss has begun and has no end");
    this.#close();
  }

  /** What is not over at the end of a process. */
  #close(): void {
    for (const [subject, { timeMs }] of this.#open) {
      this.#spans.push({ subject, beganMs: timeMs, endedMs: Infinity });
    }
    this.#open.clear();
  }

  /** Every connection but those of a start is the end of an outage, and every end of one a connection. */
  #compareLogins(logins: readonly Login[]): void {
    const later = logins.filter(({ timeMs }) =>
      !this.#starts.some(({ beganMs, runningMs }) => timeMs > beganMs && timeMs < runningMs)
    );
    const outages = this.#spans.filter(({ subject }) =>
      subject === "management" || subject === "data"
    );
    const isIn = ({ connection, timeMs }: Login, { subject, beganMs, endedMs }: Span) =>
      subject === connection && timeMs > beganMs - CLOCK_SLACK_MS &&
      timeMs < endedMs + CLOCK_SLACK_MS;
    for (const login of later) {
      if (outages.some((outage) => isIn(login, outage))) continue;
      this.#problem(`the outage before a ${login.connection} login is not told`);
    }
    for (const outage of outages) {
      if (outage.endedMs === Infinity || later.some((login) => isIn(login, outage))) continue;
      this.#problem(`a ${outage.subject} connection is back that the broker has not seen`);
    }
  }

  /** A chunk that the receiver has got twice tells of an outage after its points were made. */
  #compareRepeated(chunks: readonly ReceivedChunk[]): void {
    const seen = new Set<string>();
    const outages = this.#spans.filter(({ subject }) => subject === "data");
    const lastMs = Math.max(...[...outages, ...this.#starts].map(({ beganMs }) => beganMs));
    for (const { metric, ticks, timesNs } of chunks) {
      const key = `${metric} ${ticks[0]}`;
      const madeMs = Number((timesNs.at(-1) ?? 0n) / 1_000_000n);
      if (seen.has(key) && madeMs > lastMs + CLOCK_SLACK_MS) {
        this.#problem(`chunk ${key} came twice, and no outage after it is told`);
      }
      seen.add(key);
    }
  }

  #compare(counter: string, told: number, counted: number): void {
    if (told !== counted) this.#problem(`${told} are told, and ${counter} is ${counted}`);
  }

  #problem(text: string): void {
    this.#problems.push(text);
  }
}
