/**
 * A queue that both ends of can be added to, with every operation in constant time.
 *
 * @module
 */

/** A first-in-first-out queue; `Array.shift` would copy the rest at every call. */
export class Deque<Item> {
  #items: (Item | undefined)[] = [];
  #head = 0;

  /** How many items are in the queue. */
  get length(): number {
    return this.#items.length - this.#head;
  }

  /** The oldest item, left in the queue. */
  get first(): Item | undefined {
    return this.#items[this.#head];
  }

  /** Adds the newest item. */
  push(item: Item): void {
    this.#items.push(item);
  }

  /** Takes the oldest item out. */
  shift(): Item | undefined {
    if (this.length === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head++] = undefined; // lets go of it
    // Half of the array is spent: dropping that costs as much as what has been taken since.
    if (this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** Puts items back in front of all others, in their order. */
  unshift(items: readonly Item[]): void {
    this.#items = [...items, ...this.#items.slice(this.#head)];
    this.#head = 0;
  }
}
