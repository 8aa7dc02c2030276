// @ts-check
/// <reference lib="dom" />

/**
 * Making elements. Text of the network is set as text only: no function here takes HTML.
 *
 * @module
 */

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
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
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
  if (element.textContent !== text) element.textContent = text;
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
