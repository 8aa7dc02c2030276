/**
 * A program under measurement, in a process of its own: it is asked, in lines of JSON, one thing
 * after the other.
 *
 * @module
 */

import { LineProgram } from "../peers/line_program.ts";
import { pythonPath } from "../peers/python_peer.ts";

/** A JSON object. */
export type Json = Record<string, unknown>;

/** A running program. */
export class Program implements AsyncDisposable {
  readonly #program: LineProgram;

  private constructor(command: string, args: readonly string[]) {
    this.#program = LineProgram.start(command, args);
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
    await this.#program.write(JSON.stringify(question));
    return await this.answer();
  }

  /** Waits for the next line. */
  async answer<Answer = Json>(): Promise<Answer> {
    const line = await this.#program.line();
    if (line !== undefined) return JSON.parse(line);
    throw new Error(`Cannot measure: the program has ended\n${this.#program.errorOutput}`);
  }

  /** Kills the program. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program.kill();
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
