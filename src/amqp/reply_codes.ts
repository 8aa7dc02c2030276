/**
 * The reply codes of AMQP 0-9-1: why a broker closes a channel or a connection.
 *
 * @module
 */

/** Reply codes by their names in the specification. */
export const ReplyCode = {
  NO_ROUTE: 312,
  CONNECTION_FORCED: 320,
  ACCESS_REFUSED: 403,
  NOT_FOUND: 404,
  RESOURCE_LOCKED: 405,
  PRECONDITION_FAILED: 406,
  FRAME_ERROR: 501,
  SYNTAX_ERROR: 502,
  COMMAND_INVALID: 503,
  CHANNEL_ERROR: 504,
  UNEXPECTED_FRAME: 505,
  RESOURCE_ERROR: 506,
  NOT_ALLOWED: 530,
  NOT_IMPLEMENTED: 540,
  INTERNAL_ERROR: 541,
} as const;

/** One of the reply codes. */
export type ReplyCode = (typeof ReplyCode)[keyof typeof ReplyCode];
