/**
 * The client's errors carry AMQP's reply code in their text only. They are parsed here, once, so
 * that nothing else has to match texts.
 *
 * @module
 */

import { AMQPError } from "@cloudamqp/amqp-client/amqp-error";
import { AmqpError } from "../errors.ts";
import { redactUrl } from "./server_address.ts";

// "connection closed: ACCESS_REFUSED - … (403)", "channel 1 closed: NOT_FOUND - … (404)"
const CLOSED_BY_BROKER = /^(connection|channel \d+) closed: (.*) \((\d{3})\)$/s;

/** Any thrown value of the client, the socket or the TLS layer as an {@linkcode AmqpError}. */
export function asAmqpError(error: unknown): AmqpError {
  if (error instanceof AmqpError) return error;
  if (error === undefined) return new AmqpError("Connection lost");
  if (!(error instanceof Error)) return new AmqpError(`Connection failed: ${error}`);
  const [, what, text, code] = CLOSED_BY_BROKER.exec(error.message) ?? [];
  if (text !== undefined) {
    return new AmqpError(`Broker closed the ${what}: ${text}`, { code: Number(code) });
  }
  const message = `Connection failed: ${redactUrl(error.message)}`;
  // The client's own error is no cause: it says the same again, and holds the whole connection.
  return error instanceof AMQPError
    ? new AmqpError(message)
    : new AmqpError(message, { cause: error });
}
