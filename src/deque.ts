/**
 * A queue that both ends of can be added to, with every operation in constant time.
 *
 * @module
 */

const INITIAL_CAPACITY = 8;
const KEPT_CAPACITY = 2 ** 16;

/** A first-in-first-out queue; `Array.shift` would copy the rest at every call. */
export class Deque<Item> {
  // A ring, its size a power of two: `at & (size - 1)` is the place of what comes `at` places behind.
  #ring: (Item | undefined)[] = [];
  #head = 0;
  #length = 0;

  /** How many items are in the queue. */
  get length(): number {
    return this.#length;
  }

  /** The oldest item, left in the queue. */
  get first(): Item | undefined {
    return this.at(0);
  }

  /** The item that is `index` places behind the oldest, if there is one. */
  at(index: number): Item | undefined {
    return index < this.#length ? this.#ring[this.#place(index)] : undefined;
  }

  /** Puts another item in the place of one that is there. */
  replace(index: number, item: Item): void {
    this.#ring[this.#place(index)] = item;
  }

  /** Adds the newest item. */
  push(item: Item): void {
    if (this.#length === this.#ring.length) this.#resize(this.#length + 1);
    this.#ring[this.#place(this.#length++)] = item;
  }

  /** Takes the oldest item out. */
  shift(): Item | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#ring[this.#head];
    this.#ring[this.#head] = undefined; // lets go of it
    this.#head = this.#place(1);
    this.#length--;
    // What an outage has filled is not kept for the next one.
    if (this.#length === 0 && this.#ring.length > KEPT_CAPACITY) this.#ring = [];
    return item;
  }

  /** Puts items back in front of all others, in their order. */
  unshift(items: readonly Item[]): void {
    const length = this.#length + items.length;
    if (length > this.#ring.length) this.#resize(length);
    this.#head = this.#place(this.#ring.length - items.length);
    this.#length = length;
    for (const [index, item] of items.entries()) this.replace(index, item);
  }

  #place(index: number): number {
    return (this.#head + index) & (this.#ring.length - 1);
  }

  #resize(length: number): void {
    let size = Math.max(INITIAL_CAPACITY, this.#ring.length);
    while (size < length) size *= 2;
    const ring = new Array<Item | undefined>(size).fill(undefined);
    for (let index = 0; index < this.#length; index++) ring[index] = this.at(index);
    this.#ring = ring;
    this.#head = 0;
  }
}
