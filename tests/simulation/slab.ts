/**
 * Copies of bytes.
 *
 * @module
 */

// An array buffer for each of the small writes takes longer than all else that a pipe does.
const SLAB_BYTES = 256 * 1024;
const MOST_SHARED_BYTES = 16 * 1024;

let slab = new Uint8Array(SLAB_BYTES);
let used = 0;

/** A copy, which nothing else is written into. */
export function copyOf(bytes: Uint8Array): Uint8Array {
  const { byteLength } = bytes;
  if (byteLength > MOST_SHARED_BYTES) return bytes.slice();
  if (used + byteLength > SLAB_BYTES) {
    slab = new Uint8Array(SLAB_BYTES);
    used = 0;
  }
  const copy = slab.subarray(used, used + byteLength);
  used += byteLength;
  copy.set(bytes);
  return copy;
}
