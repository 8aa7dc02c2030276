/**
 * What a broker means when it ends a channel, or the connection, because of a message: it names no tag,
 * and its text tells more or less well which one it was.
 *
 * @module
 */

import type { AmqpError } from "../errors.ts";
import { ReplyCode } from "./reply_codes.ts";

/** Why the broker has ended a channel or a connection on which messages were published. */
export type PublishRefusal =
  & {
    /** The broker's own words. */
    readonly reason: string;
  }
  & (
    | {
      /** A message is too large. */
      readonly kind: "too-large";
      readonly bodyBytes: number;
      /** The largest body that the broker takes. */
      readonly maxBodyBytes: number;
    }
    | {
      /** This user may not publish with a routing key. */
      readonly kind: "forbidden";
      /** Whether that may be this key: the text is cut short when it is long. */
      readonly mayBe: (routingKey: string) => boolean;
    }
    | {
      /** The text does not tell which message, and why. */
      readonly kind: "unknown";
      /** Whether it was a message for certain, and not noise on the line. */
      readonly isCertain: boolean;
    }
  );

// "Broker closed the channel 1: PRECONDITION_FAILED - message size …", see `asAmqpError`.
const REPLY = /^Broker closed the (?:connection|channel \d+): (?:[A-Z_]+ - )?(.*)$/s;
// RabbitMQ without a configured limit says "larger than max size", LavinMQ leaves the "is" out.
const TOO_LARGE = /^message size (\d+) (?:is )?larger than (?:configured )?max size (\d+)/;
// What follows the routing key, in RabbitMQ: "' in exchange 'metricq.data' in vhost '/' refused for …".
// RabbitMQ 4 says "write access to topic …", 3 leaves the "write" out.
const FORBIDDEN = /^(?:write )?access to topic '(.*)$/s;
const BEHIND_KEY = "' in exchange ";
const CUT_SHORT = /\ufffd?\.\.\.$/;

/** Reads the end of a channel or a connection, or `undefined` if no message is the reason. */
export function readPublishRefusal({ code, message }: AmqpError): PublishRefusal | undefined {
  const [, reason = ""] = REPLY.exec(message) ?? [];
  switch (code) {
    case ReplyCode.PRECONDITION_FAILED: {
      const [, bodyBytes, maxBodyBytes] = (TOO_LARGE.exec(reason) ?? []).map(Number);
      return bodyBytes === undefined || maxBodyBytes === undefined
        ? { kind: "unknown", isCertain: true, reason }
        : { kind: "too-large", bodyBytes, maxBodyBytes, reason };
    }
    case ReplyCode.ACCESS_REFUSED: {
      // Other refusals are of the exchange, so of all that could be published.
      const [, behind] = FORBIDDEN.exec(reason) ?? [];
      if (behind === undefined) return undefined;
      const shown = behind.replace(CUT_SHORT, "");
      const mayBe = (routingKey: string) => {
        const expected = `${routingKey}${BEHIND_KEY}`;
        return shown.startsWith(expected) || (shown !== behind && expected.startsWith(shown));
      };
      return { kind: "forbidden", mayBe, reason };
    }
    case ReplyCode.FRAME_ERROR:
    case ReplyCode.SYNTAX_ERROR:
      return { kind: "unknown", isCertain: false, reason };
    default:
      return undefined;
  }
}
