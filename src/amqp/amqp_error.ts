/**
 * The client's errors carry AMQP's reply code in their text only. They are parsed here, once, so
 * that nothing else has to match texts.
 *
 * @module
 */

import { AMQPError } from "@cloudamqp/amqp-client/amqp-error";
import { errorText, toError } from "../error_text.ts";
import { AmqpError } from "../errors.ts";

// "connection closed: ACCESS_REFUSED - … (403)", "channel 1 closed: NOT_FOUND - … (404)"
const CLOSED_BY_BROKER = /^(connection|channel \d+) closed: (.*) \((\d{3})\)$/s;

// What Node's codes mean to a reader who has to act on them; the system's own words follow.
const MEANINGS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  // Deno's code for an address that is not in --allow-net, where no prompt is possible.
  EPERM: "this address is not permitted, --allow-net is required",
  ENOTFOUND: "the host name cannot be resolved",
  EAI_AGAIN: "the host name cannot be resolved now",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "the broker's certificate is from no trusted authority",
  UNABLE_TO_GET_ISSUER_CERT: "the broker's certificate is from no trusted authority",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "the broker's certificate is from no trusted authority",
  DEPTH_ZERO_SELF_SIGNED_CERT: "the broker's certificate is from no trusted authority",
  SELF_SIGNED_CERT_IN_CHAIN: "the broker's certificate is from no trusted authority",
  CERT_HAS_EXPIRED: "the broker's certificate has expired",
  CERT_NOT_YET_VALID: "the broker's certificate is not valid yet",
  ERR_TLS_CERT_ALTNAME_INVALID: "the broker's certificate is for another host",
  ERR_SSL_WRONG_VERSION_NUMBER: "the broker speaks no TLS on this port",
};

/** Whether the client's text is about a channel that the broker has closed, and not of its connection. */
export function isOfChannel(text: string): boolean {
  return CLOSED_BY_BROKER.exec(text)?.[1]?.startsWith("channel") ?? false;
}

/** Any thrown value of the client, the socket or the TLS layer as an {@linkcode AmqpError}. */
export function asAmqpError(error: unknown): AmqpError {
  if (error instanceof AmqpError) return error;
  if (error === undefined) return new AmqpError("Connection lost");
  if (!(error instanceof Error)) return new AmqpError(`Connection failed: ${errorText(error)}`);
  const [, what, text, code] = CLOSED_BY_BROKER.exec(toError(error).message) ?? [];
  if (text !== undefined) {
    return new AmqpError(`Broker closed the ${what}: ${text}`, { code: Number(code) });
  }
  const meaning = "code" in error ? MEANINGS[String(error.code)] : undefined;
  const reason = errorText(error);
  const message = `Connection failed: ${meaning === undefined ? reason : `${meaning}: ${reason}`}`;
  // The client's own error is not kept as the cause: it says the same, and holds the whole connection.
  return error instanceof AMQPError
    ? new AmqpError(message)
    : new AmqpError(message, { cause: error });
}
