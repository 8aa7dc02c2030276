/**
 * What most of the latest values do not exceed.
 *
 * @module
 */

/** The bounds and the pace of a {@linkcode RunningQuantile}. */
export interface RunningQuantileOptions {
  /** The share of values that are not to exceed it, from 0 to 1. */
  readonly share: number;
  /** What it is before there are values. */
  readonly start: number;
  /** What it is at least. */
  readonly least: number;
  /** What it is at most. */
  readonly most: number;
  /** How far one value moves it at most. */
  readonly step: number;
}

/** A quantile of what was noted, which follows when things change, without keeping the values. */
export class RunningQuantile {
  readonly #options: RunningQuantileOptions;
  #value: number;

  /** Makes one that has seen nothing. */
  constructor(options: RunningQuantileOptions) {
    this.#options = options;
    this.#value = options.start;
  }

  /** The quantile, as far as it is known. */
  get value(): number {
    return this.#value;
  }

  /** Takes a value into account. Where it rests, `share` of the values are not above it. */
  note(value: number): void {
    const { share, step, least, most } = this.#options;
    const moved = this.#value + (value > this.#value ? share * step : (share - 1) * step);
    this.#value = Math.min(Math.max(moved, least), most);
  }
}
