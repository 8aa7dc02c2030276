/**
 * Holds what was promised against what has happened.
 *
 * @module
 */

import { decodeChunk, type DecodedChunk } from "../../src/chunk/decode_chunk.ts";
import { AgentStopped } from "../../src/errors.ts";
import { errorText } from "../../src/error_text.ts";
import type { PointsLost } from "../../src/outbox/delivery_options.ts";
import { MetricAccount } from "./account.ts";
import type { Confirmed } from "./stats_check.ts";
import type { Trace } from "./trace.ts";

// One fault often shows in every point that follows.
const MOST_VIOLATIONS = 20;

/** What an {@linkcode Oracle} sees of the world. */
export interface OracleOptions {
  readonly trace: Trace;
  /** Virtual time. */
  readonly nowMs: () => number;
  /** Whether all that the broker has taken was received. */
  readonly isAllReceived: () => boolean;
}

/** What may become of points that nobody confirms, beside what an outage takes. */
export interface SilentLoss {
  /** The broker may refuse some for their size. */
  readonly mayBeTooLarge: boolean;
  /** The broker may refuse some for whatever reason, or have no room for them. */
  readonly mayBeRefused: boolean;
}

/** How many promises of a kind have not settled. */
interface Waiting {
  count: number;
  /** When the first of them began, or one ended, in virtual ms. */
  changedAtMs: number;
  /** Called for each that has. */
  readonly onEnd: () => void;
}

/** A `flush` that was called just now. */
export interface Flush {
  readonly token: string;
  readonly run: string;
  readonly flushed: Promise<void>;
  /** Whether it may fail for want of room. */
  readonly mayFail: boolean;
  /** The metric that is flushed alone, if one is. */
  readonly only?: string;
}

/** Knows every point, and remembers every broken promise. */
export class Oracle {
  readonly #options: OracleOptions;
  readonly #metrics = new Map<string, MetricAccount>();
  // By source: what it ever sent.
  readonly #metricsOf = new Map<string, MetricAccount[]>();
  readonly #unconfirmed = new Map<string, SilentLoss>();
  // By source: the largest chunk that it was ever asked for.
  readonly #chunkPoints = new Map<string, number>();
  readonly #waiting = new Map<string, Waiting>();
  // Flushes that have not ended: whose, and since when.
  readonly #flushes = new Set<{ readonly run: string; readonly sinceMs: number }>();
  // By source: what the broker has handed out of it, again or not.
  readonly #received = new Map<string, { chunks: number; bytes: number }>();
  /** What was promised and not kept. */
  readonly violations: string[] = [];

  /** Begins without metrics. */
  constructor(options: OracleOptions) {
    this.#options = options;
  }

  /** All metrics that were ever sent. */
  get metrics(): Iterable<MetricAccount> {
    return this.#metrics.values();
  }

  /** How many points `send` was called with. */
  get sentPoints(): number {
    return this.#sum(({ sent }) => sent);
  }

  /** How many points came more than once. */
  get repeatedPoints(): number {
    return this.#sum(({ repeated }) => repeated);
  }

  /** A kind of `send` that waits now. */
  get waitingSend(): string | undefined {
    return [...this.#waiting].find(([what, { count }]) => count > 0 && what.startsWith("send"))
      ?.[0];
  }

  /** A `flush` that waits since before a time. Each by itself, as others may end meanwhile. */
  waitingFlush(beforeMs: number): string | undefined {
    for (const { run, sinceMs } of this.#flushes) {
      if (sinceMs < beforeMs) return `flush of ${run}`;
    }
    return undefined;
  }

  /** The account of a metric. */
  metric(name: string): MetricAccount {
    let account = this.#metrics.get(name);
    if (account === undefined) {
      account = new MetricAccount(name, this.#options.nowMs, (text) => this.violate(text));
      const unconfirmed = this.#unconfirmed.get(account.token);
      account.isUnconfirmed = unconfirmed !== undefined;
      account.mayBeTooLarge = unconfirmed?.mayBeTooLarge ?? false;
      account.mayBeRefused = unconfirmed?.mayBeRefused ?? false;
      this.#metrics.set(name, account);
      const others = this.#metricsOf.get(account.token);
      if (others === undefined) this.#metricsOf.set(account.token, [account]);
      else others.push(account);
    }
    return account;
  }

  /** The account of a metric, if it was ever sent. */
  find(name: string): MetricAccount | undefined {
    return this.#metrics.get(name);
  }

  /** The metrics of a source. */
  metricsOf(token: string): readonly MetricAccount[] {
    return this.#metricsOf.get(token) ?? [];
  }

  /** What belongs to a run that was killed settles no more. */
  forget(run: string): void {
    for (const what of this.#waiting.keys()) if (what.endsWith(run)) this.#waiting.delete(what);
    for (const flush of this.#flushes) if (flush.run === run) this.#flushes.delete(flush);
  }

  /** A promise is broken. One that is broken again and again is told once. */
  violate(text: string): void {
    if (this.violations.length >= MOST_VIOLATIONS || this.violations.includes(text)) return;
    this.violations.push(text);
    this.#options.trace.note(`VIOLATION ${text}`);
  }

  /** The broker has handed out a message of the data exchange. */
  receive(metric: string, body: Uint8Array): void {
    const account = this.#metrics.get(metric);
    if (account === undefined) return this.violate(`${metric}: received, and never sent`);
    let chunk: DecodedChunk;
    try {
      chunk = decodeChunk(body);
    } catch (error) {
      return this.violate(`${metric}: received what is not a chunk: ${errorText(error)}`);
    }
    const most = this.mostPointsOf(account.token);
    if (chunk.values.length > most && account.leaves === "by size or age") {
      this.violate(
        `${metric}: received a chunk of ${chunk.values.length} points, of ${most} at most`,
      );
    }
    account.receive(chunk);
    const received = this.#received.get(account.token) ?? { chunks: 0, bytes: 0 };
    received.chunks++;
    received.bytes += body.byteLength;
    this.#received.set(account.token, received);
  }

  /** A source tells of a loss. */
  lose({ metric, points, reason, words }: PointsLost, hasCause: boolean): void {
    this.#options.trace.note(`${metric}: ${points} points are lost (${reason})`);
    this.metric(metric).lose(points, reason, reason === "refused" && words === undefined);
    if (hasCause) return;
    this.violate(`${metric}: ${points} points are lost (${reason}), for which there is no cause`);
  }

  /** Watches that a promise settles. What it rejects with is handled by its owner. */
  expectEnd(what: string, promise: Promise<unknown>): void {
    const waiting = this.#waiting.get(what) ?? this.#beginWaiting(what);
    if (waiting.count++ === 0) waiting.changedAtMs = this.#options.nowMs();
    promise.then(waiting.onEnd, waiting.onEnd);
  }

  /** Since when promises of a kind wait, and none of them settles. */
  waitsSinceMs(what: string): number | undefined {
    const { count = 0, changedAtMs } = this.#waiting.get(what) ?? {};
    return count > 0 ? changedAtMs : undefined;
  }

  /** A source is asked for chunks of this many points. */
  expectChunks(token: string, points: number): void {
    this.#chunkPoints.set(token, Math.max(points, this.#chunkPoints.get(token) ?? 1));
  }

  /** How many points a chunk of a source has at most. */
  mostPointsOf(token: string): number {
    return this.#chunkPoints.get(token) ?? 1;
  }

  /**
   * Watches a `flush` of a source, or of one metric: when it resolves, all that was sent before it is
   * confirmed. It fails when points are lost, at a stop, and where it may for want of room.
   */
  expectFlush({ token, run, flushed, mayFail, only }: Flush): void {
    const what = only === undefined ? `flush of ${run}` : `flush of ${only} of ${run}`;
    this.expectEnd(what, flushed);
    const flush = { run, sinceMs: this.#options.nowMs() };
    this.#flushes.add(flush);
    const accounts = only === undefined ? this.metricsOf(token) : [this.metric(only)];
    const ends = accounts.map((account) => account.flush());
    const end = () => {
      this.#flushes.delete(flush);
      ends.forEach((each) => each());
    };
    flushed.then(end, end);
    const before = accounts.map((account) => ({
      account,
      sent: account.begun,
      toldAtCall: account.toldPoints,
      told: 0,
    }));
    // Behind the hook, which is told in a microtask of what is lost already.
    queueMicrotask(() => {
      for (const each of before) each.told = each.account.toldPoints;
    });
    flushed.then(() => {
      if (this.#unconfirmed.has(token)) return;
      const isAllReceived = this.#options.isAllReceived();
      for (const { account, sent, told } of before) account.confirmed(sent, told, isAllReceived);
    }, (error) => {
      if (mayFail || error instanceof AgentStopped) return;
      // Behind the hook, as above.
      queueMicrotask(() => {
        if (before.some(({ account, toldAtCall }) => account.toldPoints > toldAtCall)) return;
        this.violate(`${what} has failed, and nothing is lost since its call: ${error}`);
      });
    });
  }

  /**
   * A source has had this many points, chunks and bytes confirmed, in all its runs: the broker has taken as many, some of
   * them more than once.
   */
  checkConfirmed(token: string, confirmed: Confirmed): void {
    if (this.#unconfirmed.has(token) || !this.#options.isAllReceived()) return;
    let points = 0;
    for (const account of this.metricsOf(token)) points += account.received + account.repeated;
    const received = { points, chunks: 0, bytes: 0, ...this.#received.get(token) };
    for (const unit of ["points", "chunks", "bytes"] as const) {
      if (confirmed[unit] <= received[unit]) continue;
      this.violate(
        `${token}: ${confirmed[unit]} ${unit} are confirmed, it says, of ${
          received[unit]
        } received`,
      );
    }
  }

  /** The points of a source are not confirmed. */
  expectSilentLoss(token: string, loss: SilentLoss): void {
    this.#unconfirmed.set(token, loss);
  }

  #beginWaiting(what: string): Waiting {
    const waiting = {
      count: 0,
      changedAtMs: 0,
      onEnd: () => {
        waiting.count--;
        waiting.changedAtMs = this.#options.nowMs();
      },
    };
    this.#waiting.set(what, waiting);
    return waiting;
  }

  #sum(count: (account: MetricAccount) => number): number {
    return [...this.#metrics.values()].reduce((sum, account) => sum + count(account), 0);
  }

  /** Everything is over: no promise is left, no point is missing. */
  close(): void {
    for (const [what, { count }] of this.#waiting) {
      if (count > 0) this.violate(`${count} × ${what} has not settled`);
    }
    for (const account of this.#metrics.values()) account.close();
  }
}
