/**
 * What has become of a source's points.
 *
 * @module
 */

import type { Distribution } from "../histogram.ts";
import type { Outbox } from "../outbox/outbox.ts";
import type { TickMeter } from "../schedule/tick_meter.ts";
import type { OutageMeter } from "./outage_meter.ts";

/**
 * What has become of a source's points until now, and how well it keeps its time, from
 * `Source.stats`. Every point is in exactly one place: `pointsSent + pointsRecovered` is
 * `pointsConfirmed + pointsDropped + pointsBuffered`.
 */
export interface SourceStats {
  /** Points that `send` has accepted. */
  readonly pointsSent: number;
  /** Points that an earlier run has left in the spool. */
  readonly pointsRecovered: number;
  /**
   * Points that the broker has confirmed; with `"at-most-once"`, handed to the connection, without those
   * that are `takenBack`.
   */
  readonly pointsConfirmed: number;
  /** Points that were dropped, also those that `onTime: "drop"` leaves out. */
  readonly pointsDropped: number;
  /** Points that are on their way, wait, or are in a chunk that is not full. */
  readonly pointsBuffered: number;
  /** Points that `send` has not accepted, as the source had stopped. They do not count as sent. */
  readonly pointsTooLate: number;
  /** Points that were sent once more, each time counted; receivers may have got them twice. */
  readonly pointsResent: number;
  /** Chunks that were made. */
  readonly chunksSent: number;
  /** Chunks that an earlier run has left in the spool. */
  readonly chunksRecovered: number;
  /** Chunks that the broker has confirmed; with `"at-most-once"`, handed to the connection. */
  readonly chunksConfirmed: number;
  /** Chunks that were dropped. */
  readonly chunksDropped: number;
  /** Chunks that are on their way or wait. */
  readonly chunksBuffered: number;
  /** Chunks that were sent once more, each time counted. */
  readonly chunksResent: number;
  /** Chunks that the broker gave back because it could not route them, though it was not asked to. */
  readonly chunksReturned: number;
  /** Bytes of the chunks that were made, as they are sent, without what AMQP adds. */
  readonly bytesSent: number;
  /** Bytes of the chunks that the broker has confirmed, also of those that an earlier run has left. */
  readonly bytesConfirmed: number;
  /**
   * What counted as confirmed, with `"at-most-once"`, and was refused by the broker then, as far as that
   * is known. Its points and chunks count as dropped now.
   */
  readonly takenBack: { readonly points: number; readonly chunks: number; readonly bytes: number };
  /** Bytes of the chunks that are on their way or wait, in memory and in the spool. */
  readonly bufferedBytes: number;
  /** How many times the data connection came back. */
  readonly reconnects: number;
  /** How long the data connection has been away now, in seconds; 0 while it is up. */
  readonly outageSeconds: number;
  /** How long the data connection was away in all outages together, in seconds. */
  readonly totalOutageSeconds: number;
  /**
   * How long something that the source has called has not come back, in seconds: an `update`, a
   * reading, a handler, or a `send` that waits for room; 0 before 10 s or three periods, the longer.
   */
  readonly hangingSeconds: number;
  /** How long the broker took to confirm, in seconds, of one chunk in each round trip. */
  readonly confirmSeconds: Distribution;
  /** How late the ticks came, in seconds: of an `IntervalSource`, or of `ticks` within the task. */
  readonly latenessSeconds: Distribution;
  /**
   * How many such ticks were skipped, because what was done at one took too long, or does so now.
   */
  readonly missedDeadlines: number;
}

/** What {@linkcode sourceStats} looks at. */
export interface StatsParts {
  readonly outbox: Outbox;
  readonly outages: OutageMeter;
  /** Points in chunks that are not full. */
  readonly collectedPoints: number;
  /** Points that were dropped because their times did not increase. */
  readonly outOfOrderPoints: number;
  /** Points that came after the source had stopped. */
  readonly tooLatePoints: number;
  readonly hangingSeconds: number;
  readonly ticks: TickMeter;
}

/** What has become of all points. */
export function sourceStats(
  parts: StatsParts,
): SourceStats {
  const { outbox, outages, collectedPoints, outOfOrderPoints, tooLatePoints, ticks } = parts;
  const { counters } = outbox;
  const { points, chunks, takenBack } = counters;
  const confirmedPoints = points.acked - takenBack.points;
  const inOutbox = points.admitted + points.recovered - confirmedPoints - points.dropped;
  return {
    pointsSent: points.admitted + collectedPoints + outOfOrderPoints,
    pointsRecovered: points.recovered,
    pointsConfirmed: confirmedPoints,
    pointsDropped: points.dropped + outOfOrderPoints,
    pointsBuffered: inOutbox + collectedPoints,
    pointsTooLate: tooLatePoints,
    pointsResent: points.resent,
    chunksSent: chunks.admitted,
    chunksRecovered: chunks.recovered,
    chunksConfirmed: chunks.acked - takenBack.chunks,
    chunksDropped: chunks.dropped,
    chunksBuffered: outbox.chunks,
    chunksResent: chunks.resent,
    chunksReturned: counters.chunksReturned,
    bytesSent: counters.bytesAdmitted,
    bytesConfirmed: counters.bytesAcked - takenBack.bytes,
    takenBack: { ...takenBack },
    bufferedBytes: outbox.bytes,
    reconnects: outages.reconnects,
    outageSeconds: outages.currentSeconds,
    totalOutageSeconds: outages.totalSeconds,
    hangingSeconds: parts.hangingSeconds,
    confirmSeconds: outbox.confirmSeconds.distribution(),
    latenessSeconds: ticks.latenessSeconds.distribution(),
    missedDeadlines: ticks.missed,
  };
}
