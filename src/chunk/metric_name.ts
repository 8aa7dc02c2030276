/**
 * The names of metrics: which ones the network carries, and which ones it recommends.
 *
 * @module
 */

import { quote } from "../quote.ts";

const MAX_BYTES = 255;
const CONTROL_CHARACTER = /\p{Cc}/u;
const RECOMMENDED = /^[a-zA-Z][a-zA-Z0-9_]+(?:\.[a-zA-Z][a-zA-Z0-9_]+)+$/;

/**
 * Refuses what the network cannot carry as the name of a metric. It carries any text of 1 to 255
 * bytes of UTF-8 without control characters, none of whose parts between dots is `*` or `#`: what
 * subscribes to such a part subscribes to others. It does not carry `__proto__`, whose metadata
 * is dropped by whatever reads JSON with care in JavaScript.
 *
 * @throws {TypeError} If the name is not a text.
 * @throws {RangeError} If it cannot be carried.
 */
export function checkMetricName(name: string): void {
  if (typeof name !== "string") {
    throw new TypeError(`Cannot use metric name: ${quote(name)} is given, a text is required`);
  }
  // A text has at least as many bytes as characters: a long one is not looked at any further.
  const bytes = name.length > MAX_BYTES ? name.length : new TextEncoder().encode(name).byteLength;
  if (bytes === 0 || bytes > MAX_BYTES) {
    throw refusal(name, `1 to ${MAX_BYTES} bytes of UTF-8 are required`);
  }
  if (CONTROL_CHARACTER.test(name) || !name.isWellFormed()) {
    throw refusal(name, "characters that can be printed are required");
  }
  if (hasWildcard(name)) {
    throw refusal(name, 'parts other than "*" and "#" are required');
  }
  if (name === "__proto__") {
    throw refusal(name, "a name that does not change objects of JavaScript is required");
  }
}

/**
 * Whether subscribing to a name gets its points and no others. Names come from managers and users, some
 * of whom check less than we do: AMQP carries control characters, but no more than 255 bytes, and takes
 * `*` and `#` for other names.
 */
export function isSubscribable(name: string): boolean {
  if (name.length > MAX_BYTES || !name.isWellFormed() || hasWildcard(name)) return false;
  const bytes = new TextEncoder().encode(name).byteLength;
  return bytes > 0 && bytes <= MAX_BYTES;
}

/**
 * Whether a name is as the network recommends: at least two parts joined by dots, each a letter
 * followed by letters, digits or underscores. The MetricQ Wizard calls others invalid.
 */
export function isRecommendedName(name: string): boolean {
  return RECOMMENDED.test(name);
}

function hasWildcard(name: string): boolean {
  return name.split(".").some((part) => part === "*" || part === "#");
}

function refusal(name: string, requirement: string): RangeError {
  return new RangeError(`Cannot use metric name: ${quote(name)} is given, ${requirement}`);
}
