/**
 * What sources say that their configurations have to be.
 *
 * @module
 */

import { MessageError } from "../errors.ts";
import { CONFIG_SCHEMA_FUNCTION } from "../rpc/config_function.ts";
import { isJsonObject, type JsonObject, kindOf } from "../rpc/json.ts";
import type { MonotonicClock } from "../time/clock.ts";
import type { AgentView } from "./view/network_view.ts";
import { Recent } from "./view/recent.ts";

const SCHEMA_LASTS_MS = 60_000;
const MAX_KNOWN = 20;
const MAX_CHARACTERS = 512 * 1024;

/** What {@linkcode ConfigurationSchemas} needs. */
export interface ConfigurationSchemasOptions {
  /** Calls a function of an agent. */
  readonly call: (token: string, functionName: string) => Promise<JsonObject>;
  /** The agents that are there. */
  readonly agents: () => Promise<readonly AgentView[]>;
  readonly clock: MonotonicClock;
}

/** Asks sources for their schemas, those that have said in their answer to `discover` that they have one. */
export class ConfigurationSchemas {
  readonly #agents: ConfigurationSchemasOptions["agents"];
  readonly #read: Recent<JsonObject>;

  /** Asks nothing yet. */
  constructor({ call, agents, clock }: ConfigurationSchemasOptions) {
    this.#agents = agents;
    this.#read = new Recent({
      clock,
      lastsMs: SCHEMA_LASTS_MS,
      maxKeys: MAX_KNOWN,
      read: async (key) => {
        const [token = ""]: string[] = JSON.parse(key);
        return readSchema(await call(token, CONFIG_SCHEMA_FUNCTION));
      },
    });
  }

  /**
   * The JSON Schema of the configuration of a token, `undefined` if its source offers none or is not there.
   *
   * @throws {RpcError} If the source does not answer, or with an error.
   * @throws {MessageError} If its answer has no schema, or a large one.
   */
  async get(token: string): Promise<JsonObject | undefined> {
    const agent = (await this.#agents()).find((each) => each.token === token);
    const { configSchema, startingTime } = agent?.discovered ?? {};
    if (!agent?.alive || configSchema !== CONFIG_SCHEMA_FUNCTION) return undefined;
    // Another program may have this token after a while.
    return await this.#read.get(JSON.stringify([token, startingTime]));
  }
}

function readSchema({ schema }: JsonObject): JsonObject {
  if (!isJsonObject(schema)) {
    throw new MessageError(
      `Cannot read schema: ${kindOf(schema)} is given, a JSON object is required`,
    );
  }
  if (charactersOf(schema) > MAX_CHARACTERS) {
    throw new MessageError(
      `Cannot read schema: it is too large, at most ${MAX_CHARACTERS} characters are allowed`,
    );
  }
  return schema;
}

function charactersOf(schema: JsonObject): number {
  try {
    return JSON.stringify(schema).length;
  } catch (error) {
    if (error instanceof RangeError) return Infinity; // it is nested too deeply
    throw error;
  }
}
