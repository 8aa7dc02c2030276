/**
 * Work that nobody may be waiting for.
 *
 * @module
 */

/**
 * Settles as `work` does. When it fails and `isExpected` is true then, that is not an unhandled rejection,
 * which would end the process: a timer that goes on after a stop may not wait for what it has begun.
 */
export function unawaited<Result>(
  work: Promise<Result>,
  isExpected: () => boolean,
): Promise<Result> {
  const { promise, resolve, reject } = Promise.withResolvers<Result>();
  work.then(resolve, (error) => {
    if (isExpected()) promise.catch(() => {});
    reject(error);
  });
  return promise;
}
