// @ts-check
/// <reference lib="dom" />

/**
 * The configurations that were replaced, and the way back to one.
 *
 * @module
 */

import { readHistory, readReplaced } from "./configuration_calls.js";
import { byId, make, setText } from "./dom.js";

/** A list that is read when it is opened. */
export class ConfigurationHistory {
  #details = byId("configuration-history", HTMLDetailsElement);
  #list = byId("configuration-replaced", HTMLUListElement);
  #note = byId("configuration-history-note", HTMLElement);
  #token = "";
  #onTake;

  /** @param {(config: string) => void} onTake The user wants to edit one. */
  constructor(onTake) {
    this.#onTake = onTake;
    this.#details.addEventListener("toggle", () => this.changed());
  }

  /** @param {string} token */
  open(token) {
    this.#token = token;
    this.#list.replaceChildren();
    this.changed();
  }

  /** Reads again, if it is looked at. */
  changed() {
    if (this.#details.open) void this.#read();
  }

  async #read() {
    const token = this.#token;
    try {
      const history = await readHistory(token);
      if (token !== this.#token) return;
      setText(this.#note, history.length > 0 ? "" : "Nothing was replaced yet.");
      this.#list.replaceChildren(...history.map((each) => this.#item(token, each)));
    } catch (error) {
      setText(this.#note, error instanceof Error ? error.message : String(error));
    }
  }

  /**
   * @param {string} token
   * @param {{ id: string, time: string }} replaced
   */
  #item(token, { id, time }) {
    const text = formatReplaced(time);
    const button = make("button", { type: "button" }, "Edit");
    button.setAttribute("aria-label", `Edit the one that was replaced at ${text}`);
    button.onclick = async () => {
      try {
        this.#onTake(await readReplaced(token, id));
      } catch (error) {
        setText(this.#note, error instanceof Error ? error.message : String(error));
      }
    };
    return make("li", {}, make("time", { datetime: time }, `until ${text}`), button);
  }
}

/** @param {string} time ISO 8601; without a zone it is of another clock, and stays as it is. */
function formatReplaced(time) {
  const date = new Date(time);
  return /Z|[+-]\d\d:\d\d$/.test(time) && !Number.isNaN(date.getTime())
    ? date.toLocaleString("sv")
    : time.slice(0, 19).replace("T", " ");
}
