// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/**
 * The choice of the charts' span, the pause, and the words for what they show.
 *
 * @module
 */

/** @import { TimeRange } from "./range.js" */
import { formatSpan, formatTime } from "../../view/format.js";
import { byId, setText } from "./dom.js";
import { edges } from "./range.js";

/** Times of spans below this are shown with tenths of a second. */
const SHORT_MS = 20_000;

/** What stands above the charts. */
export class RangeControls {
  #pause = byId("pause", HTMLButtonElement);
  #range = byId("range", HTMLElement);
  #spans;

  /**
   * @param {object} on
   * @param {(spanMs: number) => void} on.onSpan The user wants another span, up to now.
   * @param {() => void} on.onPause The user wants the charts to stand still, or to go on.
   */
  constructor({ onSpan, onPause }) {
    const spans = byId("span", HTMLFieldSetElement);
    this.#spans = [...spans.querySelectorAll("input")];
    spans.addEventListener("change", ({ target }) => {
      if (target instanceof HTMLInputElement) onSpan(Number(target.value));
    });
    this.#pause.onclick = onPause;
  }

  /**
   * Tells what the charts show.
   *
   * @param {TimeRange} range
   * @param {number} nowMs
   */
  show(range, nowMs) {
    const { spanMs, endMs } = range;
    const isHeld = endMs !== undefined;
    for (const input of this.#spans) input.checked = Number(input.value) === spanMs;
    this.#pause.setAttribute("aria-pressed", String(isHeld));
    setText(this.#pause, isHeld ? "Paused" : "Pause");
    this.#pause.title = isHeld ? "Back to now" : "Hold the charts where they are";
    setText(this.#range, this.#describe(range, nowMs));
  }

  /**
   * @param {TimeRange} range
   * @param {number} nowMs
   */
  #describe(range, nowMs) {
    const { spanMs, endMs } = range;
    const span = formatSpan(spanMs);
    if (endMs === undefined) {
      return this.#spans.some(({ checked }) => checked) ? "" : `The last ${span}`;
    }
    const [startMs] = edges(range, nowMs);
    const decimals = spanMs < SHORT_MS ? 1 : 0;
    return `${formatTime(startMs, decimals)} – ${formatTime(endMs, decimals)} (${span})`;
  }
}
