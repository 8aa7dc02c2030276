/**
 * Faults to plant into the code, one at a time, to see that simulations find them.
 *
 * @module
 */

/** A patch. */
export interface Planted {
  /** What is wrong then. */
  readonly what: string;
  readonly file: string;
  /** A text that is there once. */
  readonly text: string;
  /** What comes in its place. */
  readonly replacement: string;
}

/** All of them. */
export const PLANTED: readonly Planted[] = [
  {
    what: "what was in flight is sent again in the wrong order",
    file: "src/outbox/transit.ts",
    text: "...this.#held.clear()].sort(bySequence)",
    replacement: "...this.#held.clear()].sort(bySequence).reverse()",
  },
  {
    what: "a confirm is taken for that of the next chunk",
    file: "src/amqp/session.ts",
    text: "listener.onConfirm(tag, multiple, !nack)",
    replacement: "listener.onConfirm(tag + 1, multiple, !nack)",
  },
  {
    what: "a nack is taken for an ack",
    file: "src/amqp/session.ts",
    text: "listener.onConfirm(tag, multiple, !nack)",
    replacement: "listener.onConfirm(tag, multiple, true)",
  },
  {
    what: "what was in flight is forgotten when the connection goes",
    file: "src/outbox/transit.ts",
    text: "...this.#held.clear()].sort(bySequence)",
    replacement: "...this.#held.clear()].slice(0, 0)",
  },
  {
    what: "metrics are not declared again after an outage",
    file: "src/source/registration.ts",
    text: "await this.#declarations.repeat(signal);",
    replacement: "",
  },
  {
    what: "a source does not register again after an outage",
    file: "src/source/source.ts",
    text: "onReconnected: () => this.#registration.renew(),",
    replacement: "onReconnected: () => {},",
  },
  {
    what: "chunks that were confirmed stay in the spool",
    file: "src/outbox/spool_backlog.ts",
    text: "else this.#removed.push(entry.sequence);",
    replacement: "",
  },
  {
    what: "new chunks take the places of those that an earlier run has left in the spool",
    file: "src/outbox/outbox.ts",
    text: "this.#nextSequence += nextSequence;",
    replacement: "",
  },
  {
    what: "basic.cancel is missed",
    file: "src/amqp/session.ts",
    text: "consumer.wait().catch(() => {",
    replacement: "consumer.wait().catch(() => {}).then(() => {}).catch(() => {",
  },
  {
    what: "the silence of a peer is not noticed",
    file: "src/amqp/amqp_socket.ts",
    text: "void this.#awaitSilence();",
    replacement: "",
  },
  {
    what: "a chunk is published twice",
    file: "src/outbox/transit.ts",
    text: "const tag = sender.publish(entry.metric, entry.body);",
    replacement:
      "sender.publish(entry.metric, entry.body); const tag = sender.publish(entry.metric, entry.body);",
  },
  {
    what: "a chunk is counted with one point too few",
    file: "src/source/source_metric.ts",
    text: "return this.#admit(builder.detach(), points);",
    replacement: "return this.#admit(builder.detach(), Math.max(1, points - 1));",
  },
  {
    what: "what is dropped is not counted",
    file: "src/outbox/ledger.ts",
    text: "this.#counters.points.dropped += entry.points;",
    replacement: "",
  },
  {
    what: "a nacked chunk is sent again although a later one was acked",
    file: "src/outbox/lane.ts",
    text: "(entry.sequence < this.#ackedSequence ? late : again).push(entry);",
    replacement: "again.push(entry);",
  },
  {
    what: "chunks overtake one of their metric that was nacked",
    file: "src/outbox/transit.ts",
    text: "if (entry.lane.isHeld) {",
    replacement: "if (entry.lane.isHeld && entry.points < 0) {",
  },
  {
    what: "the last points are not waited for at a stop",
    file: "src/source/source.ts",
    text: "await this.#core.waitToStop(this.flush().catch(() => {}));",
    replacement: "void this.flush().catch(() => {});",
  },
  {
    what: "what is put back into a queue comes in the wrong order",
    file: "src/deque.ts",
    text: "for (const [index, item] of items.entries()) this.replace(index, item);",
    replacement:
      "for (const [index, item] of [...items].reverse().entries()) this.replace(index, item);",
  },
  {
    what: "what collects while the socket takes a write is forgotten",
    file: "src/amqp/amqp_socket.ts",
    text: "writing.clear();\n      this.#flush();",
    replacement: "writing.clear();",
  },
  {
    what: "the rest of a frame that came in two parts is dropped",
    file: "src/amqp/amqp_socket.ts",
    text: "this.#unparsed = unparsed.slice(complete);",
    replacement: "this.#unparsed = new Uint8Array(0);",
  },
  {
    what: "producers that wait for room are not woken",
    file: "src/outbox/producer_pause.ts",
    text: "    this.#room?.resolve();\n",
    replacement: "",
  },
  {
    what: "a second loss of the connection is not noticed",
    file: "src/amqp/reconnecting_connection.ts",
    text: 'while (this.#state.name === "up") {',
    replacement: 'for (let times = 0; times < 1 && this.#state.name === "up"; times++) {',
  },
  {
    what: "points recovered from a spool are not counted",
    file: "src/outbox/ledger.ts",
    text:
      "this.#counters.points.recovered += points;\n    this.#waiters.prepend(chunks, nextSequence);",
    replacement: "this.#waiters.prepend(chunks, nextSequence);",
  },
  {
    what: "a lost connection is not told",
    file: "src/agent/agent_core.ts",
    text: "onLost: (reason) => this.events.connectionLost(what, reason, name),",
    replacement: "onLost: () => {},",
  },
];

/**
 * Puts a fault into a text.
 *
 * @throws {Error} If its place is not there exactly once.
 */
export function plant(source: string, { what, file, text, replacement }: Planted): string {
  const places = source.split(text).length - 1;
  if (places === 1) return source.replace(text, () => replacement);
  throw new Error(`Cannot plant "${what}" into ${file}: the place is there ${places} times`);
}
