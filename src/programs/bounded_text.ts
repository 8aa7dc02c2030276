/**
 * Text from elsewhere, as much of it as there is memory for.
 *
 * @module
 */

/** How much of an output or a page is read: numbers to measure take far less. */
export const MAX_TEXT_BYTES: number = 1024 * 1024;

/**
 * Reads a stream of UTF-8 to its end.
 *
 * @throws {RangeError} When it is longer than allowed; the stream is cancelled then.
 * @throws The reason of `signal` when that is aborted; the stream is cancelled then, too.
 */
export async function readText(
  stream: ReadableStream<Uint8Array>,
  signal: AbortSignal,
  maxBytes: number = MAX_TEXT_BYTES,
): Promise<string> {
  const reader = stream.getReader();
  // Also where whoever writes has ended, but has left the other end to a child of its own.
  const cancel = () => void reader.cancel(signal.reason).catch(() => {});
  signal.addEventListener("abort", cancel, { once: true });
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
    signal.removeEventListener("abort", cancel);
  }
}
