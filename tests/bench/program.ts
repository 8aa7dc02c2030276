/**
 * A program under measurement, in a process of its own: it is asked, in lines of JSON, one thing
 * after the other.
 *
 * @module
 */

import { TextLineStream } from "../peers/lines.ts";
import { boundCommand, endProcess } from "../peers/process.ts";
import { pythonPath } from "../peers/python_peer.ts";

/** A JSON object. */
export type Json = Record<string, unknown>;

/** A running program. */
export class Program implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: AsyncIterator<string>;

  private constructor(command: string, args: readonly string[]) {
    this.#child = boundCommand(command, args, {
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
      env: { DENO_NO_UPDATE_CHECK: "1" },
    }).spawn();
    this.#stdin = this.#child.stdin.getWriter();
    this.#lines = this.#child.stdout.pipeThrough(new TextDecoderStream())
      .pipeThrough(new TextLineStream())[Symbol.asyncIterator]();
  }

  /** Starts `programs/<name>` in Deno. */
  static deno(name: string, ...args: string[]): Program {
    return new Program(Deno.execPath(), ["run", "-A", pathOf(`programs/${name}`), ...args]);
  }

  /** Starts `python/<name>` in the Python of the tests. */
  static python(name: string, ...args: string[]): Program {
    return new Program(pythonPath(), ["-B", pathOf(`python/${name}`), ...args]);
  }

  /** Starts a program that is compiled. */
  static native(path: string): Program {
    return new Program(path, []);
  }

  /** Asks for something and waits for the answer. */
  async ask<Answer = Json>(question: Json): Promise<Answer> {
    await this.#stdin.write(new TextEncoder().encode(JSON.stringify(question) + "\n"));
    return await this.answer();
  }

  /** Waits for the next line. */
  async answer<Answer = Json>(): Promise<Answer> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("Cannot measure: the program has ended, see the error output");
    return JSON.parse(value);
  }

  /** Kills the program. */
  async [Symbol.asyncDispose](): Promise<void> {
    await endProcess(this.#child, "SIGKILL");
    await this.#stdin.close().catch(() => {});
  }
}

/** Whether the Python of the tests has uvloop. */
export function hasUvloop(): boolean {
  return pythonSucceeds("import importlib.metadata as m; m.version('uvloop')");
}

/** Whether it has protobuf's fast implementation: see `python/upb.py`. */
export function hasUpb(): boolean {
  return pythonSucceeds("import os, sys; os.stat(sys.prefix + '/upb')");
}

function pythonSucceeds(code: string): boolean {
  return new Deno.Command(pythonPath(), { args: ["-c", code], stderr: "null" }).outputSync()
    .success;
}

function pathOf(name: string): string {
  return new URL(name, import.meta.url).pathname;
}
