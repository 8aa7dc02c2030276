/**
 * What is wrong on a network, as the dashboard and the command line show it.
 *
 * @module
 */

import type { ProblemKind } from "./problem_kind.ts";

/** What a list of problems is sorted by: the gravest kinds first, or by name, source or time. */
export type ProblemSort = "kind" | "subject" | "source" | "since";

/** A part of the sorted and filtered list of problems. */
export interface ProblemQuery {
  /**
   * Of which kind.
   * @default {any}
   */
  readonly kind?: ProblemKind | undefined;
  /**
   * Which metrics and sources, as the filter of metrics has it, without its states.
   * @default {"", all}
   */
  readonly filter?: string | undefined;
  /**
   * What they are sorted by.
   * @default {"kind"}
   */
  readonly sort?: ProblemSort | undefined;
  /**
   * Whether the last come first.
   * @default {false}
   */
  readonly isDescending?: boolean | undefined;
  /**
   * How many come before the part.
   * @default {0}
   */
  readonly first?: number | undefined;
  /** The most to get, 1000 at most. */
  readonly count: number;
}

/** A problem of a metric or a source. */
export interface Problem {
  /** What is wrong. */
  readonly kind: ProblemKind;
  /** The metric's name, or the source's token. Its text is not trusted. */
  readonly subject: string;
  /** The metric's source. */
  readonly source: string | undefined;
  /** Since when, in ms since the Unix epoch, where that is known. */
  readonly sinceMs: number | undefined;
  /** What there is to say beside the kind. Its text is not trusted. */
  readonly detail: string;
  /** When a scan found it, in ms since the Unix epoch; `undefined` if it is so now. */
  readonly scannedMs: number | undefined;
}

/** What a query finds. */
export interface ProblemWindow {
  /** How many there are of each kind that the filter lets through. */
  readonly counts: Readonly<Partial<Record<ProblemKind, number>>>;
  /** How many match filter and kind. */
  readonly matching: number;
  /** How many of these come before the part. */
  readonly first: number;
  /** The part that was asked for, as far as there is one. */
  readonly problems: readonly Problem[];
  /** Of how many metrics the metadata is not known yet. */
  readonly unread: number;
  /** Whether agents have had the time to answer once. */
  readonly hasAskedAgents: boolean;
}

/** The most that a scan takes: metrics at a time, and how long each is received. */
export const SCAN_LIMITS = { atATime: 1000, seconds: 300 } as const;

/** What to scan. */
export interface ScanRequest {
  /** Which metrics, as the filter of metrics has it. */
  readonly filter: string;
  /** How many metrics are received at a time, 1000 at most. */
  readonly atATime: number;
  /** How long each is received, 5 minutes at most. */
  readonly seconds: number;
}

/** How a scan goes on. */
export interface ScanState extends ScanRequest {
  /** Whether it runs, or how it has ended. */
  readonly status: "running" | "done" | "cancelled" | "failed";
  /** How many metrics are to be scanned. */
  readonly total: number;
  /** How many of them have been. */
  readonly scanned: number;
  /** How many of these are too slow for the scan to say whether they are silent. */
  readonly unjudged: number;
  /** How many are received now. */
  readonly receiving: number;
  /** How many points have come. */
  readonly points: number;
  /** When it has begun, in ms since the Unix epoch. */
  readonly startedMs: number;
  /** When it has ended, in ms since the Unix epoch. */
  readonly endedMs: number | undefined;
  /** Why it has failed, or ended early. */
  readonly reason: string | undefined;
}

/** The health of a network. */
export interface HealthView {
  /** Finds problems. */
  problems(query: ProblemQuery): Promise<ProblemWindow>;
  /** The scan that runs, or the last one. */
  readonly scan: ScanState | undefined;
  /** Begins to receive metrics, some at a time, unless a scan runs. */
  startScan(request: ScanRequest): void;
  /** Ends the scan; what it has found stays. */
  cancelScan(): void;
  /**
   * Takes metrics that have gone, and agents that do not answer, out of view until they come back. The
   * network is left as it is.
   */
  forget(what: ForgetRequest): void;
}

/** What is to go out of view. */
export interface ForgetRequest {
  /** Names of metrics, or `"all"` for those that have gone. */
  readonly metrics: readonly string[] | "all";
  /** Tokens of agents. */
  readonly agents: readonly string[];
}
