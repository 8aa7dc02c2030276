// @ts-check

/**
 * The points of charts as they arrive.
 *
 * @module
 */

let lastKey = 0;

/** A number that no other series of this page has. */
export function newKey() {
  return ++lastKey;
}

/** The newest points of one chart, `null` where its line is broken. */
export class Series {
  /** @type {number[]} Times in ms since the Unix epoch. */
  times = [];
  /** @type {(number | null)[]} */
  values = [];

  /**
   * @param {number} spanMs How far back it goes.
   * @param {number} gapMs Points further apart than this are not joined.
   */
  constructor(spanMs, gapMs = Infinity) {
    this.spanMs = spanMs;
    this.gapMs = gapMs;
  }

  /**
   * Puts points in the place of those that are newer than `afterMs`.
   *
   * @param {number} afterMs
   * @param {Float64Array} times
   * @param {Float64Array} values
   */
  replace(afterMs, times, values) {
    while ((this.times.at(-1) ?? -Infinity) > afterMs) {
      this.times.pop();
      this.values.pop();
    }
    times.forEach((timeMs, index) => this.#append(timeMs, values[index] ?? NaN));
    this.#forget();
  }

  /**
   * @param {number} timeMs
   * @param {number} value
   */
  #append(timeMs, value) {
    const lastMs = this.times.at(-1) ?? Infinity;
    if (timeMs - lastMs > this.gapMs && this.values.at(-1) !== null) {
      this.times.push(lastMs);
      this.values.push(null);
    }
    this.times.push(timeMs);
    this.values.push(Number.isFinite(value) ? value : null);
  }

  /**
   * The point that is nearest to a time. Its value is NaN for "no reading".
   *
   * @param {number} timeMs
   * @returns {{ timeMs: number, value: number } | undefined}
   */
  nearest(timeMs) {
    const { times, values } = this;
    let index = this.#indexFrom(timeMs);
    const before = times[index - 1];
    const after = times[index];
    if (after === undefined || before !== undefined && timeMs - before < after - timeMs) index--;
    // The second of two with the same time only breaks the line.
    if (index > 0 && times[index - 1] === times[index]) index--;
    const found = times[index];
    return found === undefined ? undefined : { timeMs: found, value: values[index] ?? NaN };
  }

  /**
   * The next point to the right (1) or left (-1) of a time.
   *
   * @param {number} timeMs
   * @param {1 | -1} direction
   * @returns {number | undefined} Its time.
   */
  neighbour(timeMs, direction) {
    let index = this.#indexFrom(timeMs);
    if (direction < 0) return this.times[index - 1];
    while (this.times[index] === timeMs) index++;
    return this.times[index];
  }

  /** @param {number} timeMs */
  #indexFrom(timeMs) {
    let low = 0;
    let high = this.times.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.times[middle] ?? Infinity) < timeMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /**
   * Where its line is broken between two times: points without a reading, and gaps with their two ends.
   *
   * @param {number} startMs
   * @param {number} endMs
   * @returns {{ noReadings: number[], gaps: [startMs: number, endMs: number][], hasReading: boolean }}
   */
  breaks(startMs, endMs) {
    const { times, values } = this;
    /** @type {number[]} */
    const noReadings = [];
    /** @type {[number, number][]} */
    const gaps = [];
    let hasReading = false;
    for (let index = Math.max(0, this.#indexFrom(startMs) - 1); index < times.length; index++) {
      const timeMs = times[index] ?? NaN;
      if (timeMs > endMs) break;
      if (values[index] !== null) hasReading ||= timeMs >= startMs;
      else if (timeMs === times[index - 1]) gaps.push([timeMs, times[index + 1] ?? endMs]);
      else if (timeMs >= startMs) noReadings.push(timeMs);
    }
    return { noReadings, gaps, hasReading };
  }

  /** Drops old points, but only now and then: removing from the front moves all the others. */
  #forget() {
    const oldestMs = (this.times.at(-1) ?? 0) - this.spanMs * 1.02;
    if ((this.times[0] ?? Infinity) > oldestMs - this.spanMs * 0.2) return;
    const first = this.times.findIndex((timeMs) => timeMs >= oldestMs);
    this.times.splice(0, first);
    this.values.splice(0, first);
  }
}

/**
 * Reads the binary message of points.
 *
 * @param {ArrayBuffer} buffer
 * @returns {{ key: number, afterMs: number, times: Float64Array, values: Float64Array }[]}
 */
export function readSeriesFrame(buffer) {
  const view = new DataView(buffer);
  let offset = 8;
  return Array.from({ length: view.getUint32(0, true) }, () => {
    const key = view.getUint32(offset, true);
    const length = view.getUint32(offset + 4, true);
    const afterMs = view.getFloat64(offset + 8, true);
    // Little-endian, like the message: so are all machines that run a current browser.
    const times = new Float64Array(buffer, offset + 16, length);
    const values = new Float64Array(buffer, offset + 16 + 8 * length, length);
    offset += 16 * (length + 1);
    return { key, afterMs, times, values };
  });
}
