// @ts-check
/// <reference lib="dom" />

/**
 * A list of what could stand at the cursor of a text field, to be chosen from by keys or pointer.
 *
 * @module
 */

/** @import { Proposal } from "./schema_words.js" */
import { byId, make } from "./dom.js";

/** A listbox at the cursor. The text field keeps the focus, as in a combobox. */
export class Proposals {
  #text;
  #onTake;
  #list = byId("configuration-proposals", HTMLUListElement);
  #told = byId("configuration-proposals-told", HTMLElement);
  /** @type {readonly Proposal[]} */
  #shown = [];
  #active = -1;
  #offset = 0;
  #context = document.createElement("canvas").getContext("2d");

  /**
   * @param {HTMLTextAreaElement} text
   * @param {(proposal: Proposal) => void} onTake
   */
  constructor(text, onTake) {
    this.#text = text;
    this.#onTake = onTake;
    text.addEventListener("blur", () => this.close());
    text.addEventListener("scroll", () => this.#place());
    // The field keeps the focus.
    this.#list.addEventListener("mousedown", (event) => event.preventDefault());
    this.#list.addEventListener("click", (event) => {
      const option = event.target instanceof Element ? event.target.closest("li") : null;
      if (option) this.#take(this.#shown[[...this.#list.children].indexOf(option)]);
    });
  }

  get isOpen() {
    return !this.#list.hidden;
  }

  /**
   * Shows proposals at a place of the text; none closes the list.
   *
   * @param {readonly Proposal[]} proposals
   * @param {number} offset
   * @param {boolean} isAsked Whether the user has asked for it: the first one is chosen then.
   */
  show(proposals, offset, isAsked) {
    this.#shown = proposals;
    if (proposals.length === 0) return this.close(isAsked ? "No proposals" : "");
    this.#list.replaceChildren(...proposals.map(({ label, detail }, index) => {
      const id = `configuration-proposal-${index}`;
      return make(
        "li",
        { id, role: "option", "aria-selected": "false" },
        make("code", {}, label),
        make("span", { class: "detail" }, detail),
      );
    }));
    this.#list.hidden = false;
    this.#offset = offset;
    this.#place();
    const count = proposals.length;
    this.#told.textContent = `${count} ${count === 1 ? "proposal" : "proposals"}`;
    this.#activate(isAsked ? 0 : -1);
  }

  /** @param {string} told What is said instead. */
  close(told = "") {
    this.#list.hidden = true;
    this.#list.replaceChildren();
    this.#shown = [];
    this.#active = -1;
    this.#told.textContent = told;
    this.#text.removeAttribute("aria-activedescendant");
  }

  /**
   * Uses a key.
   *
   * @param {KeyboardEvent} event
   * @returns {boolean} Whether it was for the list.
   */
  press({ key, ctrlKey, metaKey, altKey, shiftKey }) {
    if (!this.isOpen || ctrlKey || metaKey || altKey) return false;
    const last = this.#shown.length - 1;
    const chosen = this.#shown[this.#active];
    if (key === "Escape") this.close();
    else if (key === "ArrowDown") this.#activate(this.#active >= last ? 0 : this.#active + 1);
    else if (key === "ArrowUp") this.#activate(this.#active <= 0 ? last : this.#active - 1);
    else if ((key === "Enter" || key === "Tab") && !shiftKey && chosen) this.#take(chosen);
    else return false;
    return true;
  }

  /** @param {Proposal | undefined} proposal */
  #take(proposal) {
    this.close();
    if (proposal) this.#onTake(proposal);
  }

  /** @param {number} index */
  #activate(index) {
    this.#active = index;
    for (const [at, option] of [...this.#list.children].entries()) {
      option.setAttribute("aria-selected", String(at === index));
    }
    const option = this.#list.children[index];
    if (!option) return this.#text.removeAttribute("aria-activedescendant");
    this.#text.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  #place() {
    if (!this.isOpen) return;
    const text = this.#text;
    const style = getComputedStyle(text);
    const lines = text.value.slice(0, this.#offset).split("\n");
    if (this.#context) this.#context.font = style.font;
    const before = (lines.at(-1) ?? "").replaceAll("\t", "  ");
    const width = this.#context?.measureText(before).width ?? 0;
    const left = parseFloat(style.paddingLeft) + width - text.scrollLeft;
    const top = parseFloat(style.paddingTop) + lines.length * parseFloat(style.lineHeight) -
      text.scrollTop;
    const most = text.clientWidth - this.#list.offsetWidth;
    this.#list.style.left = `${Math.max(0, Math.min(left, most))}px`;
    this.#list.style.top = `${Math.min(top, text.clientHeight) + 3}px`;
  }
}
