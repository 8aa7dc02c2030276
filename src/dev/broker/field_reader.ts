/**
 * Reads the fields of AMQP 0-9-1, with distrust: nothing is read beyond the end, and names are UTF-8.
 * The AMQP client's own view replaces what is not, and believes the lengths within a table.
 *
 * @module
 */

/** The arguments of a declaration or a binding, or the headers of a message. */
export type Table = Readonly<Record<string, unknown>>;

/** Tables and arrays may be nested this deeply: a recursion without a limit would be the client's. */
const MAX_DEPTH = 64;

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Decodes a name, such as one of a queue.
 *
 * @throws {TypeError} If it is not UTF-8.
 */
export function decodeName(bytes: Uint8Array): string {
  return strict.decode(bytes);
}

/** Reads one field after the other. Every method throws a `RangeError` where a field is cut off. */
export class FieldReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at: number;
  #end: number;
  #depth = 0;

  /** Begins at `start`, and reads nothing from `end` on. */
  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = start;
    this.#end = end;
  }

  /** Where the next field begins. */
  get at(): number {
    return this.#at;
  }

  /** One byte. */
  octet(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  /** A number of two bytes. */
  short(): number {
    return this.#view.getUint16(this.#advance(2));
  }

  /** A number of four bytes. */
  long(): number {
    return this.#view.getUint32(this.#advance(4));
  }

  /** A number of eight bytes; beyond 2^53 its last digits are not exact. */
  longlong(): number {
    return Number(this.#view.getBigUint64(this.#advance(8)));
  }

  /**
   * A text of at most 255 bytes.
   *
   * @throws {TypeError} If it is not UTF-8.
   */
  shortString(): string {
    return decodeName(this.#block(this.octet()));
  }

  /** Passes over a text of at most 255 bytes. */
  skipShortString(): void {
    this.#advance(this.octet());
  }

  /** A long text; what is not UTF-8 in it is replaced. */
  longString(): string {
    return lenient.decode(this.#block(this.long()));
  }

  /** Flags packed into one octet, the first in the lowest bit. */
  flags<Name extends string>(...names: Name[]): Record<Name, boolean> {
    const octet = this.octet();
    return Object.fromEntries(
      names.map((name, index) => [name, (octet >> index & 1) === 1]),
    ) as Record<Name, boolean>; // Object.fromEntries forgets the keys' names
  }

  /** A table. */
  table(): Table {
    return Object.fromEntries(this.#nested(() => [this.shortString(), this.#value()] as const));
  }

  #value(): unknown {
    const type = String.fromCharCode(this.octet());
    switch (type) {
      case "t":
        return this.octet() !== 0;
      case "b":
        return this.#view.getInt8(this.#advance(1));
      case "B":
        return this.octet();
      case "s":
        return this.#view.getInt16(this.#advance(2));
      case "u":
        return this.short();
      case "I":
        return this.#view.getInt32(this.#advance(4));
      case "i":
        return this.long();
      case "l":
        return Number(this.#view.getBigInt64(this.#advance(8)));
      case "f":
        return this.#view.getFloat32(this.#advance(4));
      case "d":
        return this.#view.getFloat64(this.#advance(8));
      case "D":
        return this.#decimal();
      case "S":
        return this.longString();
      case "x":
        return this.#block(this.long()).slice();
      case "A":
        return this.#nested(() => this.#value());
      case "T":
        return new Date(this.longlong() * 1000);
      case "F":
        return this.table();
      case "V":
        return null;
    }
    throw new RangeError(`a field has the unknown type "${type}"`);
  }

  #decimal(): number {
    const scale = this.octet();
    return this.#view.getInt32(this.#advance(4)) / 10 ** scale;
  }

  /** Reads items to the end of the length that comes first. */
  #nested<Item>(readItem: () => Item): Item[] {
    const size = this.long();
    const outerEnd = this.#end;
    if (size > outerEnd - this.#at) throw cutOff();
    if (++this.#depth > MAX_DEPTH) throw new RangeError(`nested more than ${MAX_DEPTH} deep`);
    this.#end = this.#at + size;
    const items: Item[] = [];
    while (this.#at < this.#end) items.push(readItem());
    this.#end = outerEnd;
    this.#depth--;
    return items;
  }

  #block(size: number): Uint8Array {
    const start = this.#advance(size);
    return this.#bytes.subarray(start, start + size);
  }

  #advance(size: number): number {
    const start = this.#at;
    if (size > this.#end - start) throw cutOff();
    this.#at = start + size;
    return start;
  }
}

function cutOff(): RangeError {
  return new RangeError("it is cut off");
}
