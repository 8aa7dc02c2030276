// @ts-check
/// <reference lib="dom" />

/**
 * The log of remote procedure calls, newest first.
 *
 * @module
 */

/** @import { RpcView } from "../../view/network_view.ts" */
import { byId, make, setText } from "./dom.js";
import { formatTime } from "../../view/format.js";

const MAX_CALLS = 500;

/** The newest calls. */
export class CallLog {
  /** @type {{ call: RpcView, element: HTMLTableRowElement }[]} Newest first. */
  #calls = [];
  #body = byId("call-rows", HTMLTableSectionElement);
  #hideDiscover = byId("hide-discover", HTMLInputElement);

  constructor() {
    this.#hideDiscover.onchange = () => this.#show();
  }

  /** Forgets everything, for a new session. */
  clear() {
    this.#calls = [];
    this.#body.replaceChildren();
  }

  /** @param {readonly RpcView[]} calls Oldest first. */
  add(calls) {
    const added = calls.map((call) => ({ call, element: makeRow(call) })).reverse();
    this.#calls.unshift(...added);
    for (const { element } of this.#calls.splice(MAX_CALLS)) element.remove();
    this.#body.prepend(...added.map(({ element }) => element));
    this.#show();
  }

  #show() {
    let hidden = 0;
    for (const { call, element } of this.#calls) {
      element.hidden = this.#hideDiscover.checked && call.function === "discover" && !call.error;
      if (element.hidden) hidden++;
    }
    setText(byId("calls-shown", HTMLOutputElement), hidden > 0 ? `${hidden} hidden` : "");
    byId("calls-hint", HTMLElement).hidden = this.#calls.length > hidden;
  }
}

/** @param {RpcView} call */
function makeRow(call) {
  const whom = `${call.from} → ${call.to === "*" ? "all" : call.to}`;
  const what = make(
    "td",
    { class: "what" },
    call.function,
    " ",
    make("span", { class: "whom" }, whom),
  );
  if (call.arguments !== "{}" && call.arguments !== "") {
    what.append(make("code", {}, call.arguments));
  }
  if (call.error) what.append(make("div", { class: "error" }, call.error));
  return make("tr", {}, make("td", { class: "when" }, formatTime(call.timeMs)), what);
}
