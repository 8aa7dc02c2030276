/**
 * Faults to plant into connections.
 *
 * @module
 */

import type { Planted } from "./planted.ts";
import { hasAddresses, hasFaults } from "./shows.ts";

/** All of them. */
export const AMQP: readonly Planted[] = [
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
    shows: hasFaults("queue full"),
  },
  {
    what: "basic.cancel is missed",
    file: "src/amqp/session.ts",
    text: "consumer.wait().catch(() => {",
    replacement: "consumer.wait().catch(() => {}).then(() => {}).catch(() => {",
    shows: hasFaults("queue of calls deleted"),
  },
  {
    what: "the silence of a peer is not noticed",
    file: "src/amqp/amqp_socket.ts",
    text: "void this.#awaitSilence();",
    replacement: "",
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
    text: "complete === unparsed.byteLength ? NOTHING : unparsed.slice(complete);",
    replacement: "NOTHING;",
  },
  {
    what: "a second loss of the connection is not noticed",
    file: "src/amqp/reconnecting_connection.ts",
    text: "await this.#reconnect(lostAtMs, shortSessions, refusals);",
    replacement: `await this.#reconnect(lostAtMs, shortSessions, refusals);
      if (this.#state.name !== "up") continue;
      await this.#state.session.ended;
      this.#enter({ name: "down", up: Promise.withResolvers(), sinceMs: lostAtMs });
      return;`,
  },
  {
    what: "a lost connection is not told",
    file: "src/agent/agent_core.ts",
    text: "onLost: (reason) => this.events.connectionLost(what, reason, name),",
    replacement: "onLost: () => {},",
  },
  {
    what: "the tag of a confirm is read one too small",
    file: "src/amqp/amqp_socket.ts",
    text: "frames.getUint64(at + CONFIRM_TAG_AT), isMultiple",
    replacement: "frames.getUint64(at + CONFIRM_TAG_AT) - 1, isMultiple",
  },
  {
    what: "a confirm of several is taken for that of the last",
    file: "src/amqp/amqp_socket.ts",
    text: "frames.getUint64(at + CONFIRM_TAG_AT), isMultiple",
    replacement: "frames.getUint64(at + CONFIRM_TAG_AT), isMultiple && false",
  },
  {
    what: "the next address is not tried after an outage",
    file: "src/amqp/reconnecting_connection.ts",
    text: "(firstAt + attempt) % addresses.length",
    replacement: "firstAt % addresses.length",
    shows: hasAddresses,
  },
  {
    what: "an outage begins with the first of several addresses",
    file: "src/amqp/reconnecting_connection.ts",
    text: "const firstAt = firstAttempt === 0 ? this.#lastAt : this.#lastAt + 1;",
    replacement: "const firstAt = 0;",
    shows: hasAddresses,
  },
  {
    what: "an outage begins with the address of the first session",
    file: "src/amqp/reconnecting_connection.ts",
    text: "        this.#lastAt = at;\n        this.#options.onReconnected",
    replacement: "        this.#options.onReconnected",
    shows: hasAddresses,
  },
  {
    what: "the third address is not tried",
    file: "src/amqp/reconnecting_connection.ts",
    text: "(firstAt + attempt) % addresses.length",
    replacement: "(firstAt + attempt % 2) % addresses.length",
    shows: hasAddresses,
  },
  {
    what: "the next address is not tried at first",
    file: "src/amqp/reconnecting_connection.ts",
    text: "of this.addressesInTurn) {",
    replacement: "of this.addressesInTurn.slice(0, 1)) {",
    shows: hasAddresses,
  },
  {
    what: "an attempt to which there is no answer does not end",
    file: "src/amqp/reconnecting_connection.ts",
    text: "void limit.then(() => tooLong.abort());",
    replacement: "",
    shows: hasAddresses,
  },
  {
    what: "calls are acknowledged once",
    file: "src/amqp/session.ts",
    text: "        this.#handledTag = undefined;\n",
    replacement: "",
  },
  {
    what: "a call that waited for the connection is not made when it is back",
    file: "src/amqp/reconnecting_connection.ts",
    text: '    if (previous.name === "down") previous.up.resolve();\n',
    replacement: "",
  },
  {
    what: "an opened session closes when the time for opening it is over",
    file: "src/amqp/reconnecting_connection.ts",
    text: '      signal.removeEventListener("abort", closeEarly);\n    }\n  }\n}',
    replacement: "    }\n  }\n}",
  },
  {
    what: "attempts to connect come one upon the other",
    file: "src/time/backoff.ts",
    text: "return ceilingMs * (1 - random / 2);",
    replacement: "return ceilingMs * (1 - random / 2) / 10;",
  },
  {
    what: "attempts to connect wait for half a minute",
    file: "src/time/backoff.ts",
    text: "const LONGEST_MS = 800;",
    replacement: "const LONGEST_MS = 30_000;",
  },
  {
    what: "health counts an outage from the second connection that is away",
    file: "src/observe/health.ts",
    text: "Math.max(management ?? 0, data ?? 0)",
    replacement: "Math.min(management ?? data ?? 0, data ?? management ?? 0)",
  },
];
