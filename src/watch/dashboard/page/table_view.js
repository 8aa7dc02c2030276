// @ts-check
/// <reference lib="dom" />

/**
 * Which rows of a long table can be seen. Only these are in the page; what is above and below is empty
 * space of the same height.
 *
 * @module
 */

/** Rows beyond the edges, so that a small step shows no empty space. */
const BEYOND = 10;

/**
 * The rows to have in the page: a few more than can be seen, in steps, so that not each movement asks
 * for others. `undefined` while the table is hidden.
 *
 * @param {HTMLElement} scroller What scrolls, or the page where it is as high as its content.
 * @param {HTMLTableSectionElement} body
 * @param {number} rowHeight
 */
export function rowsInView(scroller, body, rowHeight) {
  if (scroller.offsetParent === null) return undefined;
  const isPageScrolled = getComputedStyle(scroller).overflowY === "visible";
  const { top, bottom } = scroller.getBoundingClientRect();
  const startPx = Math.max(0, top);
  const endPx = isPageScrolled ? innerHeight : Math.min(innerHeight, bottom);
  const bodyPx = body.getBoundingClientRect().top;
  const firstSeen = Math.floor((startPx - bodyPx) / rowHeight);
  const lastSeen = Math.ceil((endPx - bodyPx) / rowHeight);
  const first = Math.max(0, Math.floor((firstSeen - BEYOND) / BEYOND) * BEYOND);
  const end = Math.max(first + BEYOND, Math.ceil((lastSeen + BEYOND) / BEYOND) * BEYOND);
  return { first, count: end - first };
}

/** Empty space in the place of rows. */
export class Space {
  element = document.createElement("tr");
  #cell = this.element.appendChild(document.createElement("td"));

  constructor() {
    this.element.className = "space";
    this.element.setAttribute("aria-hidden", "true");
  }

  /** @param {number} heightPx */
  set height(heightPx) {
    this.element.hidden = heightPx === 0;
    this.#cell.style.height = `${heightPx}px`;
  }
}
