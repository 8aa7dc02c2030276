/**
 * Text cut into lines, as programs print them.
 *
 * @module
 */

import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import type { ReadableStream as NodeStream } from "node:stream/web";

/** The lines of UTF-8 text, without their line ends. Leaving the loop early cancels the stream. */
export async function* linesOf(bytes: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  // The cast: a package brings types of Node along, to which its streams are others than the web's.
  const input = Readable.fromWeb(bytes as NodeStream<Uint8Array>);
  try {
    yield* createInterface({ input, crlfDelay: Infinity });
  } finally {
    input.destroy();
  }
}
