/**
 * Configurations in a CouchDB, where the MetricQ Wizard keeps them.
 *
 * @module
 */

import { isDeepStrictEqual } from "node:util";
import { quote } from "../quote.ts";
import { isJsonObject, type JsonObject } from "../rpc/json.ts";
import { clockOrSystem, type MonotonicClock, wallTimeOf } from "../time/clock.ts";
import {
  ConfigurationConflict,
  type ConfigurationStore,
  type KeptConfiguration,
  type ReplacedConfiguration,
  STORE_LIMITS,
  StoreFailed,
} from "./configuration_store.ts";
import { CouchDbClient, type CouchDbRequest } from "./couchdb_client.ts";

/** Options of a {@linkcode CouchDbStore}. */
export interface CouchDbStoreOptions {
  /** `http[s]://[user:password@]host[:port]/`. */
  readonly url: string;
  /**
   * The clock of timeouts and of the history's times.
   * @default {the system's}
   */
  readonly clock?: MonotonicClock | undefined;
  /**
   * How long one request may take.
   * @default {10}
   */
  readonly timeoutSeconds?: number | undefined;
}

// The wizard's names.
const CONFIGURATIONS = "config";
const BACKUPS = "config_backup";
const BACKUP_TOKEN = "x-metricq-id";

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?$/;
// Documents of other tokens may come between: "a-2" beside "a".
const BACKUP_ROWS = 10 * STORE_LIMITS.replaced;

/**
 * Keeps the configuration of a token as the document `config/<token>`. What is replaced is copied to
 * `config_backup` before, as the wizard does it, so that each can go back to what the other has replaced.
 */
export class CouchDbStore implements ConfigurationStore {
  readonly place: string;
  readonly historyPlace: string;
  readonly #client: CouchDbClient;
  readonly #clock: MonotonicClock;

  /**
   * Connects to nothing yet.
   *
   * @throws {SyntaxError} If the URL is none of HTTP.
   */
  constructor({ url, clock: givenClock, timeoutSeconds = 10 }: CouchDbStoreOptions) {
    this.#clock = clockOrSystem(givenClock);
    this.#client = new CouchDbClient({ url, clock: this.#clock, timeoutSeconds });
    this.place = `CouchDB at ${this.#client.address}`;
    this.historyPlace = `database "${BACKUPS}" of ${this.place}`;
  }

  async tokens(): Promise<readonly string[]> {
    const { body } = await this.#client.request({
      action: "list configurations",
      path: [CONFIGURATIONS, "_all_docs"],
      query: { limit: String(STORE_LIMITS.tokens) },
    });
    return rowIds(body).filter((id) => !id.startsWith("_")).sort();
  }

  async read(token: string): Promise<KeptConfiguration | undefined> {
    const document = await this.#readDocument(token);
    return document && { config: withoutOwn(document), revision: revisionOf(document) };
  }

  async write(token: string, config: JsonObject, revision: string | undefined): Promise<string> {
    const action = `write configuration of ${quote(token)}`;
    requireNoOwn(token, config);
    const document = await this.#readDocument(token);
    const kept = document && { config: withoutOwn(document), revision: revisionOf(document) };
    if (kept !== undefined && isDeepStrictEqual(kept.config, config)) return kept.revision;
    if (kept?.revision !== revision) throw new ConfigurationConflict(token, kept);
    if (kept !== undefined) await this.#backUp(token, kept.config);
    const { outcome, body } = await this.#client.request({
      action,
      method: "PUT",
      path: [CONFIGURATIONS, token],
      body: { ...config, ...attachmentsOf(document), ...revision && { _rev: revision } },
      expects: ["conflict"],
    });
    if (outcome === "conflict") throw new ConfigurationConflict(token, await this.read(token));
    if (typeof body.rev === "string") return body.rev;
    throw new StoreFailed(`Cannot ${action}: ${this.place} has answered without a revision`);
  }

  async history(token: string): Promise<readonly ReplacedConfiguration[]> {
    const start = backupId(token, "");
    const { body } = await this.#client.request({
      action: `list what was replaced of ${quote(token)}`,
      path: [BACKUPS, "_all_docs"],
      query: {
        descending: "true",
        startkey: JSON.stringify(`${start}:`), // the character behind the digits
        endkey: JSON.stringify(`${start}0`),
        limit: String(BACKUP_ROWS),
      },
      expects: ["no database"],
    });
    return rowIds(body).map((id) => ({ id, time: id.slice(start.length) }))
      .filter(({ time }) => TIME.test(time)).slice(0, STORE_LIMITS.replaced);
  }

  async replaced(token: string, id: string): Promise<JsonObject | undefined> {
    const start = backupId(token, "");
    if (!id.startsWith(start) || !TIME.test(id.slice(start.length))) return undefined;
    const { outcome, body } = await this.#client.request({
      action: `read what was replaced of ${quote(token)}`,
      path: [BACKUPS, id],
      expects: ["no document", "no database"],
    });
    if (outcome !== "done") return undefined;
    const { [BACKUP_TOKEN]: _token, ...config } = withoutOwn(body);
    return config;
  }

  async #readDocument(token: string): Promise<JsonObject | undefined> {
    requireToken(token);
    const { outcome, body } = await this.#client.request({
      action: `read configuration of ${quote(token)}`,
      path: [CONFIGURATIONS, token],
      expects: ["no document"],
    });
    return outcome === "done" ? body : undefined;
  }

  async #backUp(token: string, config: JsonObject): Promise<void> {
    const backup: CouchDbRequest = {
      action: `keep what is replaced of ${quote(token)}`,
      method: "PUT",
      path: [BACKUPS, backupId(token, wallTimeOf(this.#clock).toString())],
      body: { ...config, [BACKUP_TOKEN]: token },
    };
    const { outcome } = await this.#client.request({ ...backup, expects: ["no database"] });
    if (outcome === "done") return;
    await this.#client.request({
      action: `make database ${quote(BACKUPS)}`,
      method: "PUT",
      path: [BACKUPS],
      expects: ["exists"],
    });
    await this.#client.request(backup);
  }
}

function backupId(token: string, time: string): string {
  return `backup-${token}-${time}`;
}

/** The ids in an answer to `_all_docs`. */
function rowIds({ rows }: JsonObject): string[] {
  if (!Array.isArray(rows)) return [];
  return rows.map((row) => isJsonObject(row) ? row.id : undefined)
    .filter((id) => typeof id === "string");
}

/** A document without what CouchDB has added. */
function withoutOwn(document: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(document).filter(([name]) => !isOwn(name)));
}

/** What CouchDB deletes unless it is sent again. */
function attachmentsOf(document: JsonObject | undefined): JsonObject {
  const attachments = document?._attachments;
  return attachments === undefined ? {} : { _attachments: attachments };
}

function revisionOf({ _rev: revision }: JsonObject): string {
  return typeof revision === "string" ? revision : "";
}

function isOwn(name: string): boolean {
  return name.startsWith("_");
}

function requireNoOwn(token: string, config: JsonObject): void {
  const own = Object.keys(config).find(isOwn);
  if (own === undefined) return;
  throw new StoreFailed(
    `Cannot write configuration of ${quote(token)}: its field ${quote(own)} begins with _, ` +
      "CouchDB takes no such names at the top",
  );
}

// A path of dots would lead to another document, an empty one to the database itself.
function requireToken(token: string): void {
  if (token !== "" && !/^(?:_|\.{1,2}$)/.test(token) && token.isWellFormed()) return;
  throw new StoreFailed(
    `Cannot keep configuration of ${quote(token)} in CouchDB: ` +
      "a token that is not empty and does not begin with _ is required",
  );
}
