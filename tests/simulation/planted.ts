/**
 * Faults to plant into the code, one at a time, to see that simulations find them.
 *
 * @module
 */

import type { OnFull } from "../../src/outbox/delivery_options.ts";
import type { OnTime } from "../../src/source/time_order.ts";
import type { FaultKind } from "./faults.ts";
import { isSizeless, type Plan, type UpdatesPlan } from "./plan.ts";

/** A patch. */
export interface Planted {
  /** What is wrong then. */
  readonly what: string;
  readonly file: string;
  /** A text that is there once. */
  readonly text: string;
  /** What comes in its place. */
  readonly replacement: string;
  /**
   * Whether a plan has what the fault is about; others are not tried.
   * @default {every plan}
   */
  readonly shows?: (plan: Plan) => boolean;
  /**
   * Whether it shows where many points are sent, in plans that are left out otherwise as they take long.
   * @default {false}
   */
  readonly needsMany?: boolean;
}

function hasSpool({ sources }: Plan): boolean {
  return sources.some((source) => source.hasSpool);
}

function hasFaults(...kinds: readonly FaultKind[]): (plan: Plan) => boolean {
  return ({ faults }) => kinds.every((kind) => faults.some((fault) => fault.kind === kind));
}

/** Whether there is a source that may run out of room. */
function fills(onFull: OnFull): (plan: Plan) => boolean {
  return ({ sources }) =>
    sources.some((source) => {
      return source.onFull === onFull && source.outboxMaxBytes < 2 ** 20 && !source.hasSpool;
    });
}

/** Whether some interval source is updated so. */
function updates(are: (plan: UpdatesPlan) => boolean): (plan: Plan) => boolean {
  return ({ sources }) => sources.some((source) => source.updates && are(source.updates));
}

/** Whether some times do not increase, and a source has been told what to do then. */
function isDisordered(onTime: OnTime | undefined): (plan: Plan) => boolean {
  return ({ sources }) =>
    sources.some((source) => source.onTime === onTime && (source.workload.disorder ?? 0) > 0);
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
    shows: hasFaults("queue full"),
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
    shows: hasSpool,
  },
  {
    what: "new chunks take the places of those that an earlier run has left in the spool",
    file: "src/outbox/outbox.ts",
    text: "this.#nextSequence += nextSequence;",
    replacement: "",
    shows: (plan) => hasSpool(plan) && hasFaults("source killed", "queue full")(plan),
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
    what: "what is held back is dropped though the spool has room",
    file: "src/outbox/transit.ts",
    text: "if (this.#isHoldingTooMuch(backlog)) return;",
    replacement: "if (this.#isHoldingTooMuch(backlog) && !this.dropHeld()) return;",
    shows: (plan) => hasSpool(plan) && hasFaults("queue full")(plan),
  },
  {
    what: "what is dropped is not counted",
    file: "src/outbox/ledger.ts",
    text: "this.#counters.points.dropped += entry.points;",
    replacement: "",
    shows: fills("drop-oldest"),
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
    what: "the last points are not waited for at a stop",
    file: "src/source/source.ts",
    text: "await this.#core.waitToStop(this.flush().catch(() => {}));",
    replacement: "void this.flush().catch(() => {});",
    shows: hasFaults("source stopped"),
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
    text: "complete === unparsed.byteLength ? NOTHING : unparsed.slice(complete);",
    replacement: "NOTHING;",
  },
  {
    what: "producers that wait for room are not woken",
    file: "src/outbox/producer_pause.ts",
    text: "    this.#room?.resolve();\n",
    replacement: "",
    shows: fills("wait"),
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
    what: "points recovered from a spool are not counted",
    file: "src/outbox/ledger.ts",
    text:
      "this.#counters.points.recovered += points;\n    this.#waiters.prepend(chunks, nextSequence);",
    replacement: "this.#waiters.prepend(chunks, nextSequence);",
    shows: (plan) => hasSpool(plan) && hasFaults("source killed")(plan),
  },
  {
    what: "a lost connection is not told",
    file: "src/agent/agent_core.ts",
    text: "onLost: (reason) => this.events.connectionLost(what, reason, name),",
    replacement: "onLost: () => {},",
  },
  {
    what: "a chunk becomes one point larger than it was asked to be",
    file: "src/source/source_metric.ts",
    text: "(this.chunkSize ?? MAX_CHUNK_POINTS) - 1;",
    replacement: "(this.chunkSize ?? MAX_CHUNK_POINTS);",
  },
  {
    what: "append does not tell of a point for which there is no room",
    file: "src/source/source_metric.ts",
    text: "if (!(error instanceof PublishFailed && this.#outbox.isClosed)) throw error;",
    replacement: "if (!(error instanceof PublishFailed && this.#outbox.isClosed)) return true;",
    shows: (plan) => fills("fail")(plan) && plan.sources.some(({ workload }) => workload.appends),
  },
  {
    what: "long distances between the times of a chunk stay for the next",
    file: "src/chunk/chunk_builder.ts",
    text: "this.#jumps.length = 0;\n    this.#unseenUpTo = 0;",
    replacement: "this.#unseenUpTo = 0;",
  },
  {
    what: "memory is used again from its front while a chunk in it is in flight",
    file: "src/chunk/chunk_memory.ts",
    text: "this.#usedBytes = end;",
    replacement: "this.#usedBytes = this.#block.chunks < 2 ? 0 : end;",
  },
  {
    what: "a chunk begins in the last byte of the one before",
    file: "src/chunk/chunk_memory.ts",
    text: "this.#usedBytes = end;",
    replacement: "this.#usedBytes = end - 1;",
  },
  {
    what: "the entry of a chunk is given back twice, and used for two",
    file: "src/outbox/outbox.ts",
    text: "this.#entries.give(entry);",
    replacement: "this.#entries.give(entry);\n    this.#entries.give(entry);",
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
    what: "a chunk that is not full waits for more points, however old",
    file: "src/source/source_metric.ts",
    text:
      "value), 1);\n    if (isComplete) return this.#admitChunk(builder);\n    if (pending === 0) this.#ages.begin(this);",
    replacement: "value), 1);\n    if (isComplete) return this.#admitChunk(builder);",
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
    what: "data that moves again is not told",
    file: "src/outbox/outbox.ts",
    text: "onMoving: () => this.#options.onMoving(),",
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
    what: "a configuration that was refused is not offered again",
    file: "src/source/source_configuration.ts",
    text: "this.#inForce = undefined;\n      if (!stopping",
    replacement: "this.#inForce = trial.config;\n      if (!stopping",
    shows: hasFaults("configuration refused for now"),
  },
  {
    what: "a metric that was removed is declared again",
    file: "src/source/declared_metrics.ts",
    text: "this.#drop(this.#configured);",
    replacement: "",
    shows: hasFaults("everything is new", "other configuration"),
  },
  {
    what: "the answer to a registration replaces a newer configuration",
    file: "src/source/registration.ts",
    text: "if (acceptedCalls !== this.#configuration.acceptedCalls) {",
    replacement: "if (acceptedCalls < 0) {",
    shows: hasFaults("other configuration"),
  },
  {
    what: "flush does not wait for a chunk that is the only one",
    file: "src/outbox/ledger.ts",
    text: "return this.#waiters.untilEnd(waiter);",
    replacement: "return this.#chunks <= 1 ? Promise.resolve() : this.#waiters.untilEnd(waiter);",
    shows: ({ sources }) => sources.some(({ workload }) => workload.flushing > 0),
  },
  {
    what: "flush fails though nothing was dropped",
    file: "src/outbox/drain_waiters.ts",
    text: "if (lost === undefined) settled.resolve();",
    replacement: 'if (lost === undefined) settled.reject(new PublishFailed("", 1, "none"));',
    shows: ({ sources }) => sources.some(({ workload }) => workload.flushing > 0),
  },
  {
    what: "chunks that are old enough do not wait for room",
    file: "src/source/chunk_ages.ts",
    text: "if (!this.#options.outbox.hasRoom) return false;",
    replacement: "",
    shows: ({ sources }) =>
      sources.some(({ onFull, outboxMaxBytes }) => {
        return onFull === "wait" && outboxMaxBytes < 2 ** 20;
      }),
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
    what: "confirmed chunks do not survive the broker",
    file: "src/source/data_session.ts",
    text: "persistent ? PERSISTENT : TRANSIENT",
    replacement: "persistent ? TRANSIENT : TRANSIENT",
    shows: hasFaults("queue full", "broker crash"),
  },
  {
    what: "what is declared again does not wait for what is newer",
    file: "src/source/declarations.ts",
    text: "while (this.#unanswered.size > 0) {",
    replacement: "while (this.#unanswered.size > 1000) {",
    shows: hasFaults("other configuration", "broker crash"),
  },
  {
    what: "a group that could not be read once is never read again",
    file: "src/source/group_reader.ts",
    text: "this.#device.failed(group, tick.deadlineMs, error);",
    replacement: "this.#device.failed(group, tick.deadlineMs, error);\n" +
      "      this.#filter.pointsOf = () => ({ points: [], errors: new Map(), read: [] });",
    shows: ({ sources }) => sources.some(({ kind }) => kind === "polling"),
  },
  {
    what: "a ticker leaves out every other tick",
    file: "src/schedule/ticker.ts",
    text: "if (givenUp === undefined) continue;",
    replacement: "if (givenUp === undefined) continue;\n" +
      "        if ((this.odd = !this.odd)) { missed = grid.skip(); continue; }",
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
    what: "a configuration that is accepted is not told",
    file: "src/source/source_configuration.ts",
    text: 'events.tell("configured", { keys: Object.keys(trial.config), tookSeconds });',
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
    what: "outages are not added up",
    file: "src/observe/outage_meter.ts",
    text: "this.#endedMs += this.#currentMs;",
    replacement: "",
    shows: hasFaults("cut connection"),
  },
  {
    what: "a full disk is not told",
    file: "src/source/source.ts",
    text: "onUnwritable: (error) => events.diskFull(path, error.message),",
    replacement: "onUnwritable: () => {},",
    shows: (plan) => hasSpool(plan) && hasFaults("disk full")(plan),
  },
  {
    what: "an update is not waited for",
    file: "src/source/update_runner.ts",
    text: "if (result !== undefined) await watch.run(() => result);",
    replacement: "if (result !== undefined) watch.run(() => result).catch(() => {});",
    shows: updates(({ slow, timeoutMs }) => slow > 0 && timeoutMs === undefined),
  },
  {
    what: "a failed update ends its source",
    file: "src/source/interval_source.ts",
    text: "if (!(error instanceof PublishFailed)) throw error;",
    replacement: "throw error;",
    shows: updates(({ failing }) => failing > 0),
  },
  {
    what: "an update that throws what it should not is logged",
    file: "src/source/interval_source.ts",
    text: "if (!(error instanceof PublishFailed)) throw error;",
    replacement: "if (!(error instanceof Error)) throw error;",
    shows: hasFaults("update breaks"),
  },
  {
    what: "missed deadlines are not counted",
    file: "src/schedule/phase_grid.ts",
    text: "return this.#slot - first;",
    replacement: "return 0;",
    shows: updates(({ slow, aligns }) => slow > 0 && !aligns),
  },
  {
    what: "a late update moves the deadlines behind it",
    file: "src/schedule/ticker.ts",
    text: "if (grid.period === this.#period) {",
    replacement: "if (grid.period === this.#period && grid.skip() < 1) {",
    shows: updates(({ slow, aligns }) => slow > 0 && !aligns),
  },
  {
    what: "aligned ticks come before their time when the time of day is set back",
    file: "src/schedule/wall_grid.ts",
    text: "if (this.#now.isBefore(this.#time)) return undefined;",
    replacement: "",
    shows: updates(({ aligns }) => aligns),
  },
  {
    what: "an update that is given up does not learn of it",
    file: "src/source/update_runner.ts",
    text: "AbortSignal.any([signal, limit.signal])",
    replacement: "signal",
    shows: updates(({ timeoutMs }) => timeoutMs !== undefined),
  },
  {
    what: "that updates hang is not told",
    file: "src/observe/hang_watch.ts",
    text: "else this.#enter(true);",
    replacement: "",
    shows: hasFaults("updates hang"),
  },
  {
    what: "points that are left out for their times are not told",
    file: "src/source/time_order.ts",
    text: "this.#options.onDrop(metric);",
    replacement: "",
    shows: isDisordered("drop"),
  },
  {
    what: "points that are left out for their times are not counted",
    file: "src/source/time_order.ts",
    text: "this.#dropped++;",
    replacement: "",
    shows: isDisordered("drop"),
  },
  {
    what: "points that are not later are left out though nobody has asked for it",
    file: "src/source/time_order.ts",
    text: 'if (this.#options.onTime !== "drop") return true;',
    replacement: 'if (this.#options.onTime === "send") return true;',
    shows: isDisordered(undefined),
  },
  {
    what: "a point of the same time as the one before is collected",
    file: "src/source/source_metric.ts",
    text: "nanoseconds > this.#lastNanoseconds && (nanoseconds | 0) === nanoseconds",
    replacement: "nanoseconds >= this.#lastNanoseconds && (nanoseconds | 0) === nanoseconds",
    shows: isDisordered("drop"),
  },
  {
    what: "a time in an array that is the same as the one before is sent",
    file: "src/source/source_metric.ts",
    text: "if (lastNs !== undefined && timeNs <= lastNs) {",
    replacement: "if (lastNs !== undefined && timeNs < lastNs) {",
    shows: isDisordered("drop"),
  },
  {
    what: "a stall is not told",
    file: "src/outbox/stall_watch.ts",
    text: 'if (isStalled && this.#stall === undefined) this.#enter("unconfirmed");',
    replacement: "",
    shows: hasFaults("half-open connection"),
  },
  {
    what: "what hangs is not told",
    file: "src/observe/hang_watch.ts",
    text: "else this.#enter(true);",
    replacement: "else this.#alarm.clear();",
    shows: (plan) => fills("wait")(plan) || hasFaults("slow configuration")(plan),
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
    what: "what is sent for the first time counts as sent again",
    file: "src/outbox/transit.ts",
    text: "if (entry.wasSent) this.#options.onResend(entry);",
    replacement: "this.#options.onResend(entry);",
  },
  {
    what: "points that come too late are not counted",
    file: "src/source/source_metric.ts",
    text: "if (isClosed) this.#way.onTooLate(this.name, points);",
    replacement: "",
    shows: hasFaults("source stopped"),
  },
  {
    what: "points that an earlier run has left are not told",
    file: "src/source/source.ts",
    text: 'if (points > 0) events.tell("points-recovered", { points });',
    replacement: "",
    shows: (plan) => hasSpool(plan) && hasFaults("source killed")(plan),
  },
  {
    what: "points that stay in the spool at a stop are not told",
    file: "src/source/source.ts",
    text: 'this.#core.events.tell("points-kept", { points, spool: this.#spool });',
    replacement: "",
    shows: (plan) => hasSpool(plan) && hasFaults("source stopped")(plan),
  },
  {
    what: "a configuration that is refused is not told",
    file: "src/source/source_configuration.ts",
    text: 'events.tell("configuration-refused", { reason, from: fromToken, hasEarlier });',
    replacement: "",
    shows: hasFaults("configuration refused for now"),
  },
  {
    what: "a metric that was removed is remembered",
    file: "src/source/declared_metrics.ts",
    text: "else this.#metrics.delete(name);",
    replacement: "",
    shows: hasFaults("other configuration"),
  },
  {
    what: "sendMany takes an outbox that is half full for full",
    file: "src/source/source_metric.ts",
    text: "if (isComplete) this.#checkRoom(end - start);",
    replacement: `if (isComplete) this.#checkRoom(end - start);
      if (isComplete && 2 * this.#outbox.bytes > 10_000) {
        throw new PublishFailed(this.name, end - start, "the outbox is full");
      }`,
    shows: ({ sources }) => sources.some(({ workload }) => workload.pointsPerCall > 1),
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
    what: "chunks without a size have three points",
    file: "src/source/source_metric.ts",
    text: "const isComplete = pending + 1 >= (this.chunkSize ?? MAX_CHUNK_POINTS);",
    replacement: "const isComplete = pending + 1 >= (this.chunkSize ?? 3);",
    shows: (plan) => plan.sources.some(isSizeless),
  },
  {
    what: "chunks without a size leave after 10 s",
    file: "src/source/chunk_ages.ts",
    text: "(metric.chunkSize !== null || this.#options.chunkAge !== undefined);",
    replacement: "true;",
    shows: (plan) => plan.sources.some(isSizeless),
  },
  {
    what: "chunks without a size wait for flush though an age is given",
    file: "src/source/chunk_ages.ts",
    text: "(metric.chunkSize !== null || this.#options.chunkAge !== undefined);",
    replacement: "metric.chunkSize !== null;",
    shows: (plan) => plan.sources.some(isSizeless),
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
