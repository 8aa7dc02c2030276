/**
 * Programs that tests talk to, a line at a time.
 *
 * @module
 */

import { TextLineStream } from "./lines.ts";
import { boundCommand, endProcess } from "./process.ts";

/** A running program. */
export class LineProgram implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #ended: Promise<void>;
  #errorOutput = "";
  #hasEnded = false;
  // Replaced and resolved at each line; whoever waits looks again.
  #changed = Promise.withResolvers<void>();

  /** Starts a program. `onLine` is given each line of its standard output. */
  constructor(program: string, args: readonly string[], onLine: (line: string) => void) {
    this.#child = boundCommand(program, args, {
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      env: { NO_COLOR: "1" },
    }).spawn();
    this.#stdin = this.#child.stdin.getWriter();
    this.#ended = this.#read(onLine);
  }

  /** The end of what the program has said on its standard error output. */
  get errorOutput(): string {
    return this.#errorOutput;
  }

  /** Sends the program a line. */
  async write(line: string): Promise<void> {
    await this.#stdin.write(new TextEncoder().encode(line + "\n"));
  }

  /**
   * Calls `look` now and after each line until it returns something, and returns that.
   * Throws an `Error` with the program's error output if the program ends before.
   */
  async waitFor<T>(look: () => T | undefined): Promise<T> {
    while (true) {
      const found = look();
      if (found !== undefined) return found;
      if (this.#hasEnded) {
        throw new Error(`Cannot wait for program: it has ended\n${this.#errorOutput}`);
      }
      await this.#changed.promise;
    }
  }

  /** Ends the program's standard input, and returns how the program ends then. */
  async end(): Promise<Deno.CommandStatus> {
    await this.#stdin.close().catch(() => {}); // it may have ended by itself
    const status = await this.#child.status;
    await this.#ended;
    return status;
  }

  /** Kills the program (-9). */
  async kill(): Promise<void> {
    await endProcess(this.#child, "SIGKILL");
    await this.#stdin.close().catch(() => {}); // nobody reads it any more
    await this.#ended;
  }

  /** Same as `kill`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  async #read(onLine: (line: string) => void): Promise<void> {
    const lines = this.#child.stdout.pipeThrough(new TextDecoderStream())
      .pipeThrough(new TextLineStream());
    const errors = this.#readErrors();
    for await (const line of lines) {
      onLine(line);
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
