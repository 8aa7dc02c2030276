/**
 * Faults to plant into the spool of an outbox.
 *
 * @module
 */

import type { Planted } from "./planted.ts";
import { hasFaults, hasSpool } from "./shows.ts";

/** All of them. */
export const SPOOL: readonly Planted[] = [
  {
    what: "chunks that were confirmed stay in the spool",
    file: "src/outbox/spool_backlog.ts",
    text: "else this.#removed.push(entry.sequence);",
    replacement: "",
    shows: hasSpool,
  },
  {
    what: "what is written into the spool is written again",
    file: "src/outbox/spool_backlog.ts",
    text: "this.#unwritten.clear();",
    replacement: "",
    shows: hasSpool,
  },
  {
    what: "send resolves before its chunk is written into the spool",
    file: "src/outbox/spool_backlog.ts",
    text: "    return this.#writeAfterTurn();\n",
    replacement: "    void this.#writeAfterTurn();\n    return Promise.resolve();\n",
    shows: hasFaults("source killed in a send"),
  },
  {
    what: "what could not be written into the spool is forgotten",
    file: "src/outbox/spool_backlog.ts",
    text: "this.#failedAtMs = nowMs;",
    replacement: "this.#failedAtMs = nowMs; this.#unwritten.clear();",
    shows: (plan) => hasSpool(plan) && hasFaults("disk full")(plan),
  },
  {
    what: "what a disk that was full could not remove from the spool stays there",
    file: "src/outbox/spool_backlog.ts",
    text: "spool.write(this.#unwritten, this.#removed);",
    replacement: "spool.write(this.#unwritten, this.#removed.splice(0));",
    shows: (plan) => hasSpool(plan) && hasFaults("disk full")(plan),
  },
  {
    what: "the first chunk that an earlier run has left in the spool is left out",
    file: "src/outbox/spool_backlog.ts",
    text: "if (recovered.chunks > 0) this.#tailFrom = 0;",
    replacement:
      "if (recovered.chunks > 0) this.#tailFrom = recovered.nextSequence - recovered.chunks + 1;",
    shows: (plan) => hasSpool(plan) && hasFaults("source killed")(plan),
  },
  {
    what: "the lock of a spool stays at a stop",
    file: "src/outbox/spool_backlog.ts",
    text: "    spool.close();\n",
    replacement: "",
    shows: (plan) => hasSpool(plan) && hasFaults("source stopped")(plan),
  },
  {
    what:
      "with the chunks on both sides of it, one is removed from the spool that is not confirmed",
    file: "src/outbox/spool.ts",
    text: "if (span !== undefined && number <= span[1] + 1) span[1] = number;",
    replacement: "if (span !== undefined && number <= span[1] + 2) span[1] = number;",
    shows: (plan) => hasSpool(plan) && hasFaults("queue full")(plan),
  },
  {
    what: "behind the last chunk of those that are confirmed one more is removed from the spool",
    file: "src/outbox/spool.ts",
    text: "this.#delete.chunk.run(first, last);",
    replacement: "this.#delete.chunk.run(first, last + 1);",
    shows: hasSpool,
  },
  {
    what: "what an earlier run has left in the spool counts with its bodies alone",
    file: "src/outbox/spool.ts",
    text: "Number(row?.bodyBytes) + chunks * storedBytes(0),",
    replacement: "Number(row?.bodyBytes),",
    shows: (plan) => hasSpool(plan) && hasFaults("source killed")(plan),
  },
  {
    what: "a disk that is written again is said to be free each time",
    file: "src/outbox/spool_backlog.ts",
    text: "    this.#failedAtMs = undefined;\n",
    replacement: "",
    shows: (plan) => hasSpool(plan) && hasFaults("disk full")(plan),
  },
  {
    what: "the list of chunks in a spool keeps those that were removed",
    file: "src/outbox/spool.ts",
    text: "    this.#delete.entry.run(first, last);\n",
    replacement: "",
    shows: hasSpool,
  },
];
