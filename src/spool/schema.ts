/**
 * What a spool's file is made of, and how it is told apart from others.
 *
 * Everything stands in it twice, on different pages: a chunk in `chunk`, and what there should be in
 * `manifest`. A changed byte hits one of both, so what is missing is known.
 *
 * @module
 */

import { crc32 } from "node:zlib";

/** "MQSP", where SQLite has a place for it. */
export const APPLICATION_ID = 0x4D515350;
/** The version of the tables. */
export const SCHEMA_VERSION = 2;
/** What stands in the place of the version while a process has the file open, or if it was killed. */
export const OPEN_VERSION = 0x1_0002;
/** The version without checksums, which is read and made into one with them. */
export const UNCHECKED_VERSION = 1;
/** SQLite's default, given so that it is known where the file itself cannot tell any more. */
export const PAGE_BYTES = 4096;

/**
 * What makes the tables, word by word as it stands in a file afterwards. `damaged` has what was found
 * not to be as it was written: it is counted as lost, and kept to be looked at.
 */
export const TABLES: readonly string[] = [
  "CREATE TABLE owner (token TEXT NOT NULL, checksum INTEGER NOT NULL) STRICT",
  "CREATE TABLE chunk (sequence INTEGER PRIMARY KEY, metric TEXT NOT NULL, " +
  "points INTEGER NOT NULL, checksum INTEGER NOT NULL, body BLOB NOT NULL) STRICT",
  "CREATE TABLE manifest (sequence INTEGER PRIMARY KEY, metric TEXT NOT NULL, " +
  "points INTEGER NOT NULL, checksum INTEGER NOT NULL) STRICT",
  "CREATE TABLE damaged (sequence INTEGER PRIMARY KEY, metric TEXT NOT NULL, " +
  "points INTEGER NOT NULL, found TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP, body BLOB) STRICT",
];

/** Makes an empty spool of an empty database. */
export const CREATE = `
  ${TABLES.join(";\n  ")};
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

/** What the manifest says of a chunk. */
export interface ManifestEntry {
  readonly sequence: number;
  readonly metric: string;
  readonly points: number;
}

/** The checksum of an entry in the manifest. It also tells whose it is. */
export function entryChecksum(token: string, { sequence, metric, points }: ManifestEntry): number {
  return crc32(`${token} ${sequence} ${points} ${metric}`);
}

/** The checksum of a chunk: that of its entry, continued over its bytes. */
export function chunkChecksum(entrySum: number, body: Uint8Array): number {
  return crc32(body, entrySum);
}

/** The checksum of what the file says of its owner. */
export function ownerChecksum(token: string): number {
  return crc32(`${SCHEMA_VERSION} ${token}`);
}
