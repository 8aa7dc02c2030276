/**
 * Faults to plant into the outbox.
 *
 * @module
 */

import type { Planted } from "./planted.ts";
import { isSizeless } from "../plan.ts";
import { fills, flushesOne, hasFaults, hasSpool, isUnconfirmed, liftsThenCuts } from "./shows.ts";

/** All of them. */
export const OUTBOX: readonly Planted[] = [
  {
    what: "what was in flight is sent again in the wrong order",
    file: "src/outbox/transit.ts",
    text: "...this.#held.clear()].sort(bySequence)",
    replacement: "...this.#held.clear()].sort(bySequence).reverse()",
  },
  {
    what: "what was in flight is forgotten when the connection goes",
    file: "src/outbox/transit.ts",
    text: "...this.#held.clear()].sort(bySequence)",
    replacement: "...this.#held.clear()].slice(0, 0)",
  },
  {
    what: "new chunks take the places of those that an earlier run has left in the spool",
    file: "src/outbox/outbox.ts",
    text: "this.#nextSequence += nextSequence;",
    replacement: "",
    shows: (plan) => hasSpool(plan) && hasFaults("source killed", "queue full")(plan),
  },
  {
    what: "a chunk is published twice",
    file: "src/outbox/transit.ts",
    text: "const tag = sender.publish(entry.metric, entry.body);",
    replacement:
      "sender.publish(entry.metric, entry.body); const tag = sender.publish(entry.metric, entry.body);",
  },
  {
    what: "what is held back is dropped though the spool has room",
    file: "src/outbox/transit.ts",
    text: "if (this.#isHoldingTooMuch(backlog)) return;",
    replacement: "if (this.#isHoldingTooMuch(backlog) && !this.dropHeld()) return;",
    shows: (plan) => hasSpool(plan) && hasFaults("queue full")(plan),
  },
  {
    what: "a nacked chunk is sent again although a later one was acked",
    file: "src/outbox/lane.ts",
    text: "(entry.sequence < this.#ackedSequence ? late : again).push(entry);",
    replacement: "again.push(entry);",
    shows: hasFaults("queue full"),
    needsMany: true,
  },
  {
    what: "chunks overtake one of their metric that was nacked",
    file: "src/outbox/transit.ts",
    text: "if (entry.lane.isHeld) {",
    replacement: "if (entry.lane.isHeld && entry.points < 0) {",
    shows: hasFaults("queue full"),
  },
  {
    what: "what is put back into a queue comes in the wrong order",
    file: "src/deque.ts",
    text: "for (const [index, item] of items.entries()) this.replace(index, item);",
    replacement:
      "for (const [index, item] of [...items].reverse().entries()) this.replace(index, item);",
  },
  {
    what: "producers that wait for room are not woken",
    file: "src/outbox/producer_pause.ts",
    text: "    this.#room?.resolve();\n",
    replacement: "",
    shows: fills("wait"),
  },
  {
    what: "the entry of a chunk is given back twice, and used for two",
    file: "src/outbox/outbox.ts",
    text: "this.#entries.give(entry);",
    replacement: "this.#entries.give(entry);\n    this.#entries.give(entry);",
  },
  {
    what: "data that moves again is not told",
    file: "src/outbox/outbox.ts",
    text: "onMoving: options.onMoving,",
    replacement: "onMoving: () => {},",
    shows: hasFaults("memory alarm"),
  },
  {
    what: "the newest chunk is dropped in place of the oldest",
    file: "src/outbox/backlog.ts",
    text: "evict(): Entry | undefined {\n    return this.#waiting.shift();",
    replacement:
      "evict(): Entry | undefined {\n    const all = this.close(); const newest = all.pop(); this.unshift(all); return newest;",
    shows: fills("drop-oldest"),
  },
  {
    what: "a full outbox drops all but the newest chunk",
    file: "src/outbox/outbox.ts",
    text: "while (this.#isFull && this.#dropOldest());",
    replacement: "if (this.#isFull) while (this.#dropOldest());",
    shows: (plan) =>
      fills("drop-oldest")(plan) && !hasFaults("large messages refused")(plan) &&
      !hasFaults("topic forbidden")(plan),
  },
  {
    what: "a nacked chunk is dropped and not sent again",
    file: "src/outbox/transit.ts",
    text: "} else this.#held.nack(entry);",
    replacement:
      '} else {\n        entry.lane.inFlight--;\n        this.#options.onDrop(entry, "refused");\n      }',
    shows: hasFaults("queue full"),
  },
  {
    what: "with a metric that is forbidden, others are given up that are in flight",
    file: "src/outbox/verdicts.ts",
    text: "this.note(refusal, only);\n        return named;",
    replacement: "this.note(refusal, only);\n        return inFlight;",
    shows: hasFaults("topic forbidden"),
  },
  {
    what: "a metric that is forbidden is given up for ever",
    file: "src/outbox/verdicts.ts",
    text: "this.#forbidden.clear();",
    replacement: "",
    shows: liftsThenCuts("topic forbidden"),
  },
  {
    what: "the largest message that a connection takes holds for the next",
    file: "src/outbox/verdicts.ts",
    text: "forgetLimit(): void {\n    this.#limit = undefined;",
    replacement: "forgetLimit(): void {",
    shows: (plan) => liftsThenCuts("large messages refused")(plan) && plan.sources.some(isSizeless),
  },
  {
    what: "a flush of one metric fails for what is lost of others",
    file: "src/outbox/drain_waiters.ts",
    text: "if (!isLost || (waiter.only ?? metric) !== metric) continue;",
    replacement: "if (!isLost) continue;",
    shows: flushesOne,
  },
  {
    what: "a flush of one metric resolves though points of it were dropped",
    file: "src/outbox/drain_waiters.ts",
    text: "if (!isLost || (waiter.only ?? metric) !== metric) continue;",
    replacement: "if (!isLost || waiter.only !== undefined) continue;",
    shows: flushesOne,
  },
  {
    what: "a flush of one metric does not wait for what it has collected",
    file: "src/source/source_metric.ts",
    text: "this.#outbox.drained((onNext) => this.#detachWhenRoom(onNext), this.name);",
    replacement: "this.#outbox.drained(() => this.#detachWhenRoom(() => {}), this.name);",
    shows: flushesOne,
  },
  {
    what: "an outbox that is full takes more with onFull fail",
    file: "src/outbox/outbox.ts",
    text: 'if (onFull === "fail" && this.#isFull) return',
    replacement: 'if (onFull === "fail" && this.#isFull && this.isClosed) return',
    shows: fills("fail"),
  },
  {
    what: "an outbox with room takes nothing in an outage with onFull fail",
    file: "src/outbox/outbox.ts",
    text: 'if (onFull === "fail" && this.#isFull) return',
    replacement: 'if (onFull === "fail" && (this.#isFull || !this.isAttached)) return',
    shows: ({ sources }) => sources.some(({ onFull }) => onFull === "fail"),
  },
  {
    what: "a stall is not told",
    file: "src/outbox/stall_watch.ts",
    text: 'if (isStalled && this.#stall === undefined) this.#enter("unconfirmed");',
    replacement: "",
    shows: hasFaults("half-open connection"),
  },
  {
    what: "what is sent for the first time counts as sent again",
    file: "src/outbox/transit.ts",
    text: "if (entry.wasSent) this.#options.onResend(entry);",
    replacement: "this.#options.onResend(entry);",
  },
  {
    what: "sendMany to a full outbox drops all but the newest chunk",
    file: "src/outbox/outbox.ts",
    text: "while (this.#isFull && this.#dropOldest());",
    replacement: "if (this.#isFull) while (this.#dropOldest());",
    shows: (plan) =>
      fills("drop-oldest")(plan) && !hasFaults("large messages refused")(plan) &&
      !hasFaults("topic forbidden")(plan) &&
      plan.sources.every(({ workload, kind }) => workload.pointsPerCall > 1 && kind !== "polling"),
  },
  {
    what: "flush does not wait for a chunk that is the only one",
    file: "src/outbox/outbox.ts",
    text: "await waiters.untilEnd(waiter);",
    replacement: "if (this.chunks > 1) await waiters.untilEnd(waiter);",
    shows: ({ sources }) => sources.some(({ workload }) => workload.flushing > 0),
  },
  {
    what: "a stall is looked for on the first connection alone",
    file: "src/outbox/stall_watch.ts",
    text: "    this.#watching?.abort();\n    this.#watching = undefined;",
    replacement: "    this.#watching?.abort();",
    shows: hasFaults("half-open connection", "cut connection"),
  },
  {
    what: "chunks of a lost connection count as in flight for their metric",
    file: "src/outbox/in_flight.ts",
    text: "      entry.lane.inFlight = 0;\n",
    replacement: "",
    shows: hasFaults("queue full", "cut connection"),
  },
  {
    what: "confirms wake no producers that wait for room",
    file: "src/outbox/outbox.ts",
    text: "  proceed(): void {\n    this.#endLosses();\n    this.#releaseProducers();",
    replacement: "  proceed(): void {\n    this.#endLosses();",
    shows: fills("wait"),
  },
  {
    what: "what is held back counts twice",
    file: "src/outbox/held_lanes.ts",
    text: "    entry.lane.hold(entry);",
    replacement: "    this.#bytes += entry.sizeBytes;\n    entry.lane.hold(entry);",
    shows: (plan) => hasSpool(plan) && hasFaults("queue full")(plan),
  },
  {
    what: "without confirms, what came in an outage counts as sent when that is over",
    file: "src/outbox/outbox.ts",
    text: "    this.#wasAttached = true;\n",
    replacement: "    const isBack = this.#wasAttached && !this.#options.confirms;\n" +
      "    let entry = isBack ? this.#backlog.shift() : undefined;\n" +
      "    for (; entry !== undefined; entry = this.#backlog.shift()) this.#ack(entry);\n" +
      "    this.#wasAttached = true;\n",
    shows: isUnconfirmed,
  },
  {
    what: "without confirms, a chunk now and then counts as sent that is not",
    file: "src/outbox/transit.ts",
    text: "const tag = sender.publish(entry.metric, entry.body);",
    replacement: "const isSent = this.#options.confirms || entry.sequence % 97 < 96;\n" +
      "    const tag = isSent ? sender.publish(entry.metric, entry.body) : 0;",
    shows: isUnconfirmed,
  },
  {
    what: "a loss in an outage is told to be over with each chunk",
    file: "src/outbox/outbox.ts",
    text: "    const pause = this.#pause();\n",
    replacement: "    if (this.#isLosing) {\n      this.#isLosing = false;\n" +
      "      this.#options.onRelief();\n    }\n    const pause = this.#pause();\n",
    shows: fills("drop-oldest"),
  },
  {
    what: "callers that have waited for room take what others have filled meanwhile",
    file: "src/outbox/outbox.ts",
    text: "return this.#mustWait && this.#backlog.excessBytes > this.#options.maxBytes / 2;",
    replacement: "return false;",
    shows: fills("wait"),
  },
];
