/**
 * The files of `/proc` and `/sys`, in which Linux tells what it measures.
 *
 * @module
 */

import { isGranted } from "../cli/environment.ts";
import { toError } from "../error_text.ts";
import { collectOutput, runProgram } from "./run_program.ts";

/** What can be read of a file: its text, or why not. */
export type FileText = string | Error;

/**
 * Reads files below a root: themselves where Deno may, which takes `-A` for `/proc` and `/sys`, and
 * otherwise with `cat`, which takes `--allow-run=cat`.
 */
export class SystemFiles {
  readonly #root: string;

  /** @param root The folder that `proc` and `sys` are in. */
  constructor(root: string = "/") {
    this.#root = root.replace(/\/*$/, "");
  }

  /** Why nothing can be read, or `undefined`. */
  get obstacle(): string | undefined {
    if (Deno.build.os !== "linux") return "Linux is required";
    if (this.isDirect || isGranted({ name: "run", command: "cat" })) return undefined;
    const path = this.#root === "" ? "" : ` or --allow-read=${this.#root}`;
    return `--allow-run=cat${path} is required on the source's command line`;
  }

  /**
   * Reads a file.
   *
   * @throws {Error} If it cannot be read.
   */
  async read(path: string, signal: AbortSignal): Promise<string> {
    const full = this.#root + path;
    if (this.isDirect) return await Deno.readTextFile(full, { signal });
    return await runProgram(["cat", full], signal);
  }

  /**
   * Reads files of one line each.
   *
   * @throws {Error} If `cat` cannot be run.
   */
  async readLines<Path extends string>(
    paths: readonly Path[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<Path, FileText>> {
    if (paths.length === 0) return new Map();
    if (!this.isDirect) return await this.#catLines(paths, signal);
    const texts = await Promise.all(paths.map(async (path) => {
      const text = Deno.readTextFile(this.#root + path, { signal });
      return [path, await text.then((line) => line.trim(), toError)] as const;
    }));
    signal.throwIfAborted();
    return new Map(texts);
  }

  /** Reads all with one `cat`, which names those that it cannot read on its standard error. */
  async #catLines<Path extends string>(
    paths: readonly Path[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<Path, FileText>> {
    const full = paths.map((path) => this.#root + path);
    const { output, errors } = await collectOutput(["cat", ...full], signal);
    const reasons = new Map(
      errors.split("\n").map((line) => {
        const [, path = "", reason = ""] = CAT_ERROR.exec(line) ?? [];
        return [path, reason];
      }),
    );
    const lines = output.split("\n");
    if (lines.length - 1 !== paths.length - full.filter((path) => reasons.has(path)).length) {
      throw new Error(
        "Cannot read files with cat: one has not one line, or cat tells other errors",
      );
    }
    return new Map(paths.map((path) => {
      const reason = reasons.get(this.#root + path);
      return [path, reason === undefined ? (lines.shift() ?? "").trim() : new Error(reason)];
    }));
  }

  /** Whether Deno may read the files itself. */
  protected get isDirect(): boolean {
    // Of these two folders Deno requires all permissions.
    if (this.#root !== "") return isGranted({ name: "read", path: this.#root });
    return ALL.every((name) => isGranted({ name }));
  }
}

const ALL = ["read", "write", "net", "env", "sys", "run", "ffi", "import"] as const;

// Of the GNU system, which quotes some names, and of busybox.
const CAT_ERROR = /^\S*cat: (?:can't open )?'?(.+?)'?: ([^:]+)$/;
