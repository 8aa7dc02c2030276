/**
 * Generators in the place of functions that do something.
 *
 * @module
 */

/**
 * Passes on what a method has returned, unless that is a generator: `async *update()` returns one, and
 * nothing would run its body.
 *
 * @throws {TypeError} If it is one.
 */
export function refuseGenerator<Result>(method: string, result: Result): Result {
  if (typeof result !== "object" || result === null || !("next" in result)) return result;
  if (!(Symbol.iterator in result || Symbol.asyncIterator in result)) return result;
  throw new TypeError(
    `Cannot run ${method}: a generator is returned, nothing or a promise is required: write it without "*"`,
  );
}
