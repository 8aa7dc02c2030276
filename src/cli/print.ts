/**
 * Writing to the terminal, for the command line only: the rest of this package logs.
 *
 * @module
 */

import { redactUrl } from "../redact_url.ts";

/** What stands at the end of the terminal and is drawn again and again, such as a live view. */
export interface Screen {
  /** Takes it away: the cursor is where it began. */
  clear(): void;
  /** Draws it below what has been written meanwhile. */
  draw(): void;
}

// There is one terminal in a process.
let screen: Screen | undefined;

/** Lets lines of the log stand above a screen, until the result is disposed of. */
export function occupyTerminal(occupant: Screen): Disposable {
  screen = occupant;
  return {
    [Symbol.dispose]() {
      if (screen === occupant) screen = undefined;
    },
  };
}

/** What occupies the terminal now. */
export function screenOfTerminal(): Screen | undefined {
  return screen;
}

/** Writes a text to the standard output as it is. Returns whether it has a reader still. */
export function printText(text: string): boolean {
  return write(Deno.stdout, text);
}

/** Writes a text and a line break to the standard output. */
export function printLine(text: string): void {
  printText(`${text}\n`);
}

/** Writes a text and a line break to the standard error, passwords of URLs replaced by asterisks. */
export function printError(text: string): void {
  printCleanError(redactUrl(text));
}

/** Writes a text, which holds no password, and a line break to the standard error. */
export function printCleanError(text: string): void {
  // What goes into a file does not touch the terminal.
  const covered = Deno.stderr.isTerminal() ? screen : undefined;
  covered?.clear();
  write(Deno.stderr, `${text}\n`);
  covered?.draw();
}

function write(stream: { writeSync(bytes: Uint8Array): number }, text: string): boolean {
  let bytes = new TextEncoder().encode(text);
  try {
    while (bytes.length > 0) bytes = bytes.subarray(stream.writeSync(bytes));
    return true;
  } catch {
    // The reader has gone away (`… | head`). A source still measures, and there is nowhere left to say
    // so.
    return false;
  }
}
