/**
 * What messages show: values that were given, and numbers of things.
 *
 * @module
 */

const MAX_CHARACTERS = 80;

/**
 * A value for an error message: a text in quotation marks, cut short and with control characters
 * escaped; of an object or a function only what kind it is of, as it may be large, and may fail to
 * become a text.
 */
export function quote(value: unknown): string {
  if (typeof value === "object" && value !== null) return withArticle(kindOfObject(value));
  if (typeof value === "function") return "a function";
  const text = String(value);
  const short = text.slice(0, MAX_CHARACTERS);
  const shown = typeof value === "string" ? JSON.stringify(short) : short;
  return text.length > MAX_CHARACTERS ? `${shown}…` : shown;
}

/** `"object"`, `"list"`, or the name of its class, as far as that can be found out. */
function kindOfObject(value: object): string {
  try {
    if (Array.isArray(value)) return "list";
    const { name } = Object.getPrototypeOf(value)?.constructor ?? Object;
    return typeof name === "string" && /^[A-Z]\w{0,40}$/i.test(name) && name !== "Object"
      ? name
      : "object";
  } catch {
    return "object"; // a proxy may fail at that
  }
}

function withArticle(noun: string): string {
  return `${/^[aeio]/i.test(noun) ? "an" : "a"} ${noun}`;
}

/** A number of things, such as `"1 point"` or `"3 deadlines"`. */
export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}
