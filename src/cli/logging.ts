/**
 * Where the log of a command-line program goes: the standard error, and syslog if asked for.
 *
 * @module
 */

import {
  configure,
  getConfig,
  type LoggerConfig,
  type LogLevel,
  type LogRecord,
  reset,
  type Sink,
} from "@logtape/logtape";
import { describeError, inspectError, oneLine } from "../error_text.ts";
import { LOG_CATEGORY } from "../log.ts";
import { lineFormatter } from "./log_format.ts";
import { printCleanError, printError } from "./print.ts";
import { type LogFormat, structuredFormatter } from "./structured_log.ts";
import { SyslogSink } from "./syslog.ts";
import type { SyslogAddress } from "./syslog_address.ts";
import { openSyslog } from "./syslog_transport.ts";
import { UsageError } from "./usage_error.ts";

/** The levels that `--verbosity` takes, from terse to talkative. */
export const VERBOSITIES = ["error", "warning", "info", "debug"] as const;

/** How much a program logs. */
export type Verbosity = (typeof VERBOSITIES)[number];

/** The category of records for syslog only: the terminal gets them in another form. */
export const SYSLOG_ONLY: readonly string[] = [LOG_CATEGORY, "exit"];

/** What is logged, and where. */
export interface LoggingOptions {
  /** The lowest level that is logged. */
  readonly verbosity: Verbosity;
  /**
   * The format of the log on the standard error.
   * @default {"pretty"}
   */
  readonly format?: LogFormat;
  /** The program's own category, logged beside the library's. */
  readonly category: string;
  /** A syslog server to log to as well, and the name that the program has there. */
  readonly syslog?: { readonly address: SyslogAddress; readonly program: string } | undefined;
}

/**
 * Starts logging until the result is disposed. A program that has configured LogTape before keeps
 * what it has configured.
 *
 * @throws {UsageError} If syslog cannot be used as asked.
 */
export async function startLogging(
  { verbosity, format = "pretty", category, syslog }: LoggingOptions,
): Promise<AsyncDisposable> {
  if (getConfig() !== null) return { [Symbol.asyncDispose]: () => Promise.resolve() };

  const syslogSink = syslog && new SyslogSink(await open(syslog.address), syslog.program);
  const sinks: Record<string, Sink> = { terminal: terminalSink(format, verbosity) };
  if (syslogSink) sinks["syslog"] = (record) => syslogSink.write(record);

  const everywhere = Object.keys(sinks);
  const own = [...new Set([LOG_CATEGORY, category])];
  const loggers: LoggerConfig<string, string>[] = own.map((name) => (
    { category: name, lowestLevel: verbosity, sinks: everywhere }
  ));
  await configure({
    sinks,
    loggers: [
      ...loggers,
      {
        category: [...SYSLOG_ONLY],
        lowestLevel: "info",
        sinks: syslogSink ? ["syslog"] : [],
        parentSinks: "override",
      },
      // LogTape's own errors. Left alone, it would announce on the console that it is configured.
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["terminal"] },
    ],
  });

  return {
    async [Symbol.asyncDispose]() {
      await reset();
      const loss = await syslogSink?.close();
      if (loss !== undefined) reportLine(format, "warning", loss);
    },
  };
}

async function open(address: SyslogAddress): ReturnType<typeof openSyslog> {
  try {
    return await openSyslog(address);
  } catch (error) {
    throw new UsageError(`Cannot use --syslog: ${describeError(error)}`, { cause: error });
  }
}

/** Writes to the standard error, in its format, what is not logged, such as why the program ends. */
export function reportLine(
  format: LogFormat,
  level: "warning" | "error",
  text: string,
  stack?: string,
): void {
  if (format === "pretty") {
    printError(`${level}: ${text}`);
    if (stack !== undefined) printError(stack);
    return;
  }
  const record: LogRecord = {
    category: [...SYSLOG_ONLY],
    level,
    message: [text],
    rawMessage: text,
    properties: stack === undefined ? {} : { stack },
    timestamp: Date.now(),
  };
  printCleanError(structuredFormatter(format, false)(record));
}

function terminalSink(format: LogFormat, verbosity: Verbosity): Sink {
  const showStacks = verbosity === "debug";
  if (format !== "pretty") {
    const line = structuredFormatter(format, showStacks);
    return (record) => printCleanError(line(record));
  }
  const lines = terminalFormatter(showStacks);
  return (record) => printError(lines(record));
}

/** Formats a record as `HH:MM:SS.mmm LEVEL category: message`, in local time. */
export function terminalFormatter(showStacks: boolean): (record: LogRecord) => string {
  const line = lineFormatter({
    timestamp: "time",
    level: paddedLevel,
    category: ".",
    format: ({ timestamp, level, category, message }) =>
      oneLine(`${timestamp} ${level} ${category}: ${message}`),
  });
  return (record) => {
    const errors = showStacks ? record.message.filter((part) => part instanceof Error) : [];
    return [line(record), ...errors.map(inspectError)].join("\n");
  };
}

function paddedLevel(level: LogLevel): string {
  return level.toUpperCase().padEnd("WARNING".length);
}
