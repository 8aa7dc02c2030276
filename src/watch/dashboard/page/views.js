// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/**
 * Which parts of the page are visible. The address holds the choice (`#sources`), and more behind a question mark.
 *
 * @module
 */

import { readAddress } from "./address.js";
import { byId } from "./dom.js";

const NAMES = /** @type {const} */ (["metrics", "charts", "sources", "health", "calls"]);
const wide = matchMedia("(min-width: 1000px)");

/**
 * Shows the view that the address names, beside the metrics if there is room for both.
 *
 * @param {(view: string) => void} onChange Called with the view after each change.
 */
export function startViews(onChange) {
  /** @type {typeof NAMES[number]} */
  let chosen = "metrics";
  const show = () => {
    // The link that skips to the metrics leads to a place on the page, not to a view of its own.
    const fallback = wide.matches ? chosen : "metrics";
    const { view } = readAddress(location.hash);
    chosen = NAMES.find((name) => name === view) ?? fallback;
    if (wide.matches && chosen === "metrics") chosen = "charts";
    for (const name of NAMES) {
      const isVisible = name === chosen || (wide.matches && name === "metrics");
      byId(`${name}-view`, HTMLElement).hidden = !isVisible;
    }
    for (const link of document.querySelectorAll(".views a")) {
      if (link.getAttribute("data-view") === chosen) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    onChange(chosen);
  };
  addEventListener("hashchange", () => {
    show();
    if (!wide.matches) scrollTo(0, 0);
  });
  wide.addEventListener("change", show);
  show();
}
