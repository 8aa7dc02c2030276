/**
 * Where the users of a published package begin.
 *
 * @module
 */

import { boundCommand } from "../peers/process.ts";
import type { Registry } from "./registry.ts";

/** A folder and a cache of packages with nothing in them. */
export class EmptyFolder implements AsyncDisposable {
  /** The folder. */
  readonly path: string = Deno.makeTempDirSync();
  readonly #registryUrl: string;

  /** Makes a folder for packages of a registry. */
  constructor({ url }: Registry) {
    this.#registryUrl = url;
  }

  /** Writes a file. */
  async write(name: string, text: string): Promise<void> {
    await Deno.writeTextFile(`${this.path}/${name}`, text);
  }

  /** A command that is run there, to be started. */
  command(
    program: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Deno.Command {
    return boundCommand(program, args, {
      cwd: this.path,
      env: {
        JSR_URL: this.#registryUrl,
        DENO_DIR: `${this.path}/.deno`,
        NO_COLOR: "1",
        ...env,
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
  }

  /** As `command`, for Deno. */
  deno(args: readonly string[], env: Readonly<Record<string, string>> = {}): Deno.Command {
    return this.command(Deno.execPath(), args, env);
  }

  /** Removes the folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}
