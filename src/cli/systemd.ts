/**
 * Telling systemd that the program is ready, and that it still works: `Type=notify` and
 * `WatchdogSec=` of a unit.
 *
 * systemd listens on a Unix datagram socket, which Deno opens only with `--unstable-net`; so
 * `systemd-notify` is run, which needs `NotifyAccess=all` in the unit.
 *
 * @module
 */

import { describeError } from "../error_text.ts";
import { logger } from "../log.ts";
import { environmentVariable, isGranted } from "./environment.ts";

const log = logger("cli");

const PROGRAM = "systemd-notify";

/** The connection to systemd, while the program runs. */
export class Systemd implements AsyncDisposable {
  #isReady = false;
  #watchdog: ReturnType<typeof setInterval> | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** The connection, if there is a systemd and the permission to notify it. */
  static fromEnvironment(): Systemd | undefined {
    if (environmentVariable("NOTIFY_SOCKET") === undefined) return undefined;
    if (isGranted({ name: "run", command: PROGRAM })) return new Systemd();
    log.warn("Cannot tell systemd anything: --allow-run={program} is required", {
      program: PROGRAM,
    });
    return undefined;
  }

  /** Tells systemd, once, that the program has started its work, and from then on that its event loop turns. */
  ready(): void {
    if (this.#isReady) return;
    this.#isReady = true;
    this.#notify("--ready");
    const watchdogUs = Number(environmentVariable("WATCHDOG_USEC") ?? 0);
    // Twice as often as needed, as systemd recommends.
    if (!(watchdogUs > 0)) return;
    this.#watchdog = setInterval(() => this.#notify("WATCHDOG=1"), watchdogUs / 1000 / 2);
    Deno.unrefTimer(Number(this.#watchdog));
  }

  /** Tells systemd that the program is about to end. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#watchdog);
    this.#notify("STOPPING=1");
    await this.#last;
  }

  #notify(message: string): void {
    const command = new Deno.Command(PROGRAM, {
      args: [message],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    });
    // One after the other: STOPPING must not overtake READY.
    this.#last = this.#last.then(() => command.output()).then(
      ({ success }) => success || log.warn("systemd has not taken {message}", { message }),
      (error) =>
        log.warn("Cannot run {program}: {error}", {
          program: PROGRAM,
          error: describeError(error),
        }),
    );
  }
}
