/**
 * Requests and responses of remote procedure calls, as the messages of MetricQ carry them.
 *
 * @module
 */

import { errorText } from "../error_text.ts";
import { MessageError } from "../errors.ts";
import { encodeJsonObject, type JsonObject, kindOf, parseJsonObject } from "./json.ts";

// It is a routing key on its way here. What is longer would fill logs and answers.
const MAX_FUNCTION_CHARACTERS = 255;

/** What matters of a message that has arrived. */
export interface RpcMessage {
  /** A JSON object in UTF-8. Peers label it as such, but the label is not relied upon. */
  readonly body: Uint8Array;
  /** The sender's token. */
  readonly appId?: string | undefined;
  /** What connects a response with its request. */
  readonly correlationId?: string | undefined;
  /** The queue that waits for the response. */
  readonly replyTo?: string | undefined;
}

/** A call of this agent by another. */
export interface RpcRequest {
  /** Distinguishes it from a response. */
  readonly kind: "request";
  /** The function's name. */
  readonly function: string;
  /** All of the body but the function's name. */
  readonly arguments: JsonObject;
  /** The token of the agent that calls, if the message has one. */
  readonly fromToken: string | undefined;
  /** What the response must carry, too. */
  readonly correlationId: string | undefined;
  /** Where the response goes; without it the request cannot be answered. */
  readonly replyTo: string | undefined;
}

/** The answer of another agent to a call of this one. */
export interface RpcResponse {
  /** Distinguishes it from a request. */
  readonly kind: "response";
  /** The id of the call that it answers. */
  readonly correlationId: string;
  /** The result, or an object with the property `error`. */
  readonly body: JsonObject;
  /** The token of the agent that answers, if the message has one. */
  readonly fromToken: string | undefined;
}

/**
 * Reads a message: with a `function` it is a request, without one a response.
 *
 * @throws {MessageError} If it is neither.
 */
export function readMessage(message: RpcMessage): RpcRequest | RpcResponse {
  const body = parseJsonObject(message.body);
  // A peer may send a property empty instead of leaving it out.
  const fromToken = message.appId || undefined;
  const correlationId = message.correlationId || undefined;

  if (Object.hasOwn(body, "function")) {
    const functionName = body["function"];
    delete body["function"]; // not a copy of the rest, which may be large
    if (typeof functionName !== "string" || functionName === "") {
      const given = functionName === "" ? "an empty string" : kindOf(functionName);
      throw new MessageError(
        `Cannot read request: its function is ${given}, a name is required`,
      );
    }
    if (functionName.length > MAX_FUNCTION_CHARACTERS) {
      throw new MessageError(
        `Cannot read request: its function has ${functionName.length} characters, ` +
          `at most ${MAX_FUNCTION_CHARACTERS} are allowed`,
      );
    }
    const replyTo = message.replyTo || undefined;
    return {
      kind: "request",
      function: functionName,
      arguments: body,
      fromToken,
      correlationId,
      replyTo,
    };
  }
  if (correlationId === undefined) {
    throw new MessageError("Cannot read message: it has neither a function nor a correlation id");
  }
  return { kind: "response", correlationId, body, fromToken };
}

/**
 * The body of a request.
 *
 * @param args What the function is given, names in camelCase.
 * @throws {TypeError} If the arguments are not an object that JSON can carry, or one of them is named
 * `function`: the protocol puts the function's name there.
 */
export function encodeRequest(functionName: string, args: JsonObject): Uint8Array<ArrayBuffer> {
  if (Object.hasOwn(args, "function")) {
    throw new TypeError(`Cannot call ${functionName}: an argument is named "function"`);
  }
  return encodeJsonObject({ function: functionName, ...args }, `arguments of ${functionName}`);
}

/**
 * The body of a response.
 *
 * @param result What the function has returned.
 * @throws {TypeError} If the result is not an object that JSON can carry.
 */
export function encodeResponse(functionName: string, result: JsonObject): Uint8Array<ArrayBuffer> {
  return encodeJsonObject(result, `result of ${functionName}`);
}

/**
 * The body of a response that reports a failure. It can be made of anything that was thrown.
 */
export function encodeErrorResponse(error: unknown): Uint8Array<ArrayBuffer> {
  return encodeJsonObject({ error: errorText(error) }, "error");
}
