/**
 * Python programs that tests talk to, over lines of JSON on their standard input and output.
 *
 * @module
 */

import { LineProgram } from "./line_program.ts";

/** What a program prints: one object per line. */
export interface PeerEvent {
  /** What has happened, as the program's own documentation lists it. */
  readonly event: string;
  /** The event's own fields. */
  readonly [field: string]: unknown;
}

/**
 * The Python interpreter that has the reference package: `METRICQ_PYTHON`, or that of the project's
 * virtual environment, which `.ci/peers` makes.
 */
export function pythonPath(): string {
  return Deno.env.get("METRICQ_PYTHON") ||
    new URL("../../.venv/bin/python", import.meta.url).pathname;
}

/** A running program of `tests/peers/python/`. */
export class PythonPeer implements AsyncDisposable {
  readonly #program: LineProgram;
  readonly #events: PeerEvent[] = [];

  /** Starts `python/<script>` with its arguments. */
  constructor(script: string, ...args: string[]) {
    const path = new URL(`python/${script}`, import.meta.url).pathname;
    this.#program = LineProgram.start(pythonPath(), ["-B", path, ...args], (line) => {
      this.#events.push(JSON.parse(line));
    });
  }

  /** All that the program has printed so far. */
  get events(): readonly PeerEvent[] {
    return this.#events;
  }

  /** Sends the program an object. */
  async write(object: unknown): Promise<void> {
    await this.#program.write(JSON.stringify(object));
  }

  /**
   * Calls `look` now and after each event until it returns something, and returns that.
   * Throws an `Error` with the program's error output if the program ends before.
   */
  async waitFor<T>(look: () => T | undefined): Promise<T> {
    return await this.#program.waitFor(look);
  }

  /** Waits until the program has printed an event that `matches`, now or earlier. */
  async waitForEvent(matches: (event: PeerEvent) => boolean): Promise<PeerEvent> {
    let next = 0;
    return await this.waitFor(() => {
      const found = this.#events.slice(next).find(matches);
      next = this.#events.length;
      return found;
    });
  }

  /** Kills the program (-9): it keeps nothing, and an orderly end would wait for a dead broker. */
  async kill(): Promise<void> {
    await this.#program.kill();
  }

  /** Same as `kill`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
