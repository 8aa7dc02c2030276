/**
 * Points and metrics as lines for other programs: CSV, and JSON, an object a line. Both are exact: times
 * have nine digits behind the second, values as many as it takes to read the same number again.
 *
 * @module
 */

import type { JsonObject } from "../rpc/json.ts";
import type { SinkChunk, SinkPoint } from "../sink/sink_chunk.ts";
import { csvField, csvNumber, jsonNumber } from "./view/record_text.ts";

/** The formats. */
export const FORMATS = ["csv", "json"] as const;

/** One of {@linkcode FORMATS}. */
export type Format = typeof FORMATS[number];

/** How the records of a format are written. */
export interface Records {
  /** What comes before the first point. */
  readonly heading: string;
  /** The first points of a chunk, up to `count`. */
  points(chunk: SinkChunk, count: number): string;
  /** A metric with its metadata. */
  metric(name: string, metadata: JsonObject): string;
  /** What comes before the first metric. */
  readonly metricHeading: string;
}

const COLUMNS = ["source", "unit", "rate", "description"] as const;

/** Numbers as CSV's readers know them; "no reading" is `NaN`. */
const csv: Records = {
  heading: "metric,time,value\n",
  points(chunk, count) {
    const name = csvField(chunk.metric);
    return lines(chunk, count, ({ time, value }) => `${name},${time},${csvNumber(value)}\n`);
  },
  metricHeading: `metric,${COLUMNS.join(",")}\n`,
  metric(name, metadata) {
    const texts = COLUMNS.map((column) => metadata[column]).map((value) =>
      typeof value === "object" ? JSON.stringify(value) : String(value ?? "")
    );
    return `${[name, ...texts].map(csvField).join(",")}\n`;
  },
};

/** JSON has neither NaN nor infinity: "no reading" is `null`, and an infinity a text. */
const json: Records = {
  heading: "",
  points(chunk, count) {
    const name = JSON.stringify(chunk.metric);
    return lines(
      chunk,
      count,
      ({ time, value }) => `{"metric":${name},"time":"${time}","value":${jsonNumber(value)}}\n`,
    );
  },
  metricHeading: "",
  metric: (name, metadata) => `${JSON.stringify({ metric: name, metadata })}\n`,
};

/** How each format is written. */
export const RECORDS: Readonly<Record<Format, Records>> = { csv, json };

function lines(chunk: SinkChunk, count: number, line: (point: SinkPoint) => string): string {
  let text = "";
  for (const point of chunk) {
    if (count-- <= 0) break;
    text += line(point);
  }
  return text;
}
