/**
 * What can be measured of a source, under which names: the one list that OpenTelemetry, Prometheus
 * and the guide for operators follow.
 *
 * @module
 */

import type { Histogram } from "../histogram.ts";
import type { SourceHealth } from "./health.ts";
import type { SourceStats } from "./stats.ts";

/** What every instrument has. */
interface InstrumentText {
  /** Its name for OpenTelemetry, such as `"metricq.source.points.sent"`. */
  readonly name: string;
  /** Its unit after UCUM: `"s"`, `"By"`, or what is counted in braces. */
  readonly unit: "s" | "By" | `{${string}}`;
  /** What it tells. */
  readonly description: string;
}

/** A number: one that only grows, or one that goes up and down. */
export interface NumberInstrument extends InstrumentText {
  readonly kind: "counter" | "gauge";
  /** Reads the number. */
  readonly read: (stats: SourceStats, health: SourceHealth) => number;
}

/** A histogram. */
export interface HistogramInstrument extends InstrumentText {
  readonly kind: "histogram";
  /** Where it is found, in the statistics and among the histograms themselves. */
  readonly key: keyof SourceHistograms;
}

/** What is counted value by value. */
export interface SourceHistograms {
  readonly confirmSeconds: Histogram;
  readonly latenessSeconds: Histogram;
}

/** Something that can be measured of a source. */
export type Instrument = NumberInstrument | HistogramInstrument;

/** The name of the only label, or attribute: the source's token. */
export const TOKEN_LABEL = "token";

function counter(
  name: string,
  unit: Instrument["unit"],
  description: string,
  read: NumberInstrument["read"],
): NumberInstrument {
  return { kind: "counter", name: `metricq.source.${name}`, unit, description, read };
}

function gauge(
  name: string,
  unit: Instrument["unit"],
  description: string,
  read: NumberInstrument["read"],
): NumberInstrument {
  return { kind: "gauge", name: `metricq.source.${name}`, unit, description, read };
}

function histogram(
  name: string,
  unit: Instrument["unit"],
  description: string,
  key: HistogramInstrument["key"],
): HistogramInstrument {
  return { kind: "histogram", name: `metricq.source.${name}`, unit, description, key };
}

/**
 * All that can be measured, in the order in which it is shown. Counters only grow: what was taken back
 * stays confirmed in them.
 */
export const INSTRUMENTS: readonly Instrument[] = [
  gauge(
    "connected",
    "{source}",
    "1 while the source is connected to the management and the data network, otherwise 0",
    (_, { status }) => status === "connected" || status === "hanging" ? 1 : 0,
  ),
  counter(
    "reconnects",
    "{reconnect}",
    "How many times the data connection came back",
    (stats) => stats.reconnects,
  ),
  gauge(
    "outage.duration",
    "s",
    "How long the data connection has been away now",
    (stats) => stats.outageSeconds,
  ),
  counter(
    "outage.time",
    "s",
    "How long the data connection was away in all outages together",
    (stats) => stats.totalOutageSeconds,
  ),
  gauge(
    "hanging.duration",
    "s",
    "How long something that the source has called has not come back",
    (stats) => stats.hangingSeconds,
  ),
  counter("points.sent", "{point}", "Points that send has accepted", (stats) => stats.pointsSent),
  counter(
    "points.recovered",
    "{point}",
    "Points that an earlier run has left in the spool",
    (stats) => stats.pointsRecovered,
  ),
  counter(
    "points.confirmed",
    "{point}",
    "Points that the broker has confirmed",
    ({ pointsConfirmed, takenBack }) => pointsConfirmed + takenBack.points,
  ),
  counter(
    "points.resent",
    "{point}",
    "Points that were sent once more, each time counted",
    (stats) => stats.pointsResent,
  ),
  counter(
    "points.dropped",
    "{point}",
    "Points that were given up",
    (stats) => stats.pointsDropped,
  ),
  gauge(
    "points.buffered",
    "{point}",
    "Points that are on their way, wait, or are in a chunk that is not full",
    (stats) => stats.pointsBuffered,
  ),
  counter("chunks.sent", "{chunk}", "Chunks that were made", (stats) => stats.chunksSent),
  counter(
    "chunks.recovered",
    "{chunk}",
    "Chunks that an earlier run has left in the spool",
    (stats) => stats.chunksRecovered,
  ),
  counter(
    "chunks.confirmed",
    "{chunk}",
    "Chunks that the broker has confirmed",
    ({ chunksConfirmed, takenBack }) => chunksConfirmed + takenBack.chunks,
  ),
  counter(
    "chunks.resent",
    "{chunk}",
    "Chunks that were sent once more, each time counted",
    (stats) => stats.chunksResent,
  ),
  counter(
    "chunks.dropped",
    "{chunk}",
    "Chunks that were given up",
    (stats) => stats.chunksDropped,
  ),
  counter(
    "chunks.returned",
    "{chunk}",
    "Chunks that the broker gave back because it could not route them",
    (stats) => stats.chunksReturned,
  ),
  gauge(
    "chunks.buffered",
    "{chunk}",
    "Chunks that are on their way or wait",
    (stats) => stats.chunksBuffered,
  ),
  counter("data.sent", "By", "Bytes of the chunks that were made", (stats) => stats.bytesSent),
  counter(
    "data.confirmed",
    "By",
    "Bytes of the chunks that the broker has confirmed",
    ({ bytesConfirmed, takenBack }) => bytesConfirmed + takenBack.bytes,
  ),
  gauge(
    "outbox.size",
    "By",
    "Bytes that the outbox takes in memory and in the spool, as its limits count them",
    (stats) => stats.bufferedBytes,
  ),
  histogram(
    "confirm.duration",
    "s",
    "How long the broker took to confirm, of one chunk in each round trip",
    "confirmSeconds",
  ),
  histogram(
    "lateness",
    "s",
    "How late the ticks came that the source measures at",
    "latenessSeconds",
  ),
  counter(
    "deadlines.missed",
    "{deadline}",
    "Ticks that were skipped because what was done at one took too long",
    (stats) => stats.missedDeadlines,
  ),
];
