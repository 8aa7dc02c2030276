/**
 * The call by which a source registers with the manager.
 *
 * @module
 */

import type { AgentCore } from "../agent/agent_core.ts";
import { MessageError, RpcError } from "../errors.ts";
import { ownConfiguration } from "../rpc/config_function.ts";
import { MANAGEMENT_EXCHANGE } from "../rpc/exchanges.ts";
import { isJsonObject, type JsonObject } from "../rpc/json.ts";
import type { DataPlace } from "./data_connection.ts";

/** What the manager answers. */
export interface RegisterAnswer extends DataPlace {
  /** The configuration of the source, if the manager sends one. */
  readonly config: JsonObject | undefined;
}

/**
 * Registers.
 *
 * @throws {RpcError} If the answer is an error, or there is none.
 * @throws {MessageError} If the answer does not say where data goes.
 */
export async function callRegister(core: AgentCore, signal: AbortSignal): Promise<RegisterAnswer> {
  const options = { exchange: MANAGEMENT_EXCHANGE, signal };
  const answer = await core.rpc.call("source.register", {}, options);
  const { dataServerAddress, dataExchange, config } = answer;
  if (typeof dataServerAddress !== "string" || typeof dataExchange !== "string") {
    throw new MessageError(
      'Cannot read the answer to source.register: "dataServerAddress" and "dataExchange" are required as texts',
    );
  }
  const own = isJsonObject(config) ? ownConfiguration(config) : undefined;
  return { dataServerAddress, dataExchange, config: own };
}

/**
 * Whether the manager has no configuration for the token. It has no code for that: the text is its
 * database's, `Document <token> was not found`.
 */
export function isUnconfigured(error: unknown): error is RpcError {
  return error instanceof RpcError && error.reason.startsWith("Document ") &&
    error.reason.includes(" not found");
}
