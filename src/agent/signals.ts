/**
 * The operating system's signals, for as long as an agent runs.
 *
 * @module
 */

// Not Deno's own interface to signals: this one is in Node and Bun as well.
import process from "node:process";
import { ReceivedSignal } from "../errors.ts";
import { logger } from "../log.ts";

const log = logger("agent");
const SIGNALS = ["SIGINT", "SIGTERM"] as const;
const EXIT_BY_SECOND_SIGNAL = 130;

/**
 * Runs `main`; meanwhile SIGINT calls `stop()`, SIGTERM calls `stop(ReceivedSignal)`, and a second
 * signal ends the process at once, as its user has waited long enough.
 */
export async function runUntilSignal(
  stop: (error?: Error) => void,
  main: () => Promise<void>,
): Promise<void> {
  let received = 0;
  const listen = (signal: "SIGINT" | "SIGTERM") => {
    const listener = () => {
      log.info("Received {signal}", { signal });
      if (++received > 1) process.exit(EXIT_BY_SECOND_SIGNAL);
      stop(signal === "SIGINT" ? undefined : new ReceivedSignal(signal));
    };
    process.on(signal, listener);
    return () => process.off(signal, listener);
  };
  // A program cannot listen to SIGTERM on Windows.
  const signals = process.platform === "win32" ? ["SIGINT"] as const : SIGNALS;
  const unlisten = signals.map(listen);
  try {
    await main();
  } finally {
    unlisten.forEach((end) => end());
  }
}
