// @ts-check
/// <reference lib="dom" />

/**
 * The style sheet's colours, for drawing on a canvas.
 *
 * @module
 */

const dark = matchMedia("(prefers-color-scheme: dark)");
const still = matchMedia("(prefers-reduced-motion: reduce)");

/** @typedef {{ accent: string, muted: string, grid: string, font: string }} Theme */

/** @returns {Theme} */
function read() {
  const style = getComputedStyle(document.documentElement);
  /** @param {string} name */
  const value = (name) => style.getPropertyValue(name).trim();
  return {
    accent: value("--accent"),
    muted: value("--muted"),
    grid: value("--grid"),
    font: `11px ${getComputedStyle(document.body).fontFamily}`,
  };
}

/** @type {Theme | undefined} */
let current;
dark.addEventListener("change", () => current = undefined);

/** The current colours. */
export function theme() {
  return current ??= read();
}

/**
 * Calls a function whenever the colours have changed.
 *
 * @param {() => void} listener
 */
export function onThemeChange(listener) {
  dark.addEventListener("change", listener);
}

/** How often the page is redrawn per second: less often for users who prefer less motion. */
export function updatesPerSecond() {
  return still.matches ? 2 : 20;
}
