/**
 * Bytes on their way to a socket.
 *
 * @module
 */

const INITIAL_BYTES = 4096;
// What a single large message has needed is not kept.
const KEPT_MAX_BYTES = 2 ** 21;

/** Memory that is written to from the front, and grows when it has to. */
export class WriteBuffer {
  /** The memory. Only what is below `length` means anything. */
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(INITIAL_BYTES);
  /** How many bytes are written; the code that writes more adds them. */
  length = 0;

  /** Makes room for this many bytes behind those that are written. */
  reserve(bytes: number): void {
    const needed = this.length + bytes;
    if (needed <= this.bytes.byteLength) return;
    // Doubled, and not twice of what is needed: at full speed that would be just too large to be kept.
    const larger = new Uint8Array(Math.max(needed, 2 * this.bytes.byteLength));
    larger.set(this.written());
    this.bytes = larger;
  }

  /** What is written so far; not a copy. */
  written(): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(0, this.length);
  }

  /** Begins from the front. */
  clear(): void {
    this.length = 0;
    if (this.bytes.byteLength > KEPT_MAX_BYTES) this.bytes = new Uint8Array(INITIAL_BYTES);
  }
}
