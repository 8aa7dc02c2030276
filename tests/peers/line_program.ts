/**
 * Programs that tests talk to, a line at a time.
 *
 * @module
 */

import { linesOf } from "./lines.ts";
import { boundCommand, endProcess } from "./process.ts";

/** A running program. */
export class LineProgram implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #ended: Promise<Deno.CommandStatus>;
  readonly #onLine: (line: string) => void;
  // What it has printed and `line` has not returned; empty where there is an `onLine`.
  readonly #unread: string[] = [];
  #stdin: WritableStreamDefaultWriter<Uint8Array> | undefined;
  #errorOutput = "";
  #hasEnded = false;
  // Replaced and resolved whenever something is printed; what waits looks again.
  #changed = Promise.withResolvers<void>();

  /**
   * Starts a program whose standard output and error output are `"piped"`. `onLine` is given each
   * line of its standard output; without it they wait for `line`.
   */
  constructor(command: Deno.Command, onLine?: (line: string) => void) {
    this.#onLine = onLine ?? ((line) => this.#unread.push(line));
    this.#child = command.spawn();
    this.#ended = this.#read();
  }

  /** Starts a program by its name or path; it is killed when the tests end. */
  static start(
    program: string,
    args: readonly string[],
    onLine?: (line: string) => void,
    options: Pick<Deno.CommandOptions, "cwd" | "env"> = {},
  ): LineProgram {
    const command = boundCommand(program, args, {
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      ...options,
      env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", ...options.env },
    });
    return new LineProgram(command, onLine);
  }

  /** The end of what the program has said on its standard error output. */
  get errorOutput(): string {
    return this.#errorOutput;
  }

  /** How it ends, when it has, and when all that it has printed has been read. */
  get ended(): Promise<Deno.CommandStatus> {
    return this.#ended;
  }

  /** The next line that it prints; `undefined` if it has ended. */
  async line(): Promise<string | undefined> {
    while (!this.#unread.length && !this.#hasEnded) await this.#changed.promise;
    return this.#unread.shift();
  }

  /** Reads lines up to the one that `pattern` finds. Throws as `waitFor` does. */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    return await this.waitFor(() => {
      for (let line; (line = this.#unread.shift()) !== undefined;) {
        const match = pattern.exec(line);
        if (match) return match;
      }
      return undefined;
    });
  }

  /**
   * Calls `look` now and whenever the program has printed something, until it returns something, and
   * returns that. Throws an `Error` with the program's error output if the program ends before.
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

  /** Sends the program a line. */
  async write(line: string): Promise<void> {
    this.#stdin ??= this.#child.stdin.getWriter();
    await this.#stdin.write(new TextEncoder().encode(line + "\n"));
  }

  /** Sends a signal, and does not wait for what comes of it. */
  signal(name: Deno.Signal): void {
    this.#child.kill(name);
  }

  /** Ends the program's standard input, and returns how the program ends then. */
  async end(): Promise<Deno.CommandStatus> {
    this.#stdin ??= this.#child.stdin.getWriter();
    await this.#stdin.close().catch(() => {}); // it may have ended by itself
    return await this.#ended;
  }

  /** Ends the program by a signal unless it has ended already, and waits for its end. */
  async kill(signal: Deno.Signal = "SIGKILL"): Promise<Deno.CommandStatus> {
    await endProcess(this.#child, signal);
    await this.#stdin?.close().catch(() => {}); // nothing reads it any more
    return await this.#ended;
  }

  /** Kills the program (-9). */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  async #read(): Promise<Deno.CommandStatus> {
    const errors = this.#readErrors();
    for await (const line of linesOf(this.#child.stdout)) {
      this.#onLine(line);
      this.#announce();
    }
    await errors;
    const status = await this.#child.status;
    this.#hasEnded = true;
    this.#announce();
    return status;
  }

  async #readErrors(): Promise<void> {
    for await (const text of this.#child.stderr.pipeThrough(new TextDecoderStream())) {
      // The end of it has the reason; a long test must not fill the memory.
      this.#errorOutput = (this.#errorOutput + text).slice(-10_000);
      this.#announce();
    }
  }

  #announce(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
