/**
 * The reply codes of AMQP 0-9-1 with which the broker refuses.
 *
 * @module
 */

import { ReplyCode } from "../../amqp/reply_codes.ts";

const NAMES = new Map(Object.entries(ReplyCode).map(([name, code]) => [code, name]));

/** The codes that end only the channel they occur on; every other code ends the connection. */
const CHANNEL_CODES: ReadonlySet<ReplyCode> = new Set<ReplyCode>([403, 404, 405, 406]);

/** Ends a channel or a connection with a reply code. */
export class ReplyError extends Error {
  override name = "ReplyError";
  /** The reply code, such as 404. */
  readonly code: ReplyCode;
  /** What ends with it: the channel, or the whole connection. */
  readonly level: "channel" | "connection";

  /**
   * Makes the error for a reply code.
   *
   * @param code The reply code; the reply text begins with its name, as RabbitMQ's does.
   * @param text What went wrong.
   * @param level Departs from the level that the specification gives the code, where RabbitMQ does.
   */
  constructor(code: ReplyCode, text: string, level?: "channel" | "connection") {
    super(`${NAMES.get(code)} - ${text}`);
    this.code = code;
    this.level = level ?? (CHANNEL_CODES.has(code) ? "channel" : "connection");
  }
}
