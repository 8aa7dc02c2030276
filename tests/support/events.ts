/**
 * Something that happens again and again, for tests that wait for it.
 *
 * @module
 */

/** What has happened so far, and a way to wait for the rest. */
export class Events<Item> {
  readonly #items: Item[] = [];
  // Replaced and resolved with every item; whoever waits looks again.
  #next = Promise.withResolvers<void>();

  /** All that has happened, in order. */
  get all(): readonly Item[] {
    return this.#items;
  }

  /** Adds what has happened now. */
  add(item: Item): void {
    this.#items.push(item);
    this.#next.resolve();
    this.#next = Promise.withResolvers();
  }

  /** Waits until it has happened `count` times, and returns the last of these. */
  async nth(count: number): Promise<Item> {
    while (this.#items.length < count) await this.#next.promise;
    // The cast: there are `count` items now, which are more than none.
    return this.#items[count - 1] as Item;
  }
}
