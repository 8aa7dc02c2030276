/**
 * How a program ends: the status that it exits with.
 *
 * @module
 */

import { constants } from "node:os";
import { ReceivedSignal } from "../errors.ts";
import { UsageError } from "./usage_error.ts";

/** The status of a program that has done its work, or was stopped by SIGINT. */
export const EXIT_SUCCESS = 0;
/** The status of a program that something went wrong for. */
export const EXIT_FAILURE = 1;
/** The status of a program that was used wrongly. */
export const EXIT_USAGE = 2;

/** The exit status that tells a caller about an error. */
export function exitStatus(error: unknown): number {
  if (error instanceof UsageError) return EXIT_USAGE;
  if (error instanceof ReceivedSignal) return 128 + signalNumber(error.signal);
  return EXIT_FAILURE;
}

function signalNumber(signal: string): number {
  const numbers: Partial<Record<string, number>> = constants.signals;
  return numbers[signal] ?? 0;
}
