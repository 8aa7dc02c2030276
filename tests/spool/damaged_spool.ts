/**
 * Spools whose bytes have changed on the disk.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Spool } from "../../src/outbox/spool.ts";
import type { StoredChunk } from "../../src/outbox/spool_storage.ts";

/** The owner of these spools. */
export const TOKEN = "source-test";

/** The bytes of a spool: of its file, and of the write-ahead log beside it if there is one. */
export interface SpoolBytes {
  readonly file: Uint8Array;
  readonly log: Uint8Array;
}

/** What opening and reading a spool gave. */
export interface Reading {
  readonly chunks: readonly StoredChunk[];
  /** What `measure` said of losses. */
  readonly lostChunks: number;
  readonly lostPoints: number;
}

/** Chunks of several metrics, some of which are larger than a page. */
export function someChunks(count: number): StoredChunk[] {
  return Array.from({ length: count }, (_, sequence) => ({
    sequence,
    metric: `test.spool.m${sequence % 7}`,
    points: 1 + sequence % 10,
    body: crypto.getRandomValues(new Uint8Array(100 + sequence % 50 * 8 * (sequence % 20 || 40))),
  }));
}

/** A spool that holds chunks, as it is when it was closed, and as it is when its process is killed. */
export async function spoolBytes(
  path: string,
  chunks: readonly StoredChunk[],
): Promise<Record<"closed" | "killed", SpoolBytes>> {
  const spool = await Spool.open(path, TOKEN);
  const perTransaction = 5;
  // Sent long ago: nothing of these may come back.
  const sent = someChunks(40).map((chunk) => ({ ...chunk, sequence: chunk.sequence + 1000 }));
  spool.write(sent, []);
  for (let from = 0; from < chunks.length; from += perTransaction) {
    spool.write(
      chunks.slice(from, from + perTransaction),
      sent.splice(0, perTransaction).map(({ sequence }) => sequence),
    );
  }
  spool.write([], sent.map(({ sequence }) => sequence));
  // Copies: what is opened and closed while SQLite holds its lock takes that away.
  const killed = { file: await Deno.readFile(path), log: await Deno.readFile(`${path}-wal`) };
  spool.close();
  return { killed, closed: { file: await Deno.readFile(path), log: new Uint8Array(0) } };
}

/** Writes a spool's files. */
export async function writeSpool(path: string, { file, log }: SpoolBytes): Promise<void> {
  await Deno.writeFile(path, file);
  if (log.length > 0) await Deno.writeFile(`${path}-wal`, log);
}

/** Opens a spool, and reads all that is in it. */
export async function readSpool(path: string): Promise<Reading> {
  const spool = await Spool.open(path, TOKEN);
  const { lost = [] } = spool.measure();
  const chunks: StoredChunk[] = [];
  for (let part = spool.read(0, 1e6); part.length > 0;) {
    for (const chunk of part) chunks.push(chunk);
    part = spool.read((part.at(-1)?.sequence ?? 0) + 1, 1e6);
  }
  assert.deepEqual(spool.takeDamaged(), [], "what is damaged was found when it was opened");
  spool.close();
  return {
    chunks,
    lostChunks: lost.reduce((sum, { chunks }) => sum + chunks, 0),
    lostPoints: lost.reduce((sum, { points }) => sum + points, 0),
  };
}

/** A copy in which one byte is another: one of an even spread over all, and another at each call. */
export function changeByte(bytes: Uint8Array, part: number): Uint8Array {
  const changed = bytes.slice();
  const at = Math.min(bytes.length - 1, Math.floor((part + Math.random() / 100) * bytes.length));
  changed[at] = (changed[at] ?? 0) ^ (1 + Math.floor(Math.random() * 255));
  return changed;
}

/**
 * A copy in which a chunk is another, wherever it stands: SQLite leaves what it has moved where it was,
 * and a change there means nothing.
 */
export function changeChunk(bytes: Uint8Array, { body }: StoredChunk): Uint8Array<ArrayBuffer> {
  const changed = new Uint8Array(bytes);
  const text = new TextDecoder("latin1").decode(bytes);
  const part = new TextDecoder("latin1").decode(body.subarray(0, 20));
  let at = text.indexOf(part);
  assert.notEqual(at, -1);
  for (; at !== -1; at = text.indexOf(part, at + 1)) changed[at] = (changed[at] ?? 0) ^ 1;
  return changed;
}

/** Where the first bytes of these are. */
export function indexOf(bytes: Uint8Array, part: Uint8Array): number {
  const at = new TextDecoder("latin1").decode(bytes)
    .indexOf(new TextDecoder("latin1").decode(part));
  assert.notEqual(at, -1);
  return at;
}
