/**
 * What happens to an agent, as events that a program can follow.
 *
 * @module
 */

import type { OptionNames } from "../option_names.ts";
import type { LossReason } from "../outbox/delivery_options.ts";
import type { Timestamp } from "../time/timestamp.ts";

/** Which of its connections an event is about. */
export interface ConnectionOfEvent {
  /**
   * `"management"`: the one for remote procedure calls; `"data"`: the one that a source sends its
   * points over.
   */
  readonly connection: "management" | "data";
}

/**
 * The kinds of events, and the data of each. An event is one object: `kind`, `time`, and the data.
 *
 * Some kinds say what is the case until another tells the end of it. An iteration begins with those
 * that are in force, in the order in which they happened, with their own times:
 *
 * | kind | in force until |
 * | --- | --- |
 * | `connecting`, `running`, `stopping`, `stopped` | the next of them |
 * | `connection-lost` | `connection-back` of the same connection, or `stopped` |
 * | `registered` | `stopped` |
 * | `unconfigured` | `registered`, or `stopped` |
 * | `configured` | the next `configured`, or `stopped` |
 * | `configuration-refused` | `configured`, or `stopped` |
 * | `declared` | the next `declared`, or `stopped` |
 * | `losing-points` | `points-lost`, or `stopped` |
 * | `stalled` | `moving`, `connection-lost` of the data connection, or `stopped` |
 * | `hanging` | `hanging-over` of the same activity, or `stopped` |
 * | `disk-full` | `disk-free`, or `stopped` |
 */
export interface AgentEvents {
  /** The agent connects to the management network, at this URL (its password replaced by asterisks). */
  readonly "connecting": { readonly url: string };
  /** The agent is on the network; a source is configured, and its task begins. */
  readonly "running": Nothing;
  /** A connection is gone, for a reason; it is tried to open it again. */
  readonly "connection-lost": ConnectionOfEvent & { readonly reason: string };
  /** A connection that was lost is back, after an outage of this length. */
  readonly "connection-back": ConnectionOfEvent & { readonly outageSeconds: number };
  /** The manager has accepted a source, `again` if that was after an outage. */
  readonly "registered": { readonly again: boolean };
  /**
   * The manager has no configuration for the token, and so does not register a source; `reason` is what
   * it has answered. The source waits, and asks again. A source that has registered before goes on
   * meanwhile.
   */
  readonly "unconfigured": { readonly reason: string };
  /**
   * All handlers of a configuration have accepted it, which took this long. These are its keys: values
   * may be secret.
   */
  readonly "configured": { readonly keys: readonly string[]; readonly tookSeconds: number };
  /**
   * A handler has refused a configuration, for a reason. `from` is the agent that has sent it and was
   * answered so; it is `undefined` for the one that a registration brings. `hasEarlier`: an earlier one
   * has been accepted, which stays.
   */
  readonly "configuration-refused": {
    readonly reason: string;
    readonly from: string | undefined;
    readonly hasEarlier: boolean;
  };
  /** The manager has accepted metrics, `again` if that was after an outage; `total` are declared now. */
  readonly "declared": {
    readonly metrics: number;
    readonly total: number;
    readonly again: boolean;
  };
  /** A source begins to drop points, for a reason; `points-lost` tells how many when that is over. */
  readonly "losing-points": { readonly reason: LossReason };
  /**
   * The broker refuses points of a metric for what they are, in its words: a chunk that is too large for
   * it, or a metric that this user may not send. They are given up, and so are further ones, without a
   * further event: if they are too large while the connection lasts, if the metric is forbidden until
   * the source registers again. `metrics` is how many metrics that was told of by now. `points-lost`
   * tells of all these points when that is over.
   */
  readonly "points-refused": {
    readonly metric: string;
    readonly points: number;
    readonly reason: string;
    readonly metrics: number;
  };
  /**
   * A loss is over: how many points of how many metrics it took, and why. A loss that is over at once,
   * as at a stop, and one of refused points have no `losing-points` before them. `total` are the points
   * of all losses so far. Points that `onTime: "drop"` leaves out count in `stats.pointsDropped`, and
   * not here.
   */
  readonly "points-lost": {
    readonly points: number;
    readonly metrics: number;
    readonly reasons: readonly LossReason[];
    readonly total: number;
  };
  /** A source sends points that an earlier run has left in its spool. */
  readonly "points-recovered": { readonly points: number };
  /** A source that stops leaves points in its spool, for the next run. */
  readonly "points-kept": { readonly points: number; readonly spool: string };
  /**
   * Data does not move although its connection is up. `"blocked"`: the broker takes no messages, as it
   * runs out of memory or disk. `"unconfirmed"`: it has confirmed nothing for 5 s.
   */
  readonly "stalled": { readonly reason: "blocked" | "unconfirmed" };
  /** Data moves again, after this time. */
  readonly "moving": { readonly stalledSeconds: number };
  /**
   * Something that the agent has called has not come back for this time: 10 s or three periods, the
   * longer. The activity is `"update"`, `"reading of …"` with a group's name, `"handler of …"` with a
   * function's, or `"send"`, which waits for room in the outbox; since when, by the time of day.
   */
  readonly "hanging": {
    readonly activity: string;
    readonly since: Timestamp;
    readonly seconds: number;
  };
  /**
   * What was hanging for this time is over: it has come back, or a later one of its kind has, or it is
   * given up.
   */
  readonly "hanging-over": { readonly activity: string; readonly hangingSeconds: number };
  /** The spool cannot be written: chunks are kept in memory only. */
  readonly "disk-full": { readonly spool: string; readonly reason: string };
  /** The spool is written again, after this time. */
  readonly "disk-free": { readonly spool: string; readonly fullSeconds: number };
  /**
   * A sink's queue was gone with what it held, such as when the broker was started again. Of these
   * metrics the points after `since`, the time of the last that was received, may be missing, until
   * `until`, when there was a queue again.
   */
  readonly "data-missing": {
    readonly metrics: readonly string[];
    readonly since: Timestamp;
    readonly until: Timestamp;
  };
  /** A sink leaves out chunks of a metric that cannot be read; told once, until one can be. */
  readonly "chunk-unreadable": { readonly metric: string; readonly reason: string };
  /** The agent begins to stop, because of an error if there is one. */
  readonly "stopping": { readonly error: Error | undefined };
  /** The agent has stopped: the last event. */
  readonly "stopped": { readonly error: Error | undefined };
  /** The reader was too slow: this many events before the next one were left out, the oldest ones. */
  readonly "missed": { readonly events: number };
}

/** The data of a kind without data. */
export type Nothing = Readonly<Record<never, never>>;

/** The kind of an event. */
export type AgentEventKind = keyof AgentEvents;

/**
 * Something that has happened to an agent: see {@linkcode AgentEvents} for the kinds and their data.
 *
 * @example
 * ```ts
 * import type { AgentEvent } from "@metricq/source";
 *
 * function describe(event: AgentEvent): string {
 *   switch (event.kind) {
 *     case "connection-lost":
 *       return `The ${event.connection} connection is gone: ${event.reason}`;
 *     case "points-lost":
 *       return `${event.points} points of ${event.metrics} metrics are lost`;
 *     default:
 *       return event.kind;
 *   }
 * }
 * ```
 */
export type AgentEvent<Kind extends AgentEventKind = AgentEventKind> = {
  [Each in Kind]: AgentEvents[Each] & {
    readonly kind: Each;
    /** When it happened, by the time of day. */
    readonly time: Timestamp;
  };
}[Kind];

/** An event of the agent itself, and not of one of its readers. */
export type ToldEvent = AgentEvent<Exclude<AgentEventKind, "missed">>;

/** Options of `Agent.events`. */
export interface EventsOptions {
  /** Ends the iteration, without an error. */
  readonly signal?: AbortSignal | undefined;
}

/** The names of {@linkcode EventsOptions}. */
export const EVENTS_OPTIONS: OptionNames<EventsOptions> = { signal: true };
