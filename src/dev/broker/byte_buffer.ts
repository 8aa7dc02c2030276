/**
 * Bytes that are written one after the other, into memory that grows and is used again.
 *
 * @module
 */

const SMALLEST_CAPACITY_BYTES = 16 * 1024;

/** A buffer that grows at its end. Numbers are big-endian. */
export class ByteBuffer {
  #bytes = new Uint8Array(SMALLEST_CAPACITY_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  /** How many bytes have been written. */
  get length(): number {
    return this.#length;
  }

  /** What has been written, valid until the next write. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Forgets what has been written; memory beyond `keepBytes` is given back. */
  clear(keepBytes: number): void {
    this.#length = 0;
    if (this.#bytes.length > keepBytes) this.#allocate(SMALLEST_CAPACITY_BYTES);
  }

  /** Makes room for more bytes: required before the writes that follow. */
  reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed > this.#bytes.length) this.#allocate(Math.max(needed, this.#bytes.length * 2));
  }

  /** Writes one byte. */
  uint8(value: number): void {
    this.#bytes[this.#length++] = value;
  }

  /** Writes two bytes. */
  uint16(value: number): void {
    this.#view.setUint16(this.#length, value);
    this.#length += 2;
  }

  /** Writes four bytes. */
  uint32(value: number): void {
    this.#view.setUint32(this.#length, value);
    this.#length += 4;
  }

  /** Writes eight bytes of a number up to 2^53. */
  uint64(value: number): void {
    this.uint32(Math.floor(value / 0x100000000));
    this.uint32(value % 0x100000000);
  }

  /** Writes bytes as they are. */
  append(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Writes the bytes of `source` from `start` to `end`. */
  appendRange(source: Uint8Array, start: number, end: number): void {
    copyBytes(source, start, end, this.#bytes, this.#length);
    this.#length += end - start;
  }

  #allocate(capacity: number): void {
    const grown = new Uint8Array(capacity);
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

/** Copies the bytes of `source` from `start` to `end` to an offset in `target`. */
export function copyBytes(
  source: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  offset: number,
): void {
  // Making a subarray and setting it costs more than copying a few bytes by hand.
  if (end - start > 64) return target.set(source.subarray(start, end), offset);
  for (let index = start; index < end; index++) target[offset++] = source[index] ?? 0;
}
