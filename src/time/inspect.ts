/**
 * How an object tells `console.log`, `Deno.inspect` and Node what to print for it.
 *
 * @module
 */

/** The method of this name returns what is printed. Deno, Node and Bun all ask for it. */
export const INSPECT: unique symbol = Symbol.for("nodejs.util.inspect.custom");
