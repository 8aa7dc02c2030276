// @ts-check
/// <reference lib="dom" />

/**
 * The configuration of a source as JSON: read, edited, checked and sent.
 *
 * @module
 */

import { byId, setData, setText } from "./dom.js";
import { formatTime } from "../../view/format.js";
import { findJsonError } from "./json_error.js";

/** @typedef {import("../../view/network_view.ts").ConfigurationState} State */

/**
 * The editor. Typed text survives an error, a refusal, a configuration that changes elsewhere, and a
 * look at another source.
 */
export class ConfigurationEditor {
  #form = byId("configuration", HTMLFormElement);
  #text = byId("configuration-text", HTMLTextAreaElement);
  #send = byId("configuration-send", HTMLButtonElement);
  /** @type {string | undefined} */
  #token;
  #kept = "";
  /** @type {State | null} */
  #state = null;
  #isSending = false;
  /** @type {Map<string, string>} Typed text that was not sent, by token. */
  #drafts = new Map();

  constructor() {
    this.#text.addEventListener("input", () => this.#typed());
    this.#text.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      this.#form.requestSubmit();
    });
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    byId("configuration-revert", HTMLButtonElement).onclick = () => {
      this.#text.value = this.#kept;
      this.#typed();
    };
  }

  /** The token whose configuration is shown. */
  get token() {
    return this.#token;
  }

  /** @param {string} token */
  open(token) {
    if (token === this.#token) return;
    this.#token = token;
    this.#kept = "";
    this.#text.value = this.#drafts.get(token) ?? "";
    this.#form.hidden = false;
    this.#text.disabled = this.#text.value === "";
    setText(byId("configuration-token", HTMLElement), token);
    this.#say("", "Reading");
  }

  /**
   * Shows the configuration that the network keeps. The text follows it unless it was edited.
   *
   * @param {{ token: string, config: object | null, state: State | null }} configuration
   */
  update({ token, config, state }) {
    if (token !== this.#token) return;
    const isFirst = this.#text.disabled;
    const wasUntouched = this.#text.value === this.#kept;
    this.#state = state;
    this.#kept = JSON.stringify(config ?? {}, null, 2);
    setText(byId("configuration-kept", HTMLElement), config ? this.#kept : "None yet");
    this.#text.disabled = false;
    if (isFirst || wasUntouched) this.#text.value = this.#kept;
    if (isFirst || !this.#isAnswered()) this.#typed();
  }

  /** Whether the status shows the outcome of the last sending; it stays until the user types. */
  #isAnswered() {
    return this.#isSending || byId("configuration-status", HTMLElement).dataset.answer === "yes";
  }

  #typed() {
    const error = this.#check();
    if (this.#token !== undefined) this.#drafts.set(this.#token, this.#text.value);
    if (this.#text.value === this.#kept) {
      if (this.#token !== undefined) this.#drafts.delete(this.#token);
      this.#say(this.#state?.status === "refused" ? "bad" : "", describe(this.#state));
    } else if (error) {
      this.#say("bad", `${error.message}. Nothing is sent.`);
    } else this.#say("changed", "Changed, not sent yet.");
    this.#text.setAttribute("aria-invalid", String(error !== undefined));
  }

  /** @returns {{ message: string, offset: number } | undefined} */
  #check() {
    const text = this.#text.value;
    const error = findJsonError(text);
    if (error) {
      const { line, column, message, offset } = error;
      return { message: `Line ${line}, column ${column}: ${message}`, offset };
    }
    const offset = text.search(/\S/);
    if (text[offset] === "{") return undefined;
    return { message: "A configuration is an object: { … }", offset };
  }

  async #submit() {
    const token = this.#token;
    if (token === undefined || this.#isSending) return;
    const error = this.#check();
    if (error) {
      this.#typed();
      this.#text.focus();
      this.#text.setSelectionRange(error.offset, error.offset + 1);
      return;
    }
    const text = this.#text.value;
    this.#setSending(true);
    this.#say("", "Sending, waiting for the source’s answer …");
    const outcome = await send(token, text);
    this.#setSending(false);
    if (outcome.isKept) this.#drafts.delete(token);
    else byId("configuration-old", HTMLDetailsElement).open = true;
    if (token !== this.#token) return;
    if (outcome.isKept && this.#text.value === text) {
      this.#kept = JSON.stringify(JSON.parse(text), null, 2);
      this.#text.value = this.#kept;
    }
    this.#say(
      outcome.isKept ? "good" : "bad",
      `${formatTime(Date.now())} ${outcome.message}`,
      true,
    );
  }

  /** @param {boolean} isSending */
  #setSending(isSending) {
    this.#isSending = isSending;
    this.#send.setAttribute("aria-disabled", String(isSending));
  }

  /**
   * @param {"" | "good" | "changed" | "bad"} state
   * @param {string} message
   * @param {boolean} [isAnswer]
   */
  #say(state, message, isAnswer = false) {
    const status = byId("configuration-status", HTMLElement);
    setData(status, "state", state || undefined);
    setData(status, "answer", isAnswer ? "yes" : undefined);
    setText(status, message);
  }
}

/**
 * What has become of the configuration that is shown. Only one that the source has accepted is in force.
 *
 * @param {State | null} state
 */
function describe(state) {
  switch (state?.status) {
    case "accepted":
      return `In force since ${formatTime(state.sinceMs)}.`;
    case "sent":
      return `Sent to the source at ${formatTime(state.sinceMs)}.`;
    case "refused":
      return `The source has refused a newer one at ${formatTime(state.sinceMs)}: ${state.reason}.`;
    default:
      return "Kept for the source, which has not got it yet.";
  }
}

/**
 * @param {string} token
 * @param {string} text
 * @returns {Promise<{ isKept: boolean, message: string }>}
 */
async function send(token, text) {
  try {
    const response = await fetch("/configuration", {
      method: "POST",
      headers: { "content-type": "application/json" },
      // The text as typed: numbers keep all their digits.
      body: `{"token":${JSON.stringify(token)},"config":${text}}`,
    });
    if (response.ok) {
      const { taken } = await response.json();
      return {
        isKept: true,
        message: taken
          ? "In force. The source has taken it."
          : "Kept. No source is connected to take it yet.",
      };
    }
    const reason = response.status === 422 ? (await response.json()).error : await response.text();
    return {
      isKept: false,
      message: `Refused: ${reason}. The old configuration stays.`,
    };
  } catch {
    return { isKept: false, message: "Not sent: the program cannot be reached." };
  }
}
