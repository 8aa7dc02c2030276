/**
 * Configurations that were replaced, as files beside those that are kept.
 *
 * @module
 */

import { dirname, join } from "node:path";
import type { JsonObject } from "../rpc/json.ts";
import type { Timestamp } from "../time/timestamp.ts";
import { fileNameOf, readConfigurationFile, writeConfigurationFile } from "./configuration_file.ts";
import { type ReplacedConfiguration, STORE_LIMITS } from "./configuration_store.ts";

const FOLDER = ".replaced"; // its dot hides it where people edit
const EXTENSION = ".json";

// Colons cannot be in file names on Windows.
const NAME = /^(\d{4}-\d\d-\d\dT\d\d)-(\d\d)-(\d\d\.\d+Z)\.json$/;

/** Keeps the newest ones of each token in a folder of its own. */
export class ReplacedFiles {
  /** The folder that all are in. */
  readonly path: string;

  /** Is given the folder of the configurations that are kept. */
  constructor(folder: string) {
    this.path = join(folder, FOLDER);
  }

  /** Adds one, and removes the oldest if there are too many. */
  async add(token: string, config: JsonObject, time: Timestamp): Promise<void> {
    const path = join(this.#folderOf(token), `${time}`.replaceAll(":", "-") + EXTENSION);
    await Deno.mkdir(dirname(path), { recursive: true });
    await writeConfigurationFile(path, config);
    for (const name of (await this.#names(token)).slice(STORE_LIMITS.replaced)) {
      await Deno.remove(join(dirname(path), name));
    }
  }

  /** Those of a token, newest first. */
  async list(token: string): Promise<readonly ReplacedConfiguration[]> {
    return (await this.#names(token)).slice(0, STORE_LIMITS.replaced)
      .map((id) => ({ id, time: id.replace(NAME, "$1:$2:$3") }));
  }

  /** One of them, if it is there. */
  async read(token: string, id: string): Promise<JsonObject | undefined> {
    if (!NAME.test(id)) return undefined; // it would be a path to anywhere
    return await readConfigurationFile(join(this.#folderOf(token), id));
  }

  async #names(token: string): Promise<string[]> {
    const names: string[] = [];
    try {
      for await (const { name } of Deno.readDir(this.#folderOf(token))) {
        if (NAME.test(name)) names.push(name);
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    return names.sort().reverse();
  }

  #folderOf(token: string): string {
    return join(this.path, fileNameOf(token).slice(0, -EXTENSION.length));
  }
}
