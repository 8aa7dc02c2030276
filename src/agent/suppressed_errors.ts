/**
 * What is seen of an `await using` block that fails, and fails again at its end.
 *
 * @module
 */

import { errorText } from "../error_text.ts";

const ends = new WeakSet<object>();

/**
 * Makes the text of an error seen that ends an `await using` block, also if the block has failed
 * before. JavaScript itself makes a `SuppressedError` then, and runtimes show of it that "an error
 * was suppressed", and neither of the two; what they do show is a `cause`. So these errors get one;
 * those of other resources stay as they are.
 */
export function tellBothErrors(error: unknown): void {
  if (typeof error !== "object" || error === null) return;
  ends.add(error);
  const { prototype } = globalThis.SuppressedError ?? {};
  if (prototype === undefined || "cause" in prototype) return;
  Object.defineProperty(prototype, "cause", { configurable: true, get: causeOf });
}

function causeOf(this: SuppressedError): AggregateError | undefined {
  const { error, suppressed } = this;
  if (typeof error !== "object" || error === null || !ends.has(error)) return undefined;
  return new AggregateError(
    [suppressed, error],
    `${errorText(suppressed)}; then: ${errorText(error)}`,
  );
}
