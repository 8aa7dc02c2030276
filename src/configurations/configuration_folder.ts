/**
 * Configurations in a folder: a JSON file per token, which people and programs may edit at any time.
 *
 * @module
 */

import { join } from "node:path";
import { errorText } from "../error_text.ts";
import { logger } from "../log.ts";
import type { JsonObject } from "../rpc/json.ts";
import { type MonotonicClock, sleep } from "../time/clock.ts";
import {
  fileNameOf,
  isConfigurationFile,
  isTemporaryFile,
  readConfigurationFile,
  tokenOf,
  writeConfigurationFile,
} from "./configuration_file.ts";
import { FileStamps } from "./file_stamps.ts";
import { Settling } from "./settling.ts";

const log = logger("manager");

// Many files, and a slow disk, are looked at less often.
const LOOK_PERIOD_MS = 100;
const LONGEST_REST_MS = 3000;
const REST_PER_LOOK = 10;

/** What a {@linkcode ConfigurationFolder} needs. */
export interface ConfigurationFolderOptions {
  readonly clock: MonotonicClock;
  /**
   * Called when a file has changed, of one token one call after another; `undefined` if it was deleted.
   */
  readonly onEdit: (token: string, config: JsonObject | undefined) => Promise<void>;
}

/** A watched folder. It is watched until it is disposed of. */
export class ConfigurationFolder implements AsyncDisposable {
  readonly #path: string;
  readonly #options: ConfigurationFolderOptions;
  readonly #stamps: FileStamps;
  readonly #settling: Settling;
  readonly #closing = new AbortController();
  #watching: Promise<void> = Promise.resolve();

  private constructor(path: string, options: ConfigurationFolderOptions) {
    this.#path = path;
    this.#options = options;
    this.#stamps = new FileStamps(path, (name) => tokenOf(name) !== undefined);
    this.#settling = new Settling({
      clock: options.clock,
      onSettled: (token) => this.#readEdited(token),
    });
  }

  /** Begins to watch a folder, which is made if it is missing. */
  static async open(
    path: string,
    options: ConfigurationFolderOptions,
  ): Promise<ConfigurationFolder> {
    await Deno.mkdir(path, { recursive: true });
    const folder = new ConfigurationFolder(path, options);
    await folder.#stamps.begin(); // what is there is not an edit
    folder.#watching = folder.#watch();
    return folder;
  }

  /**
   * All tokens that have a file, with the configuration in it if that can be read. Removes what a
   * process has left that was killed while it wrote.
   */
  async readAll(): Promise<Map<string, JsonObject | undefined>> {
    const found = new Map<string, JsonObject | undefined>();
    for await (const { name } of Deno.readDir(this.#path)) {
      const token = tokenOf(name);
      if (token !== undefined) found.set(token, (await this.#read(token))?.config);
      else if (isTemporaryFile(name)) await this.#sweep(name);
      else if (isConfigurationFile(name)) {
        log.warn('Ignoring file "{name}": no token is written like that', { name });
      }
    }
    return found;
  }

  /**
   * Writes a token's file, as a whole or not at all.
   *
   * @throws {RangeError} If the token cannot be the name of a file.
   */
  async write(token: string, config: JsonObject): Promise<void> {
    await writeConfigurationFile(this.#pathOf(token), config);
  }

  /** Stops watching. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#watching;
    await this.#settling.close();
  }

  async #watch(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#closing;
    let restMs = LOOK_PERIOD_MS;
    let isReadable = true;
    while (!signal.aborted) {
      await sleep(clock, restMs, signal);
      const beganMs = clock.nowMs();
      try {
        for (const name of await this.#stamps.look()) {
          const token = tokenOf(name);
          if (token !== undefined) this.#settling.note(token);
        }
        isReadable = true;
      } catch (error) {
        if (isReadable) {
          log.warn("Cannot look for edited configurations: {error}", { error: errorText(error) });
        }
        isReadable = false;
      }
      const tookMs = clock.nowMs() - beganMs;
      restMs = Math.min(Math.max(LOOK_PERIOD_MS, REST_PER_LOOK * tookMs), LONGEST_REST_MS);
    }
  }

  async #readEdited(token: string): Promise<void> {
    const edited = await this.#read(token);
    if (edited !== undefined) await this.#options.onEdit(token, edited.config);
  }

  /** What a token's file holds, `config` being `undefined` if there is none. Never rejects. */
  async #read(token: string): Promise<{ config: JsonObject | undefined } | undefined> {
    try {
      const config = await readConfigurationFile(this.#pathOf(token));
      if (config === undefined) await Deno.stat(this.#path); // or all would count as deleted with it
      return { config };
    } catch (error) {
      log.warn('Ignoring file "{name}", its configuration stays as it was: {error}', {
        name: fileNameOf(token),
        error: errorText(error),
      });
      return undefined;
    }
  }

  async #sweep(name: string): Promise<void> {
    await Deno.remove(join(this.#path, name)).catch((error) => {
      log.warn('Cannot remove "{name}", which is left of an earlier run: {error}', {
        name,
        error: errorText(error),
      });
    });
  }

  #pathOf(token: string): string {
    return join(this.#path, fileNameOf(token));
  }
}
