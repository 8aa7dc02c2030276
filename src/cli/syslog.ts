/**
 * The log as messages to a syslog server.
 *
 * The `@logtape/syslog` package is not used: it needs LogTape 1, knows no Unix socket, and writes
 * RFC 5424. Here the header is the one that MetricQ programs in Python write, after RFC 3164, so that
 * what sorts their messages sorts these too.
 *
 * @module
 */

import type { LogLevel, LogRecord } from "@logtape/logtape";
import { describeError, oneLine } from "../error_text.ts";
import { counted } from "../quote.ts";
import { clockOrSystem, type MonotonicClock, sleep } from "../time/clock.ts";
import { lineFormatter } from "./log_format.ts";
import { hostName } from "./placeholders.ts";
import type { SyslogTransport } from "./syslog_transport.ts";

// More than this waits only if the server is stuck; memory must not grow for it.
const MAX_WAITING = 1000;
const CLOSE_TIMEOUT_MS = 500;
// A datagram holds 65 507 bytes, and a character is at most three of them.
const MAX_MESSAGE_LENGTH = 8192;

/**
 * A log sink that sends messages to a syslog server in order. It does not wait for a server that is
 * away or slow: messages are lost then, and counted.
 */
export class SyslogSink {
  readonly #transport: SyslogTransport;
  readonly #clock: MonotonicClock;
  readonly #format: (record: LogRecord) => string;
  #tail: Promise<void> = Promise.resolve();
  #waiting = 0;
  #dropped = 0;
  #lastError: unknown;

  /** Makes a sink that sends under the name of a program. */
  constructor(
    transport: SyslogTransport,
    program: string,
    clock: MonotonicClock = clockOrSystem(),
  ) {
    this.#transport = transport;
    this.#clock = clock;
    this.#format = syslogFormatter(program);
  }

  /** How many messages have been lost so far. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Queues a record. Returns at once; a failure is counted instead of thrown. */
  write(record: LogRecord): void {
    if (this.#waiting >= MAX_WAITING) {
      this.#dropped++;
      return;
    }
    this.#waiting++;
    const message = this.#format(record);
    this.#tail = this.#tail
      .then(() => this.#transport.send(message))
      .catch((error) => {
        this.#dropped++;
        this.#lastError = error;
      })
      .finally(() => this.#waiting--);
  }

  /**
   * Waits a moment for queued messages, then closes.
   *
   * @returns A sentence about the messages that were lost, if any were.
   */
  async close(): Promise<string | undefined> {
    const enough = new AbortController();
    await Promise.race([this.#tail, sleep(this.#clock, CLOSE_TIMEOUT_MS, enough.signal)]);
    enough.abort();
    const lost = this.#dropped + this.#waiting;
    this.#transport.close();
    if (lost === 0) return undefined;
    const reason = this.#lastError === undefined
      ? "the server is too slow"
      : describeError(this.#lastError);
    return `Lost ${counted(lost, "log message")} on the way to syslog: ${reason}`;
  }
}

// RFC 3164, 4.1.1: facility "user-level messages", and a severity for each level.
const FACILITY_USER = 1;
const SEVERITY: Record<LogLevel, number> = {
  fatal: 2,
  error: 3,
  warning: 4,
  info: 6,
  debug: 7,
  trace: 7,
};

function syslogFormatter(program: string): (record: LogRecord) => string {
  const host = hostName() ?? "localhost";
  const tag = `${program.replace(/[\s[\]:]/g, "_")}[${Deno.pid}]`;
  return lineFormatter({
    timestamp: "date-time",
    format: ({ timestamp, message, record }) => {
      const priority = FACILITY_USER * 8 + SEVERITY[record.level];
      const time = timestamp?.slice(0, "YYYY-MM-DD HH:MM:SS".length);
      const line = `<${priority}>${time} ${host} ${tag}: ${oneLine(message)}`;
      return line.slice(0, MAX_MESSAGE_LENGTH);
    },
  });
}
