/**
 * The properties of a published message. They are handed on as they came; the broker looks at four
 * of them, and at the lengths of all, as a reader could not make sense of a list that is malformed.
 *
 * @module
 */

import { errorText } from "../../error_text.ts";
import { FieldReader, type Table } from "./field_reader.ts";
import { readUint16 } from "./frame_reader.ts";
import { ReplyError } from "./reply_error.ts";

/** The properties that concern the broker; absent where a message has none. */
export interface InspectedProperties {
  readonly headers?: Table;
  readonly expiration?: string;
  readonly userId?: string;
  /** Whether the delivery mode is 2, "persistent". */
  readonly persistent?: boolean;
}

// The flags of properties, the first in the list in the highest bit.
const HEADERS = 0x2000;
const DELIVERY_MODE = 0x1000;
const PRIORITY = 0x0800;
const EXPIRATION = 0x0100;
const TIMESTAMP = 0x0040;
const USER_ID = 0x0010;
const LAST_PROPERTY = 0x0004;
/** Announces more flags, for properties that there are not. */
const CONTINUED = 0x0001;

const PERSISTENT = 2; // the delivery mode

const NONE: InspectedProperties = {};

/**
 * Checks a list of properties, the flags first, which lies in `bytes` from 0 to `end`.
 *
 * @throws {ReplyError} If it is malformed (502).
 */
export function inspectProperties(bytes: Uint8Array, end: number): InspectedProperties {
  const flags = readUint16(bytes, 0);
  if (flags === 0 && end === 2) return NONE;
  try {
    const reader = new FieldReader(bytes, 2, end);
    const inspected = readProperties(reader, flags);
    if (reader.at !== end) throw new RangeError("it is longer than its flags say");
    return inspected;
  } catch (error) {
    throw new ReplyError(502, `cannot decode the properties of a message: ${errorText(error)}`);
  }
}

function readProperties(reader: FieldReader, flags: number): InspectedProperties {
  if ((flags & CONTINUED) !== 0) {
    throw new RangeError("it has more flags than there are properties");
  }
  let inspected = NONE;
  for (let flag = 0x8000; flag >= LAST_PROPERTY; flag >>= 1) {
    if ((flags & flag) === 0) continue;
    if (flag === HEADERS) inspected = { ...inspected, headers: reader.table() };
    else if (flag === EXPIRATION) inspected = { ...inspected, expiration: reader.shortString() };
    else if (flag === USER_ID) inspected = { ...inspected, userId: reader.shortString() };
    else if (flag === DELIVERY_MODE) {
      inspected = { ...inspected, persistent: reader.octet() === PERSISTENT };
    } else if (flag === PRIORITY) reader.octet();
    else if (flag === TIMESTAMP) reader.longlong();
    else reader.skipShortString();
  }
  return inspected;
}
