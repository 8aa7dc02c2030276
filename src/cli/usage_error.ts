/**
 * Wrong use of a program's command line, told apart from everything that goes wrong later.
 *
 * @module
 */

/** The command line, the environment or a `.metricq` file says something that cannot be used. */
export class UsageError extends Error {
  /** The name of this class. */
  override name = "UsageError";
}

/**
 * A given text in quotes, for a message. A text with an `@` in it is not repeated: it may be an URL,
 * and what stands before the `@` a password.
 */
export function quoteGiven(text: string): string {
  if (text.includes("@")) return `"…" (hidden, as it may hold a password)`;
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
