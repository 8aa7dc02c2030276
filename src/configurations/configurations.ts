/**
 * The configurations of sources, by token.
 *
 * @module
 */

import { isDeepStrictEqual } from "node:util";
import { errorText } from "../error_text.ts";
import { logger } from "../log.ts";
import { ownConfiguration } from "../rpc/config_function.ts";
import { copyJsonObject, type JsonObject } from "../rpc/json.ts";
import { clockOrSystem, type MonotonicClock, wallTimeOf } from "../time/clock.ts";
import type { ReplacedConfiguration } from "./configuration_store.ts";
import { ConfigurationFolder } from "./configuration_folder.ts";
import { ReplacedFiles } from "./replaced_files.ts";

const log = logger("manager");

const MAX_REPLACED_IN_MEMORY = 20;

interface ReplacedInMemory extends ReplacedConfiguration {
  readonly config: JsonObject;
}

/** Options of {@linkcode Configurations}. */
export interface ConfigurationsOptions {
  /** Those to begin with, by token. Where the folder has one as well, the folder's counts. */
  readonly configs?: Readonly<Record<string, JsonObject>> | undefined;
  /**
   * The configuration of the other tokens.
   * @default {none}
   */
  readonly fallback?: JsonObject | undefined;
  /**
   * A folder that keeps them, `<token>.json` each; made if it is missing.
   * @default {only memory}
   */
  readonly folder?: string | undefined;
  /**
   * The clock that waiting follows.
   * @default {the system's}
   */
  readonly clock?: MonotonicClock | undefined;
}

/**
 * Keeps configurations: in memory, or in a folder as well, whose files may be edited meanwhile. A
 * file that cannot be read, or whose configuration is refused, changes nothing.
 */
export class Configurations implements AsyncDisposable {
  readonly #configs = new Map<string, JsonObject>();
  readonly #revisions = new Map<string, number>();
  readonly #fallback: JsonObject | undefined;
  readonly #clock: MonotonicClock;
  #folder: ConfigurationFolder | undefined;
  #replacedFiles: ReplacedFiles | undefined;
  /** Of each token the newest that were replaced, as long as there is no folder for them. */
  readonly #replaced = new Map<string, readonly ReplacedInMemory[]>();

  /**
   * Called with the configuration of an edited file before it counts; `undefined` if the file was
   * deleted. What it throws is logged, and the old configuration stays.
   */
  onEdit: (token: string, config: JsonObject | undefined) => Promise<void> = async () => {};

  private constructor({ configs = {}, fallback, clock }: ConfigurationsOptions) {
    this.#clock = clockOrSystem(clock);
    for (const [token, config] of Object.entries(configs)) {
      this.#configs.set(token, copyConfig(token, config));
    }
    this.#fallback = fallback && copyConfig("*", fallback);
  }

  /**
   * Makes the store, and reads the folder if one is given. Given configurations that it does not
   * have yet are written into it, to be found there and edited.
   *
   * @throws {TypeError} If JSON cannot carry a given configuration.
   * @throws {Error} If the folder cannot be read or written.
   */
  static async open(options: ConfigurationsOptions = {}): Promise<Configurations> {
    const store = new Configurations(options);
    if (options.folder !== undefined) {
      const { folder: path, clock = clockOrSystem() } = options;
      const folder = await ConfigurationFolder.open(path, {
        clock,
        onEdit: (token, config) => store.#edit(token, config),
      });
      store.#folder = folder;
      store.#replacedFiles = new ReplacedFiles(path);
      const found = await folder.readAll();
      for (const [token, config] of store.#configs) {
        if (!found.has(token)) await folder.write(token, config);
      }
      for (const [token, config] of found) {
        if (config !== undefined) store.#configs.set(token, config);
      }
    }
    return store;
  }

  /** The tokens that have a configuration of their own, sorted. */
  tokens(): string[] {
    return [...this.#configs.keys()].sort();
  }

  /** The configuration of a token, if there is one. */
  get(token: string): JsonObject | undefined {
    return structuredClone(this.#configs.get(token) ?? this.#fallback);
  }

  /** The number of a token's configuration, which counts up from 1; 0 if it has had none. */
  revision(token: string): number {
    const isFirst = this.#fallback !== undefined || this.#configs.has(token);
    return this.#revisions.get(token) ?? (isFirst ? 1 : 0);
  }

  /**
   * Gives a token a configuration.
   *
   * @throws {TypeError} If JSON cannot carry it.
   * @throws {Error} If the folder cannot keep it; the old one stays.
   */
  async set(token: string, config: JsonObject): Promise<void> {
    const copied = copyConfig(token, config);
    const replaced = this.#configs.get(token);
    if (replaced !== undefined) await this.#keepReplaced(token, replaced);
    await this.#folder?.write(token, copied);
    this.#change(token, copied);
  }

  /** Where those that were replaced by `set` are kept. */
  get historyPlace(): string {
    return this.#replacedFiles
      ? `folder ${this.#replacedFiles.path}`
      : "the memory of this program";
  }

  /** What was replaced of a token by `set`, newest first. */
  async history(token: string): Promise<readonly ReplacedConfiguration[]> {
    if (this.#replacedFiles) return await this.#replacedFiles.list(token);
    return (this.#replaced.get(token) ?? []).map(({ id, time }) => ({ id, time }));
  }

  /** A configuration that was replaced, if there is one of that name. */
  async replaced(token: string, id: string): Promise<JsonObject | undefined> {
    if (this.#replacedFiles) return await this.#replacedFiles.read(token, id);
    return this.#replaced.get(token)?.find((each) => each.id === id)?.config;
  }

  async #keepReplaced(token: string, config: JsonObject): Promise<void> {
    const time = wallTimeOf(this.#clock);
    if (this.#replacedFiles) return await this.#replacedFiles.add(token, config, time);
    const before = this.#replaced.get(token) ?? [];
    const added = { id: `${time}`, time: `${time}`, config };
    this.#replaced.set(token, [added, ...before].slice(0, MAX_REPLACED_IN_MEMORY));
  }

  /** Stops watching the folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#folder?.[Symbol.asyncDispose]();
  }

  #change(token: string, config: JsonObject | undefined): void {
    this.#revisions.set(token, this.revision(token) + 1);
    if (config === undefined) this.#configs.delete(token);
    else this.#configs.set(token, config);
  }

  async #edit(token: string, config: JsonObject | undefined): Promise<void> {
    const known = this.#configs.get(token);
    if (isDeepStrictEqual(config, known)) return; // our own writing, most likely
    if (config && known && isDeepStrictEqual(ownConfiguration(config), ownConfiguration(known))) {
      this.#configs.set(token, config); // nothing that is the source's has changed
      return;
    }
    try {
      await this.onEdit(token, config);
      this.#change(token, config);
      log.info("The configuration of {token} was {what} in its file", {
        token,
        what: config === undefined ? "deleted" : "changed",
      });
    } catch (error) {
      log.warn("The edited configuration of {token} is refused, the old one stays: {error}", {
        token,
        error: errorText(error),
      });
    }
  }
}

function copyConfig(token: string, config: JsonObject): JsonObject {
  return copyJsonObject(config, `configuration of "${token}"`);
}
