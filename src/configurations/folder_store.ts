/**
 * Configurations as files, `<token>.json` each, without a watch on the folder.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { errorText } from "../error_text.ts";
import type { JsonObject } from "../rpc/json.ts";
import { clockOrSystem, type MonotonicClock, wallTimeOf } from "../time/clock.ts";
import {
  fileNameOf,
  readConfigurationFile,
  tokenOf,
  writeConfigurationFile,
} from "./configuration_file.ts";
import {
  ConfigurationConflict,
  type ConfigurationStore,
  type KeptConfiguration,
  type ReplacedConfiguration,
  STORE_LIMITS,
  StoreFailed,
} from "./configuration_store.ts";
import { ReplacedFiles } from "./replaced_files.ts";

/** Keeps configurations in a folder. What is replaced goes to its subfolder `.replaced`. */
export class FolderStore implements ConfigurationStore {
  readonly place: string;
  readonly historyPlace: string;
  readonly #path: string;
  readonly #replaced: ReplacedFiles;
  readonly #clock: MonotonicClock;
  /** The last writing; one comes after another, so that none reads what another is about to replace. */
  #writing: Promise<unknown> = Promise.resolve();

  /** Takes a folder, which is made when it is first written to. */
  constructor(path: string, clock?: MonotonicClock) {
    this.#path = path;
    this.#replaced = new ReplacedFiles(path);
    this.#clock = clockOrSystem(clock);
    this.place = `folder ${path}`;
    this.historyPlace = `folder ${this.#replaced.path}`;
  }

  async tokens(): Promise<readonly string[]> {
    return await this.#try("list configurations", async () => {
      const found: string[] = [];
      try {
        for await (const { name, isDirectory } of Deno.readDir(this.#path)) {
          const token = isDirectory ? undefined : tokenOf(name);
          if (token !== undefined) found.push(token);
          if (found.length === STORE_LIMITS.tokens) break;
        }
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
      return found.sort();
    });
  }

  async read(token: string): Promise<KeptConfiguration | undefined> {
    return await this.#try(`read configuration of "${token}"`, async () => {
      const config = await readConfigurationFile(this.#pathOf(token));
      return config && { config, revision: digestOf(config) };
    });
  }

  write(token: string, config: JsonObject, revision: string | undefined): Promise<string> {
    const writing = this.#writing.then(() => this.#write(token, config, revision));
    this.#writing = writing.catch(() => {}); // its caller knows
    return writing;
  }

  async history(token: string): Promise<readonly ReplacedConfiguration[]> {
    const action = `list what was replaced of "${token}"`;
    return await this.#try(action, () => this.#replaced.list(token));
  }

  async replaced(token: string, id: string): Promise<JsonObject | undefined> {
    const action = `read what was replaced of "${token}"`;
    return await this.#try(action, () => this.#replaced.read(token, id));
  }

  async #write(token: string, config: JsonObject, revision: string | undefined): Promise<string> {
    const kept = await this.read(token);
    if (kept !== undefined && isDeepStrictEqual(kept.config, config)) return kept.revision;
    if (kept?.revision !== revision) throw new ConfigurationConflict(token, kept);
    return await this.#try(`write configuration of "${token}"`, async () => {
      await Deno.mkdir(this.#path, { recursive: true });
      if (kept !== undefined) {
        await this.#replaced.add(token, kept.config, wallTimeOf(this.#clock));
      }
      await writeConfigurationFile(this.#pathOf(token), config);
      return digestOf(config);
    });
  }

  async #try<Result>(action: string, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (cause) {
      throw new StoreFailed(`Cannot ${action} in ${this.place}: ${errorText(cause)}`, { cause });
    }
  }

  #pathOf(token: string): string {
    return join(this.#path, fileNameOf(token));
  }
}

/** Files count nothing, so a configuration stands for itself. */
function digestOf(config: JsonObject): string {
  return createHash("sha256").update(JSON.stringify(config)).digest("hex");
}
