// @ts-check
/// <reference lib="dom" />

/**
 * Making elements. Text of the network is set as text only: no function here takes HTML. What could turn
 * the direction of text, or cannot be seen, is shown as what it is, such as `‹U+202E›`.
 *
 * @module
 */

/** Control characters but tabs and line breaks; marks of direction; spaces without a width. */
const UNSEEN =
  /(?![\t\n])[\p{Cc}\p{Zl}\p{Zp}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/gu;

/** Attributes that people read. */
const READ = new Set(["title", "aria-label"]);

/**
 * A text with its marks of direction, and others that cannot be seen, spelt out.
 *
 * @param {string} text
 */
export function seen(text) {
  return text.replace(
    UNSEEN,
    (mark) => `‹U+${mark.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}›`,
  );
}

/**
 * Makes an element.
 *
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Record<string, string>} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    element.setAttribute(key, READ.has(key) ? seen(value) : value);
  }
  element.append(...children.map((child) => typeof child === "string" ? seen(child) : child));
  return element;
}

/**
 * The element of the page with an id.
 *
 * @template {HTMLElement} Element
 * @param {string} id
 * @param {{ new (): Element }} type
 * @returns {Element}
 */
export function byId(id, type) {
  const element = document.getElementById(id);
  if (element instanceof type) return element;
  throw new TypeError(`Cannot start page: there is no ${type.name} "${id}"`);
}

/**
 * Sets the text of an element, unless it has that already: the browser lays out changes only.
 *
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  const shown = seen(text);
  if (element.textContent !== shown) element.textContent = shown;
}

/**
 * Sets a `data-` attribute, or removes it if the value is `undefined`.
 *
 * @param {HTMLElement} element
 * @param {string} name
 * @param {string | undefined} value
 */
export function setData(element, name, value) {
  if (element.dataset[name] === value) return;
  if (value === undefined) delete element.dataset[name];
  else element.dataset[name] = value;
}

/**
 * A name with dots, with a possible line break after each dot.
 *
 * @param {string} name
 * @returns {(Node | string)[]}
 */
export function breakable(name) {
  return name.split(/(?<=\.)/).flatMap((part, index) =>
    index === 0 ? [part] : [document.createElement("wbr"), part]
  );
}
