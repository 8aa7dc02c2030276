/**
 * How much one call may ask of the agent that reads it.
 *
 * @module
 */

/** Limits of the body of a call. */
export interface RequestLimits {
  /** The length. */
  readonly maxBytes: number;
  /** How deep objects and arrays are nested. */
  readonly maxDepth: number;
  /** How many values there are, fields and items of all depths together. */
  readonly maxValues: number;
}

/** Enough for any configuration: CouchDB keeps documents of 8 MB. */
export const AGENT_REQUEST_LIMITS: RequestLimits = {
  maxBytes: 8 * 2 ** 20,
  maxDepth: 100,
  maxValues: 250_000,
};

const QUOTE = 0x22;
const BACKSLASH = 0x5C;
const COMMA = 0x2C;
// Brackets differ from braces in this bit alone.
const BRACE_BIT = 0x20;
const OPENING = 0x7B;
const CLOSING = 0x7D;

/**
 * Why a text of JSON is too much, or `undefined` if it is not. Looks at each byte once and keeps none:
 * parsing, copying and logging it would cost many times as much.
 */
export function excessOf(body: Uint8Array, limits: RequestLimits): string | undefined {
  const { maxBytes, maxDepth, maxValues } = limits;
  const { byteLength } = body;
  if (byteLength > maxBytes) return `it has ${byteLength} bytes, at most ${maxBytes} are allowed`;
  let depth = 0;
  let values = 1;
  let isInText = false;
  for (let at = 0; at < byteLength; at++) {
    const byte = body[at] as number; // which is below the end
    if (byte === QUOTE) isInText = !isInText;
    else if (isInText) {
      if (byte === BACKSLASH) at++;
    } else if (byte === COMMA) {
      if (++values > maxValues) return `it has more than ${maxValues} values`;
    } else if ((byte | BRACE_BIT) === OPENING) {
      if (++depth > maxDepth) return `it is nested more than ${maxDepth} deep`;
    } else if ((byte | BRACE_BIT) === CLOSING) depth--;
  }
  return undefined;
}
