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

const REAL_TIME = ["--fifo", "10"]; // arguments of `chrt`

// Longer than any question takes, on a machine that does much else.
const ANSWER_LIMIT_MS = 300_000;

/** A running program. */
export class Program implements AsyncDisposable {
  readonly #program: LineProgram;
  readonly #name: string;

  private constructor(command: string, args: readonly string[], name: string) {
    this.#program = LineProgram.start(command, args);
    this.#name = name;
  }

  /** Starts `programs/<name>` in Deno. */
  static deno(name: string, ...args: string[]): Program {
    return new Program(Deno.execPath(), ["run", "-A", pathOf(`programs/${name}`), ...args], name);
  }

  /** As `deno`, with real-time scheduling: see `hasRealTime`. */
  static realTimeDeno(name: string, ...args: string[]): Program {
    return Program.realTime(Deno.execPath(), "run", "-A", pathOf(`programs/${name}`), ...args);
  }

  /** Starts a command with real-time scheduling. */
  static realTime(command: string, ...args: string[]): Program {
    const name = command.slice(command.lastIndexOf("/") + 1);
    return new Program("chrt", [...REAL_TIME, command, ...args], name);
  }

  /** Starts `python/<name>` in the Python of the tests. */
  static python(name: string, ...args: string[]): Program {
    return new Program(pythonPath(), ["-B", pathOf(`python/${name}`), ...args], name);
  }

  /** Starts a program that is compiled. */
  static native(path: string, ...args: string[]): Program {
    return new Program(path, args, path.slice(path.lastIndexOf("/") + 1));
  }

  /**
   * Asks for something and waits for the answer.
   *
   * @throws {Error} If there is none: why, as far as the program tells.
   */
  async ask<Answer = Json>(question: Json): Promise<Answer> {
    try {
      await this.#program.write(JSON.stringify(question));
    } catch (error) {
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
      await this.#program.ended;
      throw this.#failure("has ended");
    }
    return await this.answer();
  }

  /**
   * Waits for the next line.
   *
   * @throws {Error} If none comes: why, as far as the program tells.
   */
  async answer<Answer = Json>(): Promise<Answer> {
    const { promise: late, resolve } = Promise.withResolvers<"late">();
    const timer = setTimeout(() => resolve("late"), ANSWER_LIMIT_MS);
    const line = await Promise.race([this.#program.line(), late]);
    clearTimeout(timer);
    if (line === undefined) throw this.#failure("has ended");
    if (line === "late") throw this.#failure(`has not answered for ${ANSWER_LIMIT_MS / 1000} s`);
    return JSON.parse(line);
  }

  #failure(what: string): Error {
    const said = this.#program.errorOutput.trim();
    return new Error(`${this.#name} ${what}${said === "" ? ", and said nothing" : `:\n${said}`}`);
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

/** Whether a program may be started with real-time scheduling here. */
export function hasRealTime(): boolean {
  try {
    return new Deno.Command("chrt", { args: [...REAL_TIME, "true"], stderr: "null" }).outputSync()
      .success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function pythonSucceeds(code: string): boolean {
  return new Deno.Command(pythonPath(), { args: ["-c", code], stderr: "null" }).outputSync()
    .success;
}

function pathOf(name: string): string {
  return new URL(name, import.meta.url).pathname;
}
