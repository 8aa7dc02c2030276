/**
 * What the configuration of an agent has to be, told to those who write it.
 *
 * @module
 */

import { errorText } from "../error_text.ts";
import { RpcError } from "../errors.ts";
import { logger } from "../log.ts";
import { CONFIG_SCHEMA_FUNCTION } from "../rpc/config_function.ts";
import type { JsonObject } from "../rpc/json.ts";
import { tellJsonSchema } from "../rpc/json_schema.ts";
import type { StandardSchema } from "../rpc/schema.ts";

/** Makes the JSON Schema of an agent's configuration when it is asked for first, and again when handlers come. */
export class ConfigurationSchema {
  readonly #token: string;
  readonly #schemas: () => readonly StandardSchema[];
  #told: { readonly of: number; readonly schema: JsonObject | undefined } | undefined;

  /** `schemas`: those of the handlers that the agent has at the time. */
  constructor(token: string, schemas: () => readonly StandardSchema[]) {
    this.#token = token;
    this.#schemas = schemas;
  }

  /** Whether there is a JSON Schema to tell. */
  get isOffered(): boolean {
    return this.#schema() !== undefined;
  }

  /**
   * The answer to a call.
   *
   * @throws {RpcError} If there is nothing to tell.
   */
  answer(): JsonObject {
    const schema = this.#schema();
    if (schema === undefined) {
      throw new RpcError(CONFIG_SCHEMA_FUNCTION, "its configuration has no JSON Schema here");
    }
    return { schema };
  }

  #schema(): JsonObject | undefined {
    const schemas = this.#schemas();
    if (this.#told?.of !== schemas.length) {
      this.#told = { of: schemas.length, schema: this.#tell(schemas) };
    }
    return this.#told.schema;
  }

  #tell(schemas: readonly StandardSchema[]): JsonObject | undefined {
    try {
      return tellJsonSchema(schemas);
    } catch (error) {
      logger("agent").warn("{token} does not offer the schema of its configuration: {error}", {
        token: this.#token,
        error: errorText(error),
      });
      return undefined;
    }
  }
}
