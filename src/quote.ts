/**
 * What messages show: values that were given, and numbers of things.
 *
 * @module
 */

const MAX_CHARACTERS = 80;

/**
 * A value for an error message: a text in quotation marks, cut short and with control characters
 * escaped; of an object or a function only that it is one, as it may be large, and may fail to become a text.
 */
export function quote(value: unknown): string {
  if (typeof value === "object" && value !== null) return "an object";
  if (typeof value === "function") return "a function";
  const text = String(value);
  const short = text.slice(0, MAX_CHARACTERS);
  const shown = typeof value === "string" ? JSON.stringify(short) : short;
  return text.length > MAX_CHARACTERS ? `${shown}…` : shown;
}

/** A number of things, such as `"1 point"` or `"3 deadlines"`. */
export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}
