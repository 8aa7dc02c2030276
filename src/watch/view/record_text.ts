/**
 * Names and values in CSV and in JSON, exact: a value has as many digits as it takes to read the same
 * number again.
 *
 * @module
 */

/** A field of CSV by RFC 4180. */
export function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A number as CSV's readers know it; "no reading" is `NaN`. `String` tells nothing of the sign of zero. */
export function csvNumber(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

/** JSON has neither NaN nor infinity: "no reading" is `null`, and an infinity a text. */
export function jsonNumber(value: number): string {
  if (Number.isNaN(value)) return "null";
  return Number.isFinite(value) ? csvNumber(value) : `"${value}"`;
}
