/**
 * Options of the delivery of points.
 *
 * @module
 */

import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { OptionNames } from "../option_names.ts";
import { openSpoolFile } from "./open_spool.ts";
import type { OpenSpool } from "./spool_storage.ts";

/**
 * What happens when the outbox is full:
 *
 * - `"drop-oldest"`: the oldest chunks are dropped; `send` goes on.
 * - `"wait"`: the point is accepted, and `send` resolves when there is room again. When the
 *   outbox holds twice as much as allowed, points are refused as with `"fail"`: callers do not await
 *   `send`, or chunks are too large for `outboxMaxBytes`.
 * - `"fail"`: `send` rejects with {@linkcode PublishFailed} a point that would complete a chunk. That
 *   point is not accepted; those before it stay, and are sent when there is room.
 */
export type OnFull = "drop-oldest" | "wait" | "fail";

/**
 * How sure the delivery is:
 *
 * - `"confirmed"`: a chunk is kept until the broker has confirmed it, and sent again if the
 *   connection goes before that: nothing is lost, and a chunk whose confirm was lost is repeated.
 * - `"at-most-once"`: a chunk is forgotten when it has been handed to the connection: nothing is
 *   repeated, and what is on its way when the connection goes is lost without a trace, or arrives behind
 *   later points.
 *
 * A broker's restart is survived by what is in durable queues and persistent: see `persistent`.
 */
export type Delivery = "confirmed" | "at-most-once";

/**
 * Why points were lost:
 *
 * - `"full"`: the outbox (or spool) was full, and they were the oldest.
 * - `"refused"`: the broker refuses them for what they are (a chunk that is too large, a metric that this
 *   user may not send), or has refused them and has confirmed later points of the same metric.
 * - `"stopped"`: the source was stopped before the broker had confirmed them.
 * - `"damaged"`: they were in the spool, and are not there any more as they were written. What is left
 *   of them is kept in the file.
 */
export type LossReason = "full" | "refused" | "stopped" | "damaged";

/** Points that were dropped. */
export interface PointsLost {
  /** Their metric. */
  readonly metric: string;
  /** How many. */
  readonly points: number;
  /**
   * Why; `"out-of-order"`: their times were not later than those before, and `onTime` is `"drop"`.
   */
  readonly reason: LossReason | "out-of-order";
  /** The broker's words, if it refuses them for what they are. */
  readonly words?: string;
}

/**
 * How points are delivered.
 *
 * @example
 * ```ts
 * import { Source } from "@metricq/source";
 *
 * class Careful extends Source {
 *   task(): void {}
 * }
 *
 * const source = new Careful({
 *   token: "source-careful",
 *   url: "amqp://localhost/",
 *   onFull: "wait",
 *   outboxMaxBytes: 2 ** 24,
 *   onPointsLost: ({ metric, points }) => console.error(`${points} points of ${metric} are lost`),
 * });
 * ```
 */
export interface DeliveryOptions {
  /**
   * How many bytes of chunks are kept in memory at most, confirmed ones not counted; 64 MiB by
   * default.
   * @default {67108864}
   */
  readonly outboxMaxBytes?: number | undefined;
  /**
   * What happens when the outbox is full.
   * @default {"drop-oldest"}
   */
  readonly onFull?: OnFull | undefined;
  /**
   * How sure the delivery is.
   * @default {"confirmed"}
   */
  readonly delivery?: Delivery | undefined;
  /**
   * Whether messages are persistent: a durable queue then keeps them when the broker restarts, at about
   * half of the speed. Queues that are not durable lose them either way, and cost the same.
   *
   * `"confirmed"` without it promises less: the broker has taken the points, and a restart before they
   * are read loses them.
   * @default {true with "confirmed", false with "at-most-once"}
   */
  readonly persistent?: boolean | undefined;
  /**
   * A file that chunks are kept in until they are confirmed, made if it does not exist: what `send`
   * has accepted then survives the end of the process, and is sent when a source with the same token
   * is started with it again.
   * @default {none: what is unsent at the end is lost}
   */
  readonly spool?: string | URL | undefined;
  /**
   * Opens the spool, in place of its file; for tests that repeat a run.
   * @default {an SQLite file}
   * @experimental
   */
  readonly openSpool?: OpenSpool | undefined;
  /**
   * How many bytes of chunks the spool keeps at most; 1 GiB by default.
   * @default {1073741824}
   */
  readonly spoolMaxBytes?: number | undefined;
  /**
   * Called when points are dropped, once per metric and reason for all that are dropped at one time.
   * What it throws is logged.
   */
  readonly onPointsLost?: ((loss: PointsLost) => void) | undefined;
}

/** The names of {@linkcode DeliveryOptions}. */
export const DELIVERY_OPTIONS: OptionNames<DeliveryOptions> = {
  outboxMaxBytes: true,
  onFull: true,
  delivery: true,
  persistent: "boolean",
  spool: true,
  openSpool: true,
  spoolMaxBytes: true,
  onPointsLost: true,
};

/** Delivery options with their defaults. */
export interface CheckedDeliveryOptions {
  readonly outboxMaxBytes: number;
  readonly onFull: OnFull;
  readonly delivery: Delivery;
  readonly persistent: boolean;
  readonly spool: string | undefined;
  readonly openSpool: OpenSpool;
  readonly spoolMaxBytes: number;
  readonly onPointsLost: ((loss: PointsLost) => void) | undefined;
}

/** How much an outbox holds in memory by default, in bytes. */
export const DEFAULT_OUTBOX_BYTES: number = 64 * 2 ** 20;
/** How much a spool holds by default, in bytes. */
export const DEFAULT_SPOOL_BYTES: number = 2 ** 30;

/** All of {@linkcode OnFull}. */
export const POLICIES = ["drop-oldest", "wait", "fail"] as const;
/** All of {@linkcode Delivery}. */
export const DELIVERIES = ["confirmed", "at-most-once"] as const;

/**
 * Fills in the defaults.
 *
 * @throws {TypeError | RangeError} If an option is not as required, or two do not go together.
 */
export function checkDeliveryOptions(options: DeliveryOptions): CheckedDeliveryOptions {
  const {
    outboxMaxBytes = DEFAULT_OUTBOX_BYTES,
    onFull = "drop-oldest",
    delivery = "confirmed",
    persistent = delivery === "confirmed",
    spool,
    openSpool = openSpoolFile,
    spoolMaxBytes = DEFAULT_SPOOL_BYTES,
    onPointsLost,
  } = options;
  checkBytes("outboxMaxBytes", outboxMaxBytes);
  checkBytes("spoolMaxBytes", spoolMaxBytes);
  checkChoice("onFull", onFull, POLICIES);
  checkChoice("delivery", delivery, DELIVERIES);
  if (typeof persistent !== "boolean") {
    throw refusal(TypeError, "persistent", persistent, "true or false");
  }
  if (onPointsLost !== undefined && typeof onPointsLost !== "function") {
    throw refusal(TypeError, "onPointsLost", onPointsLost, "a function");
  }
  if (spool !== undefined && delivery === "at-most-once") {
    throw new TypeError(
      'Cannot use spool: delivery "at-most-once" is given, "confirmed" is required, as a spool repeats what may not have arrived',
    );
  }
  return {
    outboxMaxBytes,
    onFull,
    delivery,
    persistent,
    spool: spool === undefined ? undefined : spoolPath(spool),
    openSpool,
    spoolMaxBytes,
    onPointsLost,
  };
}

function checkBytes(name: string, bytes: number): void {
  const required = "a positive integer";
  if (typeof bytes !== "number") throw refusal(TypeError, name, bytes, required);
  if (!Number.isSafeInteger(bytes) || bytes < 1) throw refusal(RangeError, name, bytes, required);
}

function checkChoice(name: string, choice: string, choices: readonly string[]): void {
  const required = choices.map((one) => `"${one}"`).join(" or ");
  if (typeof choice !== "string") throw refusal(TypeError, name, choice, required);
  if (!choices.includes(choice)) throw refusal(RangeError, name, choice, required);
}

// Absolute, as SQLite has special names for what is not a file, such as ":memory:".
function spoolPath(spool: string | URL): string {
  const required = "a path or a file URL";
  if (spool instanceof URL) {
    if (spool.protocol !== "file:") throw refusal(RangeError, "spool", spool.href, required);
    return fileURLToPath(spool);
  }
  if (typeof spool !== "string") throw refusal(TypeError, "spool", spool, required);
  if (spool === "") throw refusal(RangeError, "spool", spool, required);
  return resolve(spool);
}

function refusal(
  kind: typeof TypeError | typeof RangeError,
  name: string,
  given: unknown,
  required: string,
): Error {
  const shown = typeof given === "string" ? `"${given}"` : String(given);
  return new kind(`Cannot use ${name}: ${shown} is given, ${required} is required`);
}
