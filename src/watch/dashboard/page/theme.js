// @ts-check
/// <reference lib="dom" />

/**
 * The choice of a theme, and the style sheet's colours for drawing on a canvas.
 *
 * @module
 */

import { byId } from "./dom.js";

const dark = matchMedia("(prefers-color-scheme: dark)");
const still = matchMedia("(prefers-reduced-motion: reduce)");

/** Where the browser keeps the choice: it is the user's, not the network's. */
const KEY = "metricq-theme";
/** How many lines of a chart have a colour of their own. */
const LINES = 8;

/** @typedef {ReturnType<typeof read>} Theme */

function read() {
  // A colour of its own for each theme is told only where it is used.
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);
  /** @param {string} name */
  const value = (name) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const colours = {
    accent: value("--accent"),
    muted: value("--muted"),
    text: value("--text"),
    panel: value("--panel"),
    grid: value("--grid"),
    gap: value("--gap"),
    warn: value("--warn"),
    lines: Array.from({ length: LINES }, (_, index) => value(`--line-${index + 1}`)),
    font: `11px ${getComputedStyle(document.body).fontFamily}`,
  };
  probe.remove();
  return colours;
}

/** @type {Theme | undefined} */
let current;
/** @type {(() => void)[]} */
const listeners = [];

function changed() {
  current = undefined;
  for (const listener of listeners) listener();
}

dark.addEventListener("change", changed);

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
  listeners.push(listener);
}

/** Takes the user's choice, now and from the last time. */
export function startThemeChoice() {
  const choice = byId("theme", HTMLSelectElement);
  const kept = storage()?.getItem(KEY) ?? "";
  if ([...choice.options].some(({ value }) => value === kept)) choice.value = kept;
  const apply = () => {
    document.documentElement.dataset.theme = choice.value;
    changed();
  };
  choice.onchange = () => {
    storage()?.setItem(KEY, choice.value);
    apply();
  };
  apply();
}

/** @returns {Storage | undefined} `undefined` where the user has forbidden it. */
function storage() {
  try {
    return Reflect.get(globalThis, "localStorage");
  } catch {
    return undefined;
  }
}

/** How often the page is redrawn per second: less often for users who prefer less motion. */
export function updatesPerSecond() {
  return still.matches ? 2 : 20;
}
