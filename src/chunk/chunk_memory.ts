/**
 * Where the bytes of chunks lie.
 *
 * Chunks are cut from blocks: memory of its own costs a chunk of one point 0.5 µs and one of 1000
 * points 6 µs, each time more than all the rest of encoding.
 *
 * @module
 */

/** How many bytes a block has. A chunk that has more has memory of its own. */
export const BLOCK_BYTES: number = 2 ** 18;

// So much is in flight and waits at full speed; what an outage has taken is not kept.
const MAX_SPARE_BLOCKS = 32;
const OWN_MEMORY = -1;

/** Memory that chunks are cut from. It is used again when all of them have been released. */
export class Block {
  readonly buffer: ArrayBuffer = new ArrayBuffer(BLOCK_BYTES);
  /** All of it. */
  readonly bytes: Uint8Array<ArrayBuffer> = new Uint8Array(this.buffer);
  readonly view: DataView<ArrayBuffer> = new DataView(this.buffer);
  readonly #memory: ChunkMemory;
  /** How many chunks are not released: one that never is leaves the block to the garbage collector. */
  chunks = 0;

  constructor(memory: ChunkMemory) {
    this.#memory = memory;
  }

  /** A chunk of it is not needed any more. */
  release(): void {
    if (--this.chunks === 0) this.#memory.reuse(this);
  }
}

/** The block that chunks are cut from now, and those that can be used again. */
export class ChunkMemory {
  readonly #spare: Block[] = [];
  #block: Block = new Block(this);
  // What is needed for each chunk, as close at hand as can be.
  /** The block's memory, as bytes. */
  bytes: Uint8Array<ArrayBuffer> = this.#block.bytes;
  /** The block's memory, as what it is written with. */
  view: DataView<ArrayBuffer> = this.#block.view;
  #buffer: ArrayBuffer = this.#block.buffer;
  #usedBytes = 0;
  // Where the last chunk begins: to keep the chunk itself would cost more than to cut it.
  #lastStart = OWN_MEMORY;

  /** Makes room for this many bytes, a block's at most, and returns where they begin. */
  reserve(bytes: number): number {
    if (this.#usedBytes + bytes > BLOCK_BYTES) this.#renewBlock();
    return this.#usedBytes;
  }

  /** Cuts a chunk, from where `reserve` has said to the place behind it. */
  cut(start: number, end: number): Uint8Array<ArrayBuffer> {
    this.#usedBytes = end;
    this.#block.chunks++;
    this.#lastStart = start;
    return new Uint8Array(this.#buffer, start, end - start);
  }

  /** Memory of its own for a chunk that is larger than a block. */
  make(bytes: number): Uint8Array<ArrayBuffer> {
    this.#lastStart = OWN_MEMORY;
    return new Uint8Array(bytes);
  }

  /** What the last chunk was cut from, to be released once; nothing if it has memory of its own. */
  of(chunk: Uint8Array): Block | undefined {
    return chunk.byteOffset === this.#lastStart ? this.#block : undefined;
  }

  /** All chunks of a block are released. */
  reuse(block: Block): void {
    if (block !== this.#block && this.#spare.length < MAX_SPARE_BLOCKS) this.#spare.push(block);
  }

  #renewBlock(): void {
    this.#usedBytes = 0;
    if (this.#block.chunks === 0) return;
    this.#block = this.#spare.pop() ?? new Block(this);
    this.#buffer = this.#block.buffer;
    this.bytes = this.#block.bytes;
    this.view = this.#block.view;
  }
}

/** The memory of all chunks of a process. */
export const chunkMemory: ChunkMemory = new ChunkMemory();

/**
 * The memory of a chunk that has just been encoded, to be released once, when nobody reads the chunk
 * any more; nothing if the chunk has memory of its own.
 */
export function memoryOf(chunk: Uint8Array): Block | undefined {
  return chunkMemory.of(chunk);
}
