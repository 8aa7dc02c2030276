/**
 * The patterns of a topic exchange. Words are separated by dots; `*` stands for one word, `#` for any
 * number of words, none included.
 *
 * @module
 */

/** Finds the values whose patterns match a routing key. */
export class TopicMatcher<T> {
  readonly #root = new Node<T>("");

  /** Adds a value under a pattern. */
  add(pattern: string, value: T): void {
    let node = this.#root;
    for (const word of words(pattern)) {
      let child = node.children.get(word);
      if (!child) node.children.set(word, child = new Node(word));
      node = child;
    }
    node.values.add(value);
  }

  /** Removes a value from a pattern, and what only led to it. */
  delete(pattern: string, value: T): void {
    const path = [this.#root];
    for (const word of words(pattern)) {
      const child = path.at(-1)?.children.get(word);
      if (!child) return;
      path.push(child);
    }
    path.at(-1)?.values.delete(value);
    for (let depth = path.length - 1; depth > 0; depth--) {
      const node = path[depth];
      if (!node || node.values.size > 0 || node.children.size > 0) return;
      path[depth - 1]?.children.delete(node.word);
    }
  }

  /**
   * Returns the values whose patterns match a routing key, each once.
   *
   * All patterns advance together, word by word. Trying one after the other, with a choice at every
   * `#`, would let a pattern such as `#.#.#.#` take exponential time.
   */
  match(routingKey: string): Set<T> {
    let reached = new Set<Node<T>>();
    enter(this.#root, reached);
    for (const word of words(routingKey)) {
      const next = new Set<Node<T>>();
      for (const node of reached) {
        if (node.word === "#") enter(node, next);
        enter(node.children.get(word), next);
        enter(node.children.get("*"), next);
      }
      reached = next;
    }
    const matches = new Set<T>();
    for (const node of reached) {
      for (const value of node.values) matches.add(value);
    }
    return matches;
  }
}

class Node<T> {
  readonly children = new Map<string, Node<T>>();
  readonly values = new Set<T>();

  constructor(readonly word: string) {}
}

/** Adds a node, and the `#` below it, which matches no word as well. */
function enter<T>(node: Node<T> | undefined, reached: Set<Node<T>>): void {
  for (let next = node; next && !reached.has(next); next = next.children.get("#")) {
    reached.add(next);
  }
}

/** An empty key has no words, as RabbitMQ sees it; `"a."` has two. */
function words(key: string): string[] {
  return key === "" ? [] : key.split(".");
}
