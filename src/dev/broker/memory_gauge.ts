/**
 * How much memory the messages of a broker take, and whether publishers have to wait for it to fall.
 *
 * @module
 */

/** Publishers go on when the memory has fallen to this part of the limit, not one message below it. */
const RESUME_PART = 0.8;

/** Counts bytes against a limit. */
export class MemoryGauge {
  readonly #limitBytes: number;
  #bytes = 0;
  #relief: PromiseWithResolvers<void> | undefined;

  /** Makes a gauge with a limit, which what is already under way may pass. */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** The bytes in use. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether the limit was passed and the memory has not fallen enough since. */
  get exceeded(): boolean {
    return this.#relief !== undefined;
  }

  /** Counts more bytes, or fewer if `changeBytes` is negative. */
  add(changeBytes: number): void {
    this.#bytes += changeBytes;
    if (this.#bytes > this.#limitBytes) {
      this.#relief ??= Promise.withResolvers();
    } else if (this.#relief && this.#bytes <= this.#limitBytes * RESUME_PART) {
      this.#relief.resolve();
      this.#relief = undefined;
    }
  }

  /** Settles when publishers may go on; at once if the limit is not exceeded. */
  async relieved(): Promise<void> {
    await this.#relief?.promise;
  }
}
