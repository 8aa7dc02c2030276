// @ts-check
/// <reference lib="dom" />

/**
 * The list of sources with their answers to `discover`.
 *
 * @module
 */

/** @import { AgentView } from "../../view/network_view.ts" */
import { byId, make, setData, setText } from "./dom.js";
import { asText, formatDelay, formatOffset, formatSince, formatUptime } from "../../view/format.js";
import { forgetButton } from "./health_row.js";
import { PROBLEM_KINDS } from "../../view/problem_kinds.js";

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
  #on;
  /** @type {string | undefined} What the user has chosen; the first one is shown otherwise. */
  chosenByUser;

  /**
   * @param {object} on
   * @param {(token: string) => void} on.choose The user wants to see a source's configuration.
   * @param {(token: string) => void} on.forget The user does not want to see an agent any more.
   */
  constructor(on) {
    this.#on = on;
  }

  /** @param {string} token */
  has(token) {
    return this.#items.has(token);
  }

  /**
   * Brings a source into view.
   *
   * @param {string} token
   */
  show(token) {
    const item = this.#items.get(token);
    // Only then is it visible.
    requestAnimationFrame(() => {
      item?.element.scrollIntoView({ block: "nearest" });
      item?.element.focus({ preventScroll: true });
    });
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
    this.#on.choose(token);
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
    const button = make("button", {
      type: "button",
      class: "configure",
      "aria-pressed": "false",
      "aria-label": `Configuration of ${token}`,
    }, "Configuration");
    button.onclick = () => {
      this.choose(token);
      byId("configuration-text", HTMLTextAreaElement).focus();
    };
    const facts = make("p", { class: "facts" });
    const answer = make("dl", { class: "answer" });
    const details = make("details", {}, make("summary", {}, "Answer to discover"), answer);
    const faults = make("ul", { class: "faults" });
    const forget = forgetButton(token, () => this.#on.forget(token));
    const heading = make("h3", {}, make("code", {}, token), state, forget);
    const element = make(
      "li",
      { class: "source", tabindex: "-1" },
      heading,
      button,
      facts,
      faults,
      details,
    );
    return { element, state, button, facts, faults, forget, answer, details };
  }
}

/**
 * @param {Item} item
 * @param {AgentView | undefined} agent
 */
function fill({ state, facts, faults, forget, answer, details }, agent) {
  const discovered = agent?.discovered;
  setData(state, "state", agent === undefined ? "absent" : agent.alive ? "alive" : "silent");
  setText(state, agent === undefined ? "not connected" : stateText(agent));
  setText(facts, agent ? describe(agent) : "It has a configuration and has not connected.");
  forget.hidden = agent === undefined || agent.alive;
  const texts = agent?.faults.map((fault) => faultText(fault, agent)) ?? [];
  if (faults.dataset.text !== texts.join("\n")) {
    faults.dataset.text = texts.join("\n");
    faults.replaceChildren(...texts.map((text) => make("li", {}, text)));
  }
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
function stateText({ alive, heardMs, faults }) {
  if (!alive) return `has not answered since ${formatSince(heardMs, Date.now())}`;
  if (faults.includes("answers-error")) return "answers an error";
  return faults.includes("answers-late") ? "answers late" : "answers";
}

/**
 * @param {AgentView["faults"][number]} fault
 * @param {AgentView} agent
 */
function faultText(fault, { error, clock, answerMs }) {
  const { title, help } = PROBLEM_KINDS[fault];
  const what = fault === "answers-error"
    ? `: ${error}`
    : fault === "clock-wrong" && clock
    ? `: ${formatOffset(clock)}`
    : fault === "answers-late"
    ? `: after ${formatDelay(answerMs)}`
    : "";
  return `${title}${what}. ${help}`;
}

/** @param {AgentView} agent */
function describe({ metrics, discovered, clock, answerMs, alive }) {
  const { uptime, hostname, metricqVersion, version } = discovered ?? {};
  return [
    `${metrics} ${metrics === 1 ? "metric" : "metrics"}`,
    typeof uptime === "number" ? `up ${formatUptime(uptime / 1e9)}` : "",
    asText(hostname),
    asText(metricqVersion),
    version === undefined ? "" : `version ${asText(version)}`,
    clock && alive ? `clock ${formatOffset(clock)}` : "",
    answerMs !== undefined && alive ? `answers in ${formatDelay(answerMs)}` : "",
  ].filter(Boolean).join(" · ");
}
