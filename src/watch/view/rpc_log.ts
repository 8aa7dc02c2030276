/**
 * The remote procedure calls that a network's manager has made or answered.
 *
 * @module
 */

import type { JsonObject } from "../../rpc/json.ts";
import type { RpcView } from "./network_view.ts";

const MAX_ENTRIES = 1000;
const MAX_ARGUMENT_CHARACTERS = 400;

/** A call that the manager has made or answered. */
export interface RpcCall {
  /** When it was answered, in ms since the Unix epoch. */
  readonly timeMs: number;
  /** The token of the agent that called. */
  readonly from: string;
  /** The token of the agent that was called, or `"*"` for a broadcast. */
  readonly to: string;
  /** The function's name. */
  readonly function: string;
  /** The arguments of the call. */
  readonly arguments: JsonObject;
  /** The error that was answered, if one was. */
  readonly error: string | undefined;
}

/** The newest calls, shortened for display. */
export class RpcLog {
  readonly #entries: RpcView[] = [];
  #lastId = 0;

  /** Adds a call, and drops the oldest one if there are too many. */
  add(call: RpcCall): void {
    const text = JSON.stringify(call.arguments);
    const shown = text.length > MAX_ARGUMENT_CHARACTERS
      ? `${text.slice(0, MAX_ARGUMENT_CHARACTERS)}…`
      : text;
    this.#entries.push({ ...call, id: ++this.#lastId, arguments: shown });
    if (this.#entries.length > MAX_ENTRIES) this.#entries.shift();
  }

  /** The calls with an id over `afterId`, oldest first. */
  after(afterId: number = 0): readonly RpcView[] {
    const oldestId = this.#entries[0]?.id ?? 0;
    return this.#entries.slice(Math.max(0, afterId + 1 - oldestId));
  }
}
