/**
 * When the points of a metric arrived: how many per second, and how late.
 *
 * @module
 */

const WINDOW_MS = 3000;
const SAMPLES = 64;
// Nearer ones would fill the samples before the window's end.
const SAMPLE_DISTANCE_MS = WINDOW_MS / (SAMPLES - 4);

/** Measures a stream of chunks by samples, so that its cost does not grow with their number. */
export class Arrivals {
  // Rings: the sample `n` is at `n % SAMPLES`.
  readonly #arrivedMs = new Float64Array(SAMPLES);
  readonly #points = new Float64Array(SAMPLES);
  readonly #delaysMs = new Float64Array(SAMPLES);
  #samples = 0;
  #allPoints = 0;
  #lastMs = -Infinity;
  #lastDistanceMs = 0;

  /** How many points have arrived. */
  get points(): number {
    return this.#allPoints;
  }

  /**
   * Counts a chunk.
   *
   * @param nowMs What a monotonic clock reads.
   * @param points How many points the chunk has.
   * @param delayMs How long after their own time they arrived.
   */
  add(nowMs: number, points: number, delayMs: number): void {
    this.#allPoints += points;
    this.#lastDistanceMs = nowMs - this.#lastMs;
    this.#lastMs = nowMs;
    if (this.#samples > 0 && nowMs - this.#arrivalOf(this.#samples - 1) < SAMPLE_DISTANCE_MS) {
      return;
    }
    const at = this.#samples++ % SAMPLES;
    this.#arrivedMs[at] = nowMs;
    this.#points[at] = this.#allPoints;
    this.#delaysMs[at] = delayMs;
  }

  /**
   * Points per second over the last seconds, or since the chunk before the last where chunks are
   * rarer than that. 0 if none has come for clearly longer.
   */
  ratePerSecond(nowMs: number): number {
    if (this.#samples === 0) return 0;
    const silenceMs = nowMs - this.#lastMs;
    const usualMs = Number.isFinite(this.#lastDistanceMs) ? this.#lastDistanceMs : 0;
    if (silenceMs > Math.max(WINDOW_MS, 2 * usualMs)) return 0;
    const first = this.#firstSince(this.#lastMs - WINDOW_MS);
    // The points of the first chunk arrived for the time before it.
    const durationMs = this.#lastMs - this.#arrivalOf(first);
    const points = this.#allPoints - (this.#points[first % SAMPLES] ?? 0);
    return durationMs > 0 ? points * 1000 / durationMs : 0;
  }

  /** The median delay over the last seconds, in ms; `undefined` if no chunk came. */
  delayMs(nowMs: number): number | undefined {
    const delaysMs: number[] = [];
    for (let n = this.#oldest; n < this.#samples; n++) {
      if (this.#arrivalOf(n) >= nowMs - WINDOW_MS) delaysMs.push(this.#delaysMs[n % SAMPLES] ?? 0);
    }
    return delaysMs.sort((a, b) => a - b)[delaysMs.length >> 1];
  }

  get #oldest(): number {
    return Math.max(0, this.#samples - SAMPLES);
  }

  #arrivalOf(sample: number): number {
    return this.#arrivedMs[sample % SAMPLES] ?? 0;
  }

  /** The oldest sample since a time, but always one before the last chunk if there is any. */
  #firstSince(sinceMs: number): number {
    let first = this.#samples - 1;
    while (
      first > this.#oldest &&
      (this.#arrivalOf(first - 1) >= sinceMs || this.#arrivalOf(first) === this.#lastMs)
    ) first--;
    return first;
  }
}
