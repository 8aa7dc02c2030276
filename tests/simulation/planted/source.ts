/**
 * Faults to plant into sources.
 *
 * @module
 */

import { isSizeless } from "../plan.ts";
import type { Planted } from "./planted.ts";
import { fills, hasFaults, hasSpool, isDisordered, updates } from "./shows.ts";

/** All of them. */
export const SOURCE: readonly Planted[] = [
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
    what: "a chunk is counted with one point too few",
    file: "src/source/source_metric.ts",
    text: "return this.#admit(builder.detach(), points);",
    replacement: "return this.#admit(builder.detach(), Math.max(1, points - 1));",
  },
  {
    what: "the last points are not waited for at a stop",
    file: "src/source/source.ts",
    text: "await this.#core.waitToStop(this.flush().catch(() => {}));",
    replacement: "void this.flush().catch(() => {});",
    shows: hasFaults("source stopped"),
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
    what: "a chunk that is not full waits for more points, however old",
    file: "src/source/source_metric.ts",
    text:
      "value), 1);\n    if (isComplete) return this.#admitChunk(builder);\n    if (pending === 0) this.#ages.begin(this);",
    replacement: "value), 1);\n    if (isComplete) return this.#admitChunk(builder);",
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
    what: "a configuration that is accepted is not told",
    file: "src/source/source_configuration.ts",
    text: 'events.tell("configured", { keys: Object.keys(trial.config), tookSeconds });',
    replacement: "",
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
    what: "an update that is given up does not learn of it",
    file: "src/source/update_runner.ts",
    text: "AbortSignal.any([signal, limit.signal])",
    replacement: "signal",
    shows: updates(({ timeoutMs }) => timeoutMs !== undefined),
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
    what: "chunks without a size have three points",
    file: "src/source/source_metric.ts",
    text: "const isComplete = pending + 1 >= (this.chunkSize ?? MAX_CHUNK_POINTS);",
    replacement: "const isComplete = pending + 1 >= (this.chunkSize ?? 3);",
    shows: (plan) => plan.sources.some(isSizeless),
  },
  {
    what: "what is refused for what it is costs the connection",
    file: "src/source/data_session.ts",
    text: "if (!this.#refuse(reason)) session.fail(reason);",
    replacement: "if (!this.#refuse(reason) || reason.code !== 404) session.fail(reason);",
    shows: hasFaults("topic forbidden"),
  },
  {
    what: "the connection for data stays open behind a stop",
    file: "src/source/source.ts",
    text: "await this.#data.close();",
    replacement: "",
    shows: hasFaults("source stopped"),
  },
  {
    what: "data goes to the address of the management network",
    file: "src/source/data_connection.ts",
    text: "core.deriveAddresses(dataServerAddress);",
    replacement: 'core.deriveAddresses("vhost:/");',
    shows: ({ sources }) => sources.some(({ hasDataAddress }) => hasDataAddress),
  },
  {
    what: "an array goes on with points that are not later than those of others",
    file: "src/source/source_metric.ts",
    text: "      start = this.#firstToSend(timesNs, start);\n",
    replacement: "",
    shows: ({ sources }) =>
      sources.some(({ workload, onTime }) => workload.mixes && onTime === "drop"),
  },
  {
    what: "what a refused configuration has declared is not taken back",
    file: "src/source/declared_metrics.ts",
    text: "    if (metrics.length > 0) await this.#restore(metrics);\n",
    replacement: "",
    shows: hasFaults("configuration refused for now"),
  },
  {
    what: "readings that have ended count as unfinished",
    file: "src/source/group_reader.ts",
    text: "        this.#unfinished--;\n",
    replacement: "",
    shows: ({ sources }) => sources.some(({ kind }) => kind === "polling"),
  },
  {
    what: "updates that have ended count as unfinished",
    file: "src/source/update_runner.ts",
    text: "        this.#unfinished--;\n",
    replacement: "",
    shows: updates(({ timeoutMs }) => timeoutMs !== undefined),
  },
  {
    what: "a point behind an array is collected into a chunk that the array has filled",
    file: "src/source/source_metric.ts",
    text: "    const pending = builder.length;\n    this.#collectsUpTo = 0;\n",
    replacement: "    const pending = builder.length;\n",
    shows: ({ sources }) => sources.some(({ workload }) => workload.mixes),
  },
  {
    what: "a configuration that was refused is asked for again and again, without a pause",
    file: "src/source/registration.ts",
    text: "const FIRST_WAIT_MS = 10_000;",
    replacement: "const FIRST_WAIT_MS = 100;",
    shows: hasFaults("configuration refused for now"),
  },
  {
    what: "a configuration that a registration has brought, and that hangs, keeps out newer ones",
    file: "src/source/source_configuration.ts",
    text: 'this.#offered.abort(new RpcError(CONFIG_FUNCTION, "a newer configuration has come"));',
    replacement: "",
  },
];
