/**
 * Aborting, and waiting for what cannot be cancelled.
 *
 * @module
 */

/** Why a wait ends that nobody asks about: without a reason, an exception with its stack is made each time. */
export const UNREAD_REASON = "over";

/** Waits for `promise`, or until `signal` is aborted: then it resolves with `undefined`. */
export async function orAborted<Result>(
  promise: Promise<Result>,
  signal: AbortSignal | undefined,
): Promise<Result | undefined> {
  if (signal === undefined) return await promise;
  const aborted = Promise.withResolvers<undefined>();
  const abort = () => aborted.resolve(undefined);
  signal.addEventListener("abort", abort);
  if (signal.aborted) abort();
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
