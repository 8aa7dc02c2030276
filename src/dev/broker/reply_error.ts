/**
 * The reply codes of AMQP 0-9-1 with which the broker refuses.
 *
 * @module
 */

const REPLY_NAMES = {
  312: "NO_ROUTE",
  320: "CONNECTION_FORCED",
  403: "ACCESS_REFUSED",
  404: "NOT_FOUND",
  405: "RESOURCE_LOCKED",
  406: "PRECONDITION_FAILED",
  501: "FRAME_ERROR",
  502: "SYNTAX_ERROR",
  503: "COMMAND_INVALID",
  504: "CHANNEL_ERROR",
  505: "UNEXPECTED_FRAME",
  506: "RESOURCE_ERROR",
  530: "NOT_ALLOWED",
  540: "NOT_IMPLEMENTED",
  541: "INTERNAL_ERROR",
} as const;

/** A reply code of AMQP 0-9-1, as far as this broker uses them. */
export type ReplyCode = keyof typeof REPLY_NAMES;

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
    super(`${REPLY_NAMES[code]} - ${text}`);
    this.code = code;
    this.level = level ?? (CHANNEL_CODES.has(code) ? "channel" : "connection");
  }
}
