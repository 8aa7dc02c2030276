/**
 * What the library logs, for tests.
 *
 * @module
 */

import { configure, type LogRecord, reset } from "@logtape/logtape";
import { LOG_CATEGORY } from "../../src/log.ts";
import { Events } from "./events.ts";

/** Collects all that the library logs until it is disposed of. LogTape knows one at a time. */
export class LogRecords implements AsyncDisposable {
  readonly #records = new Events<LogRecord>();

  private constructor() {}

  /** Begins to collect. */
  static async capture(): Promise<LogRecords> {
    const captured = new LogRecords();
    await configure({
      reset: true,
      sinks: { records: (record) => captured.#records.add(record) },
      loggers: [
        { category: LOG_CATEGORY, sinks: ["records"], lowestLevel: "debug" },
        { category: ["logtape", "meta"], lowestLevel: "fatal" },
      ],
    });
    return captured;
  }

  /** All that has been logged, in order. */
  get records(): readonly LogRecord[] {
    return this.#records.all;
  }

  /** The messages of one level, or of all. */
  messages(level?: LogRecord["level"]): string[] {
    return this.#records.all
      .filter((record) => level === undefined || record.level === level)
      .map((record) => record.message.join(""));
  }

  /** Waits until `count` such messages have been logged. */
  async logged(level: LogRecord["level"], pattern: RegExp, count = 1): Promise<void> {
    for (let next = 1, found = 0; found < count; next++) {
      const record = await this.#records.nth(next);
      if (record.level === level && pattern.test(record.message.join(""))) found++;
    }
  }

  /** Everything, with all properties, as `Deno.inspect` shows it. */
  inspect(): string {
    return Deno.inspect(this.#records.all, { depth: 20, strAbbreviateSize: Infinity });
  }

  /** Lets LogTape forget the collector. */
  async [Symbol.asyncDispose](): Promise<void> {
    await reset();
  }
}
