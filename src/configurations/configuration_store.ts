/**
 * Where the configurations of a network are kept, and what it takes to change one safely.
 *
 * @module
 */

import { MetricQError } from "../errors.ts";
import type { JsonObject } from "../rpc/json.ts";

/** A configuration as it is kept. */
export interface KeptConfiguration {
  readonly config: JsonObject;
  /** Stands for this configuration: another one has another. */
  readonly revision: string;
}

/** A configuration that was replaced by a newer one. */
export interface ReplacedConfiguration {
  /** Its name, for {@linkcode ConfigurationStore.replaced}. */
  readonly id: string;
  /** When it was replaced, in ISO 8601; without a zone it is the time of day at who replaced it. */
  readonly time: string;
}

/** Keeps configurations by token. */
export interface ConfigurationStore {
  /** What people are told, such as `"CouchDB at http://127.0.0.1:5984/"`. Without a password. */
  readonly place: string;
  /** Where what was replaced is kept. */
  readonly historyPlace: string;
  /**
   * The tokens that have a configuration, sorted; a bounded number.
   *
   * @throws {StoreFailed} If they cannot be read.
   */
  tokens(): Promise<readonly string[]>;
  /**
   * The configuration of a token, if it has one.
   *
   * @throws {StoreFailed} If it cannot be read.
   */
  read(token: string): Promise<KeptConfiguration | undefined>;
  /**
   * Puts a configuration in the place of one that was read, which the history keeps. The same
   * configuration changes nothing.
   *
   * @param revision That of the one that was read; `undefined` if there was none.
   * @returns The new revision.
   * @throws {ConfigurationConflict} If another one is there by now.
   * @throws {StoreFailed} If it cannot be written.
   */
  write(token: string, config: JsonObject, revision: string | undefined): Promise<string>;
  /**
   * What was replaced of a token, newest first; a bounded number.
   *
   * @throws {StoreFailed} If it cannot be read.
   */
  history(token: string): Promise<readonly ReplacedConfiguration[]>;
  /**
   * A configuration that was replaced, if there is one of that name.
   *
   * @throws {StoreFailed} If it cannot be read.
   */
  replaced(token: string, id: string): Promise<JsonObject | undefined>;
}

/** Where configurations are kept cannot be read or written. No message holds a password. */
export class StoreFailed extends MetricQError {}

/** A configuration is not written, because it would replace one that its author has not seen. */
export class ConfigurationConflict extends MetricQError {
  /** What is kept now; `undefined` if it was deleted. */
  readonly kept: KeptConfiguration | undefined;

  /** Makes the error for a token. */
  constructor(token: string, kept: KeptConfiguration | undefined) {
    const what = kept === undefined ? "deleted" : "changed";
    super(`Cannot write configuration of "${token}": it was ${what} meanwhile`);
    this.kept = kept;
  }
}

/** The most tokens, and the most replaced configurations of one, that a store lists. */
export const STORE_LIMITS = { tokens: 10_000, replaced: 100 } as const;
