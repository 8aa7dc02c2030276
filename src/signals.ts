/**
 * The operating system's signals, for as long as an agent runs.
 *
 * @module
 */

import { ReceivedSignal } from "./errors.ts";
import { logger } from "./log.ts";

const log = logger("agent");
const EXIT_BY_SECOND_SIGNAL = 130;

/**
 * Runs `main`; meanwhile SIGINT calls `stop()`, SIGTERM `stop(ReceivedSignal)`, and whichever comes
 * second ends the process at once, as its user has waited long enough.
 */
export async function runUntilSignal(
  stop: (error?: Error) => void,
  main: () => Promise<void>,
): Promise<void> {
  let received = 0;
  const listen = (signal: Deno.Signal) => {
    const listener = () => {
      log.info("Received {signal}", { signal });
      if (++received > 1) Deno.exit(EXIT_BY_SECOND_SIGNAL);
      stop(signal === "SIGINT" ? undefined : new ReceivedSignal(signal));
    };
    Deno.addSignalListener(signal, listener);
    return () => Deno.removeSignalListener(signal, listener);
  };
  // Windows knows no SIGTERM that a program could listen to.
  const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  const unlisten = signals.map(listen);
  try {
    await main();
  } finally {
    unlisten.forEach((end) => end());
  }
}
