/**
 * How an object tells `console.log`, `Deno.inspect` and Node what to print for it.
 *
 * @module
 */

/**
 * The method of this name returns what is printed. Deno, Node and Bun all ask for it. No `unique
 * symbol`, with which TypeScript would take the objects of two copies of this package for unlike.
 */
export const INSPECT: symbol = Symbol.for("nodejs.util.inspect.custom");
