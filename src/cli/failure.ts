/**
 * How a program ends: the status that it exits with.
 *
 * @module
 */

import { constants } from "node:os";
import { ReceivedSignal } from "../errors.ts";
import { UsageError } from "./usage_error.ts";

/** The status after success, and after SIGINT. */
export const EXIT_SUCCESS = 0;
/** The status after an error. */
export const EXIT_FAILURE = 1;
/** The status after wrong use. */
export const EXIT_USAGE = 2;
/** The status after a `--check` of a source without a configuration: `EX_CONFIG` of sysexits.h. */
export const EXIT_UNCONFIGURED = 78;

/** The exit status for an error. */
export function exitStatus(error: unknown): number {
  if (error instanceof UsageError) return EXIT_USAGE;
  if (error instanceof ReceivedSignal) return 128 + signalNumber(error.signal);
  return EXIT_FAILURE;
}

function signalNumber(signal: string): number {
  const numbers: Partial<Record<string, number>> = constants.signals;
  return numbers[signal] ?? 0;
}
