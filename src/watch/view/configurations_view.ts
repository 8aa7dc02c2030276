/**
 * The configurations of a network, as the dashboard shows and changes them.
 *
 * @module
 */

import type { ReplacedConfiguration } from "../../configurations/configuration_store.ts";
import type { JsonObject } from "../../rpc/json.ts";

/** What has become of the newest configuration of a token. */
export interface ConfigurationState {
  /**
   * `"kept"`: no source is connected to take it; it gets it when it registers. `"sent"`: the source has
   * it, and has not answered: one that has got it with its registration does not. `"accepted"`,
   * `"refused"`: the source has answered so; the configuration before stays when one is refused.
   */
  readonly status: "kept" | "sent" | "accepted" | "refused";
  /** Why it is refused, in the source's words. */
  readonly reason: string | undefined;
  /** Since when, in ms since the Unix epoch. */
  readonly sinceMs: number;
}

/** A token's configuration, as far as it is known. */
export interface ConfigurationView {
  /**
   * As it is kept, without what belongs to others; `undefined` before the first. Without a place to keep
   * it, that which the source has accepted last from here.
   */
  readonly config: JsonObject | undefined;
  /** Stands for the one that is kept. */
  readonly revision: string | undefined;
  /** What has become of the newest one that went by here, unless another has replaced it since. */
  readonly state: ConfigurationState | undefined;
  /** Why it cannot be read. */
  readonly error: string | undefined;
}

/** What has come of an attempt to configure. */
export interface ConfigureOutcome {
  /**
   * What the source said, `"accepted"` or `"refused"`; or that it is not connected, or has not answered.
   */
  readonly answer: "accepted" | "refused" | "not connected" | "no answer";
  /** Why it is refused, or not answered. */
  readonly reason: string | undefined;
  /**
   * That of the configuration if it is kept: then a source gets it when it registers. `undefined` if it
   * is not.
   */
  readonly keptRevision: string | undefined;
}

/** Where configurations are kept, and whether they can be changed. */
export interface ConfigurationKeeping {
  /** Where, such as `"folder configurations"`, without a password; `undefined` if they are not kept. */
  readonly place: string | undefined;
  /** Where those that were replaced are kept. */
  readonly historyPlace: string | undefined;
  /** Whether `configure` may be called. */
  readonly isWritable: boolean;
}

/** The configurations of a network. */
export interface ConfigurationsView {
  /** Where they are kept. */
  readonly keeping: ConfigurationKeeping;
  /** Tokens that have a configuration, or could be given one, sorted. Never rejects. */
  tokens(): Promise<readonly string[]>;
  /** The configuration of a token. Never rejects. */
  get(token: string): Promise<ConfigurationView>;
  /**
   * What the source says that its configuration has to be, as JSON Schema; `undefined` if it does not.
   * It is not trusted: it may be large, or endless.
   *
   * @throws {RpcError} If the source does not answer.
   * @throws {MessageError} If it answers with something else.
   */
  schema(token: string): Promise<JsonObject | undefined>;
  /**
   * Gives a token a configuration: it is kept, and sent to the source if that is connected.
   *
   * @param revision That of the one that it replaces; `undefined` for a first one.
   * @throws {ConfigurationConflict} If another one is kept by now.
   * @throws {StoreFailed} If it cannot be kept. It is not sent then.
   */
  configure(
    token: string,
    config: JsonObject,
    revision: string | undefined,
  ): Promise<ConfigureOutcome>;
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
