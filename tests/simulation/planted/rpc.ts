/**
 * Faults to plant into the calls between agents.
 *
 * @module
 */

import type { Planted } from "./planted.ts";
import { hasFaults } from "./shows.ts";

/** All of them. */
export const RPC: readonly Planted[] = [
  {
    what: "calls of a function do not wait for the one before",
    file: "src/rpc/dispatcher.ts",
    text: "await rpc.lastAnswer;",
    replacement: "",
  },
  {
    what: "calls that are answered count as unfinished",
    file: "src/rpc/dispatcher.ts",
    text: "rpc.unfinishedCalls--;",
    replacement: "",
  },
  {
    what: "a function has one unfinished call",
    file: "src/rpc/dispatcher.ts",
    text: "MAX_UNFINISHED_CALLS: number = 100",
    replacement: "MAX_UNFINISHED_CALLS: number = 1",
  },
  {
    what: "a function has one unfinished call more",
    file: "src/rpc/dispatcher.ts",
    text: "rpc.unfinishedCalls >= this.#maxUnfinishedCalls",
    replacement: "rpc.unfinishedCalls > this.#maxUnfinishedCalls",
  },
  {
    what: "a call that hangs is not given up",
    file: "src/rpc/dispatcher.ts",
    text: "limit.race(runInTurn(rpc, args, context, limit))",
    replacement: "runInTurn(rpc, args, context, limit)",
  },
  {
    what: "handlers of a call go on though it was given up",
    file: "src/rpc/dispatcher.ts",
    text: "limit.throwIfOver();",
    replacement: "",
  },
  {
    what: "a call of a function that is not there is answered as if it were",
    file: "src/rpc/dispatcher.ts",
    text: 'if (rpc === undefined) throw new RpcError(functionName, "it has no handler here");',
    replacement: "if (rpc === undefined) return {};",
  },
  {
    what: "an error of a handler is answered as success",
    file: "src/rpc/rpc_endpoint.ts",
    text: "body = encodeErrorResponse(error);",
    replacement: "body = encodeResponse(name, {});",
  },
  {
    what: "a call that has failed is not answered",
    file: "src/rpc/rpc_endpoint.ts",
    text: "this.#options.onAnswered?.(request, errorText(error));",
    replacement: "return;",
  },
  {
    what: "a call that cannot be read is not answered",
    file: "src/rpc/rpc_endpoint.ts",
    text:
      "if (message.replyTo) void this.#respond(message.replyTo, message, encodeErrorResponse(error));",
    replacement: "",
  },
  {
    what: "the first configuration has no more time than a call",
    file: "src/rpc/rpc_endpoint.ts",
    text: "      timeoutSeconds: Infinity,\n",
    replacement: "",
    shows: hasFaults("slow configuration"),
  },
  {
    what: "an answer that does not come is waited for without end",
    file: "src/rpc/pending_calls.ts",
    text: "      timeoutSeconds,\n      signal,",
    replacement: "      timeoutSeconds: Infinity,\n      signal,",
  },
  {
    what: "what others keep in a configuration makes another one of it",
    file: "src/source/register_call.ts",
    text: "isJsonObject(config) ? ownConfiguration(config) : undefined",
    replacement: "isJsonObject(config) ? config : undefined",
    shows: hasFaults("cut connection"),
  },
  {
    what: "a configuration that is in force is used again after an outage",
    file: "src/source/source_configuration.ts",
    text: "isDeepStrictEqual(config, trial ? trial.config : this.#inForce)",
    replacement: "isDeepStrictEqual(config, trial?.config)",
    shows: hasFaults("cut connection"),
  },
  {
    what: "agents do not hear what is called of all of them",
    file: "src/agent/management_session.ts",
    text: 'await session.bindQueue(queue, BROADCAST_EXCHANGE, "#");',
    replacement: "",
  },
];
