/**
 * Programs that print, and go on until somebody ends them.
 *
 * @module
 */

import assert from "node:assert/strict";

/** A program whose standard output is read as it comes; it must be `piped`, as the errors. */
export class RunningProgram {
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  readonly #errors: Promise<string>;
  #printed = "";

  /** Starts it. */
  constructor(command: Deno.Command) {
    this.#child = command.spawn();
    this.#lines = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    this.#errors = new Response(this.#child.stderr).text();
  }

  /** Waits until it has printed this. */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.#printed);
      if (match) return match;
      this.#printed += (await this.#lines.read()).value ?? assert.fail(await this.#errors);
    }
  }

  /** Ends it as Ctrl-C does. */
  async end(): Promise<void> {
    this.#child.kill("SIGINT");
    await this.#lines.cancel();
    const { code } = await this.#child.status;
    assert.equal(code, 0, await this.#errors);
  }
}
