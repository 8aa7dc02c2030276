/**
 * Reading text from elsewhere, up to a limit.
 *
 * @module
 */

/** At most this much of an output or a page is read; measurements take far less. */
export const MAX_TEXT_BYTES: number = 1024 * 1024;

/**
 * Reads a stream of UTF-8 to its end, or until it is told to stop.
 *
 * @param enough Ends the reading when it is aborted; what was read by then is returned.
 * @throws {RangeError} If it is longer than allowed; the stream is cancelled then.
 * @throws {Error} If `signal` is aborted: its reason; the stream is cancelled then, too.
 */
export async function readText(
  stream: ReadableStream<Uint8Array>,
  signal: AbortSignal,
  maxBytes: number = MAX_TEXT_BYTES,
  enough?: AbortSignal,
): Promise<string> {
  const reader = stream.getReader();
  // A writer that has ended may have left a child that still holds the other end open.
  const over = AbortSignal.any(enough ? [signal, enough] : [signal]);
  const cancel = () => void reader.cancel(signal.reason).catch(() => {});
  over.addEventListener("abort", cancel, { once: true });
  try {
    const decoder = new TextDecoder();
    let bytes = 0;
    let text = "";
    while (true) {
      const { done, value } = await reader.read();
      signal.throwIfAborted();
      if (done) return text + decoder.decode();
      bytes += value.byteLength;
      if (bytes > maxBytes) {
        throw new RangeError(
          `Cannot read text: it has more than ${maxBytes} bytes, no more are allowed`,
        );
      }
      text += decoder.decode(value, { stream: true });
    }
  } catch (error) {
    await reader.cancel(error).catch(() => {});
    throw error;
  } finally {
    over.removeEventListener("abort", cancel);
  }
}
