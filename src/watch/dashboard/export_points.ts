/**
 * The points of charts as files: each one that is kept, with its exact time.
 *
 * @module
 */

import { Timestamp } from "../../time/timestamp.ts";
import type { NetworkView } from "../view/network_view.ts";
import { csvField, csvNumber, jsonNumber } from "../view/record_text.ts";

/** A page draws no more lines. */
const MAX_METRICS = 1000;
/** How many points are made text at once: others want to be served meanwhile. */
const POINTS_PER_PART = 2000;

interface Export {
  readonly metrics: readonly string[];
  readonly startMs: number;
  readonly endMs: number;
}

/** Answers `/export?metric=…&from=MS&to=MS&format=csv|json`; metrics as often as there are any. */
export function answerExport(url: URL, view: NetworkView): Response {
  const query = url.searchParams;
  const metrics = query.getAll("metric");
  const [startMs, endMs] = [readMs(query.get("from")), readMs(query.get("to"))];
  const format = query.get("format");
  if (metrics.length === 0 || metrics.length > MAX_METRICS) {
    return refuse(`${metrics.length} metrics are given, 1 to ${MAX_METRICS} are required`);
  }
  if (Number.isNaN(startMs) || Number.isNaN(endMs)) {
    return refuse("from and to are required, in ms since 1970");
  }
  if (format !== "csv" && format !== "json") {
    return refuse("a format is required, csv or json");
  }
  const parts = format === "csv"
    ? csvParts({ metrics, startMs, endMs }, view)
    : jsonParts({ metrics, startMs, endMs }, view);
  return new Response(ReadableStream.from(encoded(parts)), {
    headers: {
      "content-type": format === "csv" ? "text/csv; charset=utf-8" : "application/json",
      "content-disposition": `attachment; filename="points.${format}"`,
    },
  });
}

function* csvParts({ metrics, startMs, endMs }: Export, view: NetworkView): Generator<string> {
  yield "metric,time,value\n";
  for (const metric of metrics) {
    const name = csvField(metric);
    yield* pointParts(
      view,
      { metric, startMs, endMs },
      (time, value) => `${name},${time},${csvNumber(value)}\n`,
    );
  }
}

function* jsonParts({ metrics, startMs, endMs }: Export, view: NetworkView): Generator<string> {
  yield "[";
  let separator = "\n";
  for (const metric of metrics) {
    const name = JSON.stringify(metric);
    yield* pointParts(view, { metric, startMs, endMs }, (time, value) => {
      const text = `${separator}{"metric":${name},"time":"${time}","value":${jsonNumber(value)}}`;
      separator = ",\n";
      return text;
    });
  }
  yield "\n]\n";
}

function* pointParts(
  view: NetworkView,
  { metric, startMs, endMs }: { metric: string; startMs: number; endMs: number },
  line: (time: Timestamp, value: number) => string,
): Generator<string> {
  const { timesNs, values } = view.exactPoints(metric, startMs, endMs);
  let part = "";
  for (let index = 0; index < timesNs.length; index++) {
    part += line(Timestamp.fromPosixNs(timesNs[index] ?? 0n), values[index] ?? NaN);
    if (index % POINTS_PER_PART === POINTS_PER_PART - 1) {
      yield part;
      part = "";
    }
  }
  yield part;
}

async function* encoded(parts: Iterable<string>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for (const part of parts) if (part !== "") yield encoder.encode(part);
}

function readMs(text: string | null): number {
  return text === null || text === "" ? NaN : Number(text);
}

function refuse(reason: string): Response {
  return new Response(`Cannot export points: ${reason}`, { status: 400 });
}
