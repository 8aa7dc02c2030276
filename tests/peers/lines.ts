/**
 * Text cut into lines, as programs print them.
 *
 * @module
 */

import { createInterface } from "node:readline";
import { Readable } from "node:stream";

/** The lines of UTF-8 text, without their line ends. Leaving the loop early cancels the stream. */
export async function* linesOf(bytes: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const input = Readable.fromWeb(bytes);
  try {
    yield* createInterface({ input, crlfDelay: Infinity });
  } finally {
    input.destroy();
  }
}
