/**
 * Python programs that tests talk to, over lines of JSON on their standard input and output.
 *
 * @module
 */

import { TextLineStream } from "./lines.ts";
import { boundCommand, endProcess } from "./process.ts";

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
  readonly #child: Deno.ChildProcess;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #events: PeerEvent[] = [];
  readonly #ended: Promise<void>;
  #errorOutput = "";
  #hasEnded = false;
  // Replaced and resolved at each event; whoever waits looks again.
  #changed = Promise.withResolvers<void>();

  /** Starts `python/<script>` with its arguments. */
  constructor(script: string, ...args: string[]) {
    const path = new URL(`python/${script}`, import.meta.url).pathname;
    this.#child = boundCommand(pythonPath(), ["-B", path, ...args], {
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#stdin = this.#child.stdin.getWriter();
    this.#ended = this.#read();
  }

  /** All that the program has printed so far. */
  get events(): readonly PeerEvent[] {
    return this.#events;
  }

  /** Sends the program an object. */
  async write(object: unknown): Promise<void> {
    await this.#stdin.write(new TextEncoder().encode(JSON.stringify(object) + "\n"));
  }

  /**
   * Calls `look` now and after each event until it returns something, and returns that.
   * Throws an `Error` with the program's error output if the program ends before.
   */
  async waitFor<T>(look: () => T | undefined): Promise<T> {
    while (true) {
      const found = look();
      if (found !== undefined) return found;
      if (this.#hasEnded) {
        throw new Error(`Cannot wait for Python program: it has ended\n${this.#errorOutput}`);
      }
      await this.#changed.promise;
    }
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
    await endProcess(this.#child, "SIGKILL");
    await this.#stdin.close().catch(() => {}); // nobody reads it any more
    await this.#ended;
  }

  /** Same as `kill`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  async #read(): Promise<void> {
    const lines = this.#child.stdout.pipeThrough(new TextDecoderStream())
      .pipeThrough(new TextLineStream());
    const errors = this.#readErrors();
    for await (const line of lines) {
      this.#events.push(JSON.parse(line));
      this.#announce();
    }
    await errors;
    this.#hasEnded = true;
    this.#announce();
  }

  async #readErrors(): Promise<void> {
    for await (const text of this.#child.stderr.pipeThrough(new TextDecoderStream())) {
      // The end of it has the reason; a long test must not fill the memory.
      this.#errorOutput = (this.#errorOutput + text).slice(-10_000);
    }
  }

  #announce(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
