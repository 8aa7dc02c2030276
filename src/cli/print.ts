/**
 * Writing to the terminal, for the command line only: the rest of this package logs.
 *
 * @module
 */

import { redactUrl } from "../redact_url.ts";

/** Writes a text to the standard output as it is. */
export function printText(text: string): void {
  write(Deno.stdout, text);
}

/** Writes a text and a line break to the standard output. */
export function printLine(text: string): void {
  printText(`${text}\n`);
}

/** Writes a text and a line break to the standard error, passwords of URLs replaced by asterisks. */
export function printError(text: string): void {
  write(Deno.stderr, `${redactUrl(text)}\n`);
}

/** Writes a text, which holds no password, and a line break to the standard error. */
export function printCleanError(text: string): void {
  write(Deno.stderr, `${text}\n`);
}

function write(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  let bytes = new TextEncoder().encode(text);
  try {
    while (bytes.length > 0) bytes = bytes.subarray(stream.writeSync(bytes));
  } catch {
    // The reader has gone away (`… | head`). The source still measures, and there is nowhere left
    // to say so.
  }
}
