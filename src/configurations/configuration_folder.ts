/**
 * Configurations in a folder: a JSON file per token, which people and programs may edit at any time.
 *
 * @module
 */

import { basename, join } from "node:path";
import { errorText } from "../error_text.ts";
import { logger } from "../log.ts";
import { isJsonObject, type JsonObject, kindOf } from "../rpc/json.ts";
import { type MonotonicClock, sleep } from "../time/clock.ts";

const log = logger("manager");

const EXTENSION = ".json";
const FILE_NAME_MAX_BYTES = 200; // 255 on usual file systems, less what a temporary name adds
// Editors write a file in several steps, and programs several files.
const SETTLE_MS = 100;

/** What a {@linkcode ConfigurationFolder} needs. */
export interface ConfigurationFolderOptions {
  readonly clock: MonotonicClock;
  /** Called when a file has changed, one call after another; `undefined` if it was deleted. */
  readonly onEdit: (token: string, config: JsonObject | undefined) => Promise<void>;
}

/** A watched folder. It is watched until it is disposed of. */
export class ConfigurationFolder implements AsyncDisposable {
  readonly #path: string;
  readonly #options: ConfigurationFolderOptions;
  readonly #watcher: Deno.FsWatcher;
  readonly #watching: Promise<void>;
  readonly #changed = new Set<string>();
  #settling = new AbortController();
  #work: Promise<void> = Promise.resolve();

  private constructor(path: string, options: ConfigurationFolderOptions) {
    this.#path = path;
    this.#options = options;
    this.#watcher = Deno.watchFs(path, { recursive: false });
    this.#watching = this.#watch();
  }

  /** Begins to watch a folder, which is made if it is missing. */
  static async open(
    path: string,
    options: ConfigurationFolderOptions,
  ): Promise<ConfigurationFolder> {
    await Deno.mkdir(path, { recursive: true });
    return new ConfigurationFolder(path, options);
  }

  /** All tokens that have a file, with the configuration in it if that can be read. */
  async readAll(): Promise<Map<string, JsonObject | undefined>> {
    const found = new Map<string, JsonObject | undefined>();
    for await (const { name } of Deno.readDir(this.#path)) {
      const token = tokenOf(name);
      if (token === undefined) {
        if (name.endsWith(EXTENSION)) {
          log.warn('Ignoring file "{name}": no token is written like that', { name });
        }
        continue;
      }
      found.set(token, (await this.#read(token))?.config);
    }
    return found;
  }

  /**
   * Writes a token's file, as a whole or not at all.
   *
   * @throws {RangeError} If the token cannot be the name of a file.
   */
  async write(token: string, config: JsonObject): Promise<void> {
    const path = this.#pathOf(token);
    const temporary = join(this.#path, `.${crypto.randomUUID()}.tmp`);
    try {
      await Deno.writeTextFile(temporary, JSON.stringify(config, null, 2) + "\n");
      await Deno.rename(temporary, path);
    } catch (error) {
      await Deno.remove(temporary).catch(() => {}); // it may not be there
      throw error;
    }
  }

  /** Stops watching. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#settling.abort();
    this.#watcher.close();
    await this.#watching;
    await this.#work;
  }

  async #watch(): Promise<void> {
    for await (const { kind, paths } of this.#watcher) {
      if (kind === "access") continue; // our own reading, among others
      const tokens = paths.map((path) => tokenOf(basename(path))).filter((token) =>
        token !== undefined
      );
      if (tokens.length === 0) continue;
      for (const token of tokens) this.#changed.add(token);
      this.#settling.abort();
      this.#settling = new AbortController();
      void this.#settle(this.#settling.signal);
    }
  }

  async #settle(signal: AbortSignal): Promise<void> {
    await sleep(this.#options.clock, SETTLE_MS, signal);
    if (signal.aborted) return;
    const tokens = [...this.#changed];
    this.#changed.clear();
    this.#work = this.#work.then(async () => {
      for (const token of tokens) await this.#readEdited(token);
    });
  }

  async #readEdited(token: string): Promise<void> {
    const edited = await this.#read(token);
    if (edited !== undefined) await this.#options.onEdit(token, edited.config);
  }

  /** What a token's file holds, `config` being `undefined` if there is none. Never rejects. */
  async #read(token: string): Promise<{ config: JsonObject | undefined } | undefined> {
    try {
      // A decoder, and not readTextFile, because it drops the byte order mark of some editors.
      const text = new TextDecoder().decode(await Deno.readFile(this.#pathOf(token)));
      const config: unknown = JSON.parse(text);
      if (isJsonObject(config)) return { config };
      throw new TypeError(`it holds ${kindOf(config)}, an object is required`);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return { config: undefined };
      log.warn('Ignoring file "{name}", its configuration stays as it was: {error}', {
        name: fileName(token),
        error: errorText(error),
      });
      return undefined;
    }
  }

  #pathOf(token: string): string {
    return join(this.#path, fileName(token));
  }
}

/** The name of a token's file. What is special in file names is percent-encoded. */
function fileName(token: string): string {
  const requirement = `one of 1 to ${FILE_NAME_MAX_BYTES} bytes is required`;
  if (!token.isWellFormed() || token === "") {
    throw new RangeError(
      `Cannot keep configuration: "${token}" makes no file name, ${requirement}`,
    );
  }
  // What encodeURIComponent leaves and Windows does not take, and a dot that would hide the file.
  const name =
    encodeURIComponent(token).replace(/^\.|\*/g, (character) => character === "." ? "%2E" : "%2A") +
    EXTENSION;
  if (name.length <= FILE_NAME_MAX_BYTES) return name;
  throw new RangeError(
    `Cannot keep configuration of "${
      token.slice(0, 40)
    }…": its file name has ${name.length} bytes, ${requirement}`,
  );
}

/** The token whose file has a name, if there can be one. */
function tokenOf(name: string): string | undefined {
  if (!name.endsWith(EXTENSION)) return undefined;
  try {
    const token = decodeURIComponent(name.slice(0, -EXTENSION.length));
    return fileName(token) === name ? token : undefined;
  } catch {
    return undefined; // no percent-encoding, or too long
  }
}
