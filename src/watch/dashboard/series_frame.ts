/**
 * The binary message that carries the points of charts to the page. Little-endian, and every part a
 * multiple of 8 bytes, so that the page reads the numbers in place:
 *
 * | part | content |
 * | --- | --- |
 * | head | `u32` number of series, `u32` 0 |
 * | each series | `u32` its key, `u32` number of points n, `f64` after when its points are replaced |
 * | | n times `f64`: times in ms since the Unix epoch |
 * | | n times `f64`: values |
 *
 * @module
 */

import type { SeriesView } from "../view/network_view.ts";

/** The newest points of one chart. */
export interface SeriesDelta {
  /** The number that the page gave the chart. */
  readonly key: number;
  /** The page forgets its points that are newer than this: these take their place. */
  readonly afterMs: number;
  readonly points: SeriesView;
}

const HEAD_BYTES = 8;
const SERIES_HEAD_BYTES = 16;

/** Writes the message. */
export function encodeSeriesFrame(deltas: readonly SeriesDelta[]): Uint8Array<ArrayBuffer> {
  const sizeBytes = deltas.reduce(
    (sum, { points }) => sum + SERIES_HEAD_BYTES + 16 * points.timesMs.length,
    HEAD_BYTES,
  );
  const view = new DataView(new ArrayBuffer(sizeBytes));
  view.setUint32(0, deltas.length, true);
  let offset = HEAD_BYTES;
  for (const { key, afterMs, points } of deltas) {
    view.setUint32(offset, key, true);
    view.setUint32(offset + 4, points.timesMs.length, true);
    view.setFloat64(offset + 8, afterMs, true);
    offset += SERIES_HEAD_BYTES;
    for (const numbers of [points.timesMs, points.values]) {
      for (const number of numbers) {
        view.setFloat64(offset, number, true);
        offset += 8;
      }
    }
  }
  return new Uint8Array(view.buffer);
}
