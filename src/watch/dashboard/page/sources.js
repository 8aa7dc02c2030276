// @ts-check
/// <reference lib="dom" />

/**
 * The list of sources with their answers to `discover`.
 *
 * @module
 */

/** @import { AgentView } from "../../view/network_view.ts" */
import { byId, make, setData, setText } from "./dom.js";
import { asText, formatUptime } from "../../view/format.js";

/** @typedef {ReturnType<SourceList["makeItem"]>} Item */

/** Agents, and tokens that have a configuration but no agent. */
export class SourceList {
  /** @type {Map<string, Item>} */
  #items = new Map();
  /** @type {readonly AgentView[]} */
  #agents = [];
  /** @type {readonly string[]} */
  #tokens = [];
  /** @type {string | undefined} */
  #chosen;
  #list = byId("source-list", HTMLUListElement);
  #onChoose;
  /** @type {string | undefined} What the user has chosen; the first one is shown otherwise. */
  chosenByUser;

  /** @param {(token: string) => void} onChoose The user wants to see a source's configuration. */
  constructor(onChoose) {
    this.#onChoose = onChoose;
  }

  /**
   * Shows what has changed.
   *
   * @param {readonly AgentView[]} [agents]
   * @param {readonly string[]} [tokens]
   */
  update(agents = this.#agents, tokens = this.#tokens) {
    this.#agents = agents;
    this.#tokens = tokens;
    const byToken = new Map(agents.map((agent) => [agent.token, agent]));
    const shown = [...new Set([...byToken.keys(), ...tokens])].sort();
    for (const [token, { element }] of this.#items) {
      if (shown.includes(token)) continue;
      element.remove();
      this.#items.delete(token);
    }
    shown.forEach((token, index) => {
      const item = this.#items.get(token) ?? this.makeItem(token);
      this.#items.set(token, item);
      const place = this.#list.children[index] ?? null;
      if (place !== item.element) this.#list.insertBefore(item.element, place);
      item.button.hidden = !tokens.includes(token);
      fill(item, byToken.get(token));
    });
    byId("sources-hint", HTMLElement).hidden = shown.length > 0;
    const alive = agents.filter((agent) => agent.alive).length;
    const text = alive === agents.length ? `${alive}` : `${alive} of ${agents.length}`;
    setText(byId("sum-sources", HTMLElement), text);
    const first = shown.find((token) => tokens.includes(token));
    if (this.#chosen === undefined && first !== undefined) this.#show(first);
    else if (this.#chosen !== undefined) this.#mark(this.#chosen);
  }

  /** @param {string} token */
  choose(token) {
    this.chosenByUser = token;
    this.#show(token);
  }

  /** @param {string} token */
  #show(token) {
    this.#chosen = token;
    this.#mark(token);
    this.#onChoose(token);
  }

  /** @param {string} token */
  #mark(token) {
    for (const [each, { element, button }] of this.#items) {
      setData(element, "chosen", each === token ? "" : undefined);
      button.setAttribute("aria-pressed", String(each === token));
    }
  }

  /** @param {string} token */
  makeItem(token) {
    const state = make("span", { class: "state" });
    const button = make("button", { type: "button", "aria-pressed": "false" }, "Configuration");
    button.setAttribute("aria-label", `Configuration of ${token}`);
    button.onclick = () => {
      this.choose(token);
      byId("configuration-text", HTMLTextAreaElement).focus();
    };
    const facts = make("p", { class: "facts" });
    const answer = make("dl", { class: "answer" });
    const details = make("details", {}, make("summary", {}, "Answer to discover"), answer);
    const heading = make("h3", {}, make("code", {}, token), state);
    const element = make("li", { class: "source" }, heading, button, facts, details);
    return { element, state, button, facts, answer, details };
  }
}

/**
 * @param {Item} item
 * @param {AgentView | undefined} agent
 */
function fill({ state, facts, answer, details }, agent) {
  const discovered = agent?.discovered;
  setData(state, "state", agent === undefined ? "absent" : agent.alive ? "alive" : "silent");
  setText(
    state,
    agent === undefined ? "not connected" : agent.alive ? "answers" : "does not answer",
  );
  setText(facts, agent ? describe(agent) : "It has a configuration and has not connected.");
  details.hidden = discovered === undefined;
  const entries = Object.entries(discovered ?? {});
  const text = JSON.stringify(entries);
  if (answer.dataset.text === text) return;
  answer.dataset.text = text;
  answer.replaceChildren(...entries.flatMap(([name, value]) => [
    make("dt", {}, name),
    make("dd", {}, asText(value)),
  ]));
}

/** @param {AgentView} agent */
function describe({ metrics, discovered }) {
  const { uptime, hostname, metricqVersion, version } = discovered ?? {};
  return [
    `${metrics} ${metrics === 1 ? "metric" : "metrics"}`,
    typeof uptime === "number" ? `up ${formatUptime(uptime / 1e9)}` : "",
    asText(hostname),
    asText(metricqVersion),
    version === undefined ? "" : `version ${asText(version)}`,
  ].filter(Boolean).join(" · ");
}
