/**
 * What can be done with a spool that no source is using.
 *
 * @module
 */

import { decodeChunk } from "../chunk/decode_chunk.ts";
import { printLine, printText } from "../cli/print.ts";
import { errorText } from "../error_text.ts";
import { MessageError, SpoolFailed } from "../errors.ts";
import { logger } from "../log.ts";
import { counted } from "../quote.ts";
import { Source } from "../source/source.ts";
import { type ChunkInSpool, type MetricInSpool, SpoolCopy } from "../spool/copy.ts";
import { remarkText } from "../spool/open_database.ts";
import { Timestamp } from "../time/timestamp.ts";
import { VERSION } from "../version.ts";

const log = logger("spool");

/** The formats of an export; the first is the default. */
export const EXPORT_FORMATS = ["csv", "jsonl"] as const;

// Written at once: a write for each point would take longer than all the rest.
const BUFFER_CHARACTERS = 2 ** 16;

/** Prints what is in a spool. */
export async function listSpool(path: string, token?: string): Promise<void> {
  await using copy = await openCopy(path, token);
  const metrics = copy.metrics();
  printLine(`${path} belongs to ${copy.owner} and has ${summary(metrics)}`);
  const times = timesOf(copy.chunks());
  for (const { metric, chunks, points } of metrics) {
    const [first, last] = times.get(metric) ?? [];
    const between = first === undefined || last === undefined
      ? ""
      : `, ${Timestamp.fromPosixNs(first)} to ${Timestamp.fromPosixNs(last)}`;
    printLine(`  ${metric}: ${counted(points, "point")} in ${counted(chunks, "chunk")}${between}`);
  }
  printDamaged(path, copy);
}

/**
 * Prints whether a spool is as it was written.
 *
 * @throws {SpoolFailed} If it is not.
 */
export async function checkSpool(path: string, token?: string): Promise<void> {
  await using copy = await openCopy(path, token);
  printLine(`${path} belongs to ${copy.owner} and has ${summary(copy.metrics())}`);
  printDamaged(path, copy);
  const { salvaged } = copy;
  if (salvaged === undefined) return;
  const more = salvaged.isUncertain ? ", or more: the list of them is damaged, too" : "";
  const nothing = salvaged.isUncertain ? "nothing that it names" : "nothing";
  const lost = salvaged.lost.length === 0 ? nothing : summary(salvaged.lost);
  throw new SpoolFailed(path, `it is damaged; lost is ${lost}${more}. The rest can be sent`);
}

/** Prints the points that are in a spool. */
export async function exportSpool(
  path: string,
  token: string | undefined,
  { format, damaged }: {
    readonly format: typeof EXPORT_FORMATS[number];
    readonly damaged: boolean;
  },
): Promise<void> {
  await using copy = await openCopy(path, token);
  let text = format === "csv" ? "metric,time,value\n" : "";
  for (const chunk of damaged ? copy.damagedChunks() : copy.chunks()) {
    for (const [timeNs, value] of pointsOf(chunk)) {
      const time = Timestamp.fromPosixNs(timeNs).toString();
      text += format === "csv"
        ? `${csvField(chunk.metric)},${time},${Number.isNaN(value) ? "" : value}\n`
        : `${JSON.stringify({ metric: chunk.metric, time, value })}\n`;
    }
    if (text.length < BUFFER_CHARACTERS) continue;
    printText(text);
    text = "";
  }
  printText(text);
}

/** Sends what is whole in a spool, as the source that it belongs to. */
export async function sendSpool(
  path: string,
  token: string | undefined,
  url: string,
): Promise<void> {
  const owner = await ownerOf(path, token);
  const sender = new SpoolSender({ token: owner, url, spool: path, clientVersion: VERSION });
  await sender.run();
  const { pointsConfirmed, pointsDropped } = sender.stats;
  printLine(`Sent ${counted(pointsConfirmed, "point")} of ${owner}`);
  if (pointsDropped > 0) printLine(`Lost ${counted(pointsDropped, "point")}: see the log`);
}

/** Sends what an earlier run has left, and nothing else. */
class SpoolSender extends Source {
  protected override async task(): Promise<void> {
    await this.flush();
    void this.stop();
  }
}

async function ownerOf(path: string, token?: string): Promise<string> {
  await using copy = await openCopy(path, token);
  return copy.owner;
}

async function openCopy(path: string, token?: string): Promise<SpoolCopy> {
  const folder = await Deno.makeTempDir({ prefix: "metricq-spool-" });
  return await SpoolCopy.open(path, folder, token);
}

function summary(metrics: readonly MetricInSpool[]): string {
  const points = metrics.reduce((sum, one) => sum + one.points, 0);
  const chunks = metrics.reduce((sum, one) => sum + one.chunks, 0);
  return `${counted(points, "point")} of ${counted(metrics.length, "metric")} in ${
    counted(chunks, "chunk")
  }`;
}

function printDamaged(path: string, copy: SpoolCopy): void {
  for (const remark of copy.remarks) printLine(remarkText(path, remark));
  const damaged = copy.damagedMetrics();
  if (damaged.length === 0) return;
  printLine(`Set aside as damaged: ${summary(damaged)}`);
  for (const { metric, points } of damaged) printLine(`  ${metric}: ${counted(points, "point")}`);
}

function timesOf(chunks: Iterable<ChunkInSpool>): Map<string, [first: bigint, last: bigint]> {
  const times = new Map<string, [bigint, bigint]>();
  for (const chunk of chunks) {
    for (const [timeNs] of pointsOf(chunk)) {
      const span = times.get(chunk.metric);
      if (span === undefined) times.set(chunk.metric, [timeNs, timeNs]);
      else if (timeNs > span[1]) span[1] = timeNs;
      else if (timeNs < span[0]) span[0] = timeNs;
    }
  }
  return times;
}

function pointsOf({ metric, points, body }: ChunkInSpool): [timeNs: bigint, value: number][] {
  try {
    const { timesNs, values } = decodeChunk(body ?? new Uint8Array(0));
    // The cast: both lists are of the same length.
    return Array.from(timesNs, (timeNs, at) => [timeNs, values[at] as number]);
  } catch (error) {
    if (!(error instanceof MessageError)) throw error;
    log.warn("{what} of {metric} cannot be read: {error}", {
      what: counted(points, "point"),
      metric,
      error: errorText(error),
    });
    return [];
  }
}

function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
