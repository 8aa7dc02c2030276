/**
 * Faults to plant into what an outbox counts, and tells of its losses.
 *
 * @module
 */

import type { Planted } from "./planted.ts";
import { fills, hasFaults, hasSpool } from "./shows.ts";

/** All of them. */
export const LEDGER: readonly Planted[] = [
  {
    what: "what is dropped is not counted",
    file: "src/outbox/ledger.ts",
    text: "this.#counters.points.dropped += entry.points;",
    replacement: "",
    shows: fills("drop-oldest"),
  },
  {
    what: "points recovered from a spool are not counted",
    file: "src/outbox/ledger.ts",
    text:
      "this.#counters.points.recovered += points;\n    this.waiters.prepend(chunks, nextSequence);",
    replacement: "this.waiters.prepend(chunks, nextSequence);",
    shows: (plan) => hasSpool(plan) && hasFaults("source killed")(plan),
  },
  {
    what: "a loss that is over is told again with the next",
    file: "src/outbox/loss_report.ts",
    text: "this.#toldPoints = total;",
    replacement: "",
    shows: fills("drop-oldest"),
  },
  {
    what: "a loss that is over is not told",
    file: "src/outbox/loss_report.ts",
    text: "this.#options.onEnd(loss);",
    replacement: "",
    shows: fills("drop-oldest"),
  },
  {
    what: "flush fails though nothing was dropped",
    file: "src/outbox/drain_waiters.ts",
    text: "if (lost === undefined) settled.resolve();",
    replacement: 'if (lost === undefined) settled.reject(new PublishFailed("", 1, "none"));',
    shows: ({ sources }) => sources.some(({ workload }) => workload.flushing > 0),
  },
  {
    what: "flush resolves though points that it waits for were dropped",
    file: "src/outbox/drain_waiters.ts",
    text: "if (lost === undefined) settled.resolve();",
    replacement: "if (lost === undefined || lost.points > 0) settled.resolve();",
    shows: ({ sources }) =>
      sources.some(({ workload, onFull, outboxMaxBytes, delivery, kind }) => {
        return workload.flushing > 0 && kind === "task" && delivery === "confirmed" &&
          onFull === "drop-oldest" && outboxMaxBytes < 2 ** 20;
      }),
  },
  {
    what: "the bytes of confirmed chunks are miscounted",
    file: "src/outbox/ledger.ts",
    text: "this.#counters.bytesAcked += entry.bodyBytes;",
    replacement: "this.#counters.bytesAcked += 1;",
  },
  {
    what: "confirmed chunks are counted twice",
    file: "src/outbox/ledger.ts",
    text: "this.#counters.chunks.acked++;",
    replacement: "this.#counters.chunks.acked += 2;",
  },
  {
    what: "dropped chunks are not counted",
    file: "src/outbox/ledger.ts",
    text: "this.#counters.chunks.dropped++;\n    this.#counters.points.dropped += entry.points;",
    replacement: "this.#counters.points.dropped += entry.points;",
    shows: fills("drop-oldest"),
  },
  {
    what: "the bytes of chunks that are made are not counted",
    file: "src/outbox/ledger.ts",
    text: "this.#counters.bytesAdmitted += chunk.body.byteLength;",
    replacement: "",
  },
  {
    what: "a metric that is refused is not told",
    file: "src/outbox/loss_report.ts",
    text: "this.#options.onRefused({ metric, points, reason, metrics: this.#refused.size });",
    replacement: "",
    shows: hasFaults("topic forbidden"),
  },
  {
    what: "that points begin to be lost is not told",
    file: "src/outbox/loss_report.ts",
    text: "this.#options.onBegin(reason);",
    replacement: "",
    shows: fills("drop-oldest"),
  },
  {
    what: "a loss is told without its reasons",
    file: "src/outbox/loss_report.ts",
    text: "reasons: [...this.#reasons],",
    replacement: "reasons: [],",
    shows: fills("drop-oldest"),
  },
  {
    what: "what is sent again is not counted",
    file: "src/outbox/ledger.ts",
    text: "this.#counters.points.resent += entry.points;",
    replacement: "",
    shows: (plan) =>
      hasFaults("cut connection")(plan) && !hasFaults("broker crash")(plan) &&
      !hasFaults("everything is new")(plan),
  },
  {
    what: "flush waits for one chunk fewer",
    file: "src/outbox/outbox.ts",
    text: "waiters.begin(this.#nextSequence, this.chunks, only);",
    replacement: "waiters.begin(this.#nextSequence, Math.max(0, this.chunks - 1), only);",
  },
  {
    what: "flush waits for the last chunk without knowing its end",
    file: "src/outbox/outbox.ts",
    text: "waiters.begin(this.#nextSequence, this.chunks, only);",
    replacement: "waiters.begin(this.#nextSequence - 1, this.chunks, only);",
  },
  {
    what: "the reasons of a loss that is over are told again with the next",
    file: "src/outbox/loss_report.ts",
    text: "    this.#reasons.clear();\n",
    replacement: "",
    shows: (plan) =>
      fills("drop-oldest")(plan) &&
      (hasFaults("large messages refused")(plan) || hasFaults("topic forbidden")(plan)),
  },
  {
    what: "the metrics of a loss that is over are told again with the next",
    file: "src/outbox/loss_report.ts",
    text: "    this.#metrics.clear();\n",
    replacement: "",
  },
];
