/**
 * The arguments of a queue's declaration.
 *
 * @module
 */

import type { Table } from "./field_reader.ts";
import { ReplyError } from "./reply_error.ts";

/** The limits that a queue's arguments set. Absent is unlimited. */
export interface QueueLimits {
  /** `x-expires`: how long the queue may be unused before it is deleted. */
  readonly expiresMs: number | undefined;
  /** `x-message-ttl`: how long a message may wait before it is dropped. */
  readonly messageTtlMs: number | undefined;
  /** `x-max-length`: how many messages may wait; the oldest are dropped. */
  readonly maxLength: number | undefined;
}

/** Arguments that may be given with the one value that describes what this broker does anyway. */
const FIXED: Readonly<Record<string, readonly unknown[]>> = {
  "x-queue-type": ["classic"],
  "x-queue-mode": ["default", "lazy"],
  "x-overflow": ["drop-head"],
  "x-single-active-consumer": [false],
};

/**
 * Reads the arguments of a declaration.
 *
 * @throws {ReplyError} If a value is invalid (406), or an argument asks for what this broker does not
 * do (540).
 */
export function queueLimits(queue: string, virtualHost: string, table: Table): QueueLimits {
  const what = `queue '${queue}' in vhost '${virtualHost}'`;
  for (const [name, value] of Object.entries(table)) {
    if (!name.startsWith("x-") || NUMERIC.has(name) || FIXED[name]?.includes(value)) continue;
    throw new ReplyError(540, `argument '${name}' of ${what} is not supported`);
  }
  return {
    expiresMs: number(what, table, "x-expires", 1),
    messageTtlMs: number(what, table, "x-message-ttl", 0),
    maxLength: number(what, table, "x-max-length", 0),
  };
}

const NUMERIC: ReadonlySet<string> = new Set(["x-expires", "x-message-ttl", "x-max-length"]);

function number(what: string, table: Table, name: string, least: number): number | undefined {
  const value = table[name];
  if (value === undefined) return undefined;
  if (typeof value === "number" && Number.isInteger(value) && value >= least) return value;
  throw new ReplyError(
    406,
    `invalid arg '${name}' for ${what}: ${JSON.stringify(value)} is given, ` +
      `an integer of at least ${least} is required`,
  );
}
