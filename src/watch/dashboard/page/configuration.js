// @ts-check
/// <reference lib="dom" />

/**
 * The configuration of a source as JSON: read, edited, checked and sent.
 *
 * @module
 */

/** @import { ConfigurationKeeping, ConfigurationState, ConfigurationView } from "../../view/configurations_view.ts" */
/** @import { AgentView } from "../../view/network_view.ts" */
/** @import { Outcome } from "./configuration_calls.js" */
import { sendConfiguration } from "./configuration_calls.js";
import { ConfigurationHistory } from "./configuration_history.js";
import { ConfigurationSchema } from "./configuration_schema.js";
import { differences } from "./diff.js";
import { byId, make, setData, setText } from "./dom.js";
import { formatTime } from "../../view/format.js";
import { findJsonError } from "./json_error.js";

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
  /** @type {string | undefined} */
  #keptRevision;
  /** @type {string | undefined} That of the one that the text began with. */
  #revision;
  /** @type {ConfigurationState | undefined} */
  #state;
  /** @type {ConfigurationKeeping} */
  #keeping = { place: undefined, historyPlace: undefined, isWritable: false };
  #history = new ConfigurationHistory((config) => {
    this.#text.value = config;
    this.#typed();
    this.#text.focus();
  });
  #schema = new ConfigurationSchema(this.#text, () => {
    if (this.#token !== undefined && !this.#text.disabled && !this.#isAnswered()) this.#tell();
  });
  /** @type {readonly AgentView[]} */
  #agents = [];
  #isSending = false;
  /** @type {Map<string, { text: string, revision: string | undefined }>} Not sent yet, by token. */
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
      this.#revision = this.#keptRevision;
      this.#typed();
    };
  }

  /** The token whose configuration is shown. */
  get token() {
    return this.#token;
  }

  /**
   * Shows where configurations are kept, and whether they can be changed.
   *
   * @param {ConfigurationKeeping} keeping
   */
  keep(keeping) {
    this.#keeping = keeping;
    const { place, historyPlace, isWritable } = keeping;
    this.#text.readOnly = !isWritable;
    byId("configuration-actions", HTMLElement).hidden = !isWritable;
    const kept = place === undefined
      ? "Nobody keeps what is sent here: the source has it until it is started again."
      : place === historyPlace
      ? `Kept in ${place}, with what is replaced.`
      : `Kept in ${place}; what is replaced goes to ${historyPlace}.`;
    const note = isWritable ? "" : " Read only: the program was started without --allow-configure.";
    setText(byId("configuration-place", HTMLElement), kept + note);
    byId("configuration-old", HTMLElement).hidden = place === undefined;
    byId("configuration-history", HTMLElement).hidden = place === undefined;
  }

  /** @param {string} token */
  open(token) {
    if (token === this.#token) return;
    this.#token = token;
    this.#kept = "";
    this.#keptRevision = undefined;
    const draft = this.#drafts.get(token);
    this.#text.value = draft?.text ?? "";
    this.#revision = draft?.revision;
    this.#form.hidden = false;
    this.#text.disabled = this.#text.value === "";
    setText(byId("configuration-token", HTMLElement), token);
    this.#history.open(token);
    this.know(this.#agents);
    this.#showConflict(undefined);
    this.#say("", "Reading");
  }

  /**
   * Takes note of who is there: the source says what its configuration has to be, if it can.
   *
   * @param {readonly AgentView[]} agents
   */
  know(agents) {
    this.#agents = agents;
    const token = this.#token;
    if (token !== undefined) this.#schema.open(token, agents.find((each) => each.token === token));
  }

  /**
   * Shows the configuration that the network keeps. The text follows it unless it was edited.
   *
   * @param {ConfigurationView & { readonly token: string }} configuration
   */
  update({ token, config, revision, state, error }) {
    if (token !== this.#token) return;
    const isFirst = this.#text.disabled;
    const wasUntouched = this.#text.value === this.#kept;
    if (error !== undefined) {
      if (!this.#isSending) this.#say("bad", `${error}.`);
      return;
    }
    this.#state = state;
    this.#kept = JSON.stringify(config ?? {}, null, 2);
    if (this.#keptRevision !== revision) this.#history.changed();
    this.#keptRevision = revision;
    setText(byId("configuration-kept", HTMLElement), config ? this.#kept : "None yet");
    this.#text.disabled = false;
    if (isFirst || wasUntouched) {
      this.#text.value = this.#kept;
      this.#revision = revision;
    }
    if (isFirst || !this.#isAnswered()) this.#typed();
  }

  /** Whether the status shows the outcome of the last sending; it stays until the user types. */
  #isAnswered() {
    return this.#isSending || byId("configuration-status", HTMLElement).dataset.answer === "yes";
  }

  #typed() {
    if (this.#token !== undefined) {
      const draft = { text: this.#text.value, revision: this.#revision };
      if (draft.text === this.#kept) this.#drafts.delete(this.#token);
      else this.#drafts.set(this.#token, draft);
    }
    this.#schema.typed();
    this.#tell();
  }

  /** Says how the text stands. */
  #tell() {
    const error = this.#check();
    if (this.#text.value === this.#kept) {
      const state = this.#state?.status === "refused" ? "bad" : "";
      this.#say(state, describe(this.#state, this.#keeping.place !== undefined));
    } else if (error) {
      this.#say("bad", `${error.message}. Nothing is sent.`);
    } else {
      const others = this.#revision === this.#keptRevision
        ? ""
        : "; another one was kept meanwhile";
      this.#say(
        "changed",
        `Changed, not sent yet${others}.${disagreement(this.#schema.problemCount)}`,
      );
    }
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
    const outcome = await sendConfiguration(token, text, this.#revision);
    this.#setSending(false);
    if (outcome.isKept) this.#rebaseDraft(token, text, outcome.revision);
    if (token !== this.#token) return;
    this.#showConflict(outcome.conflict && { ...outcome.conflict, text });
    if (!outcome.isKept && !outcome.conflict) {
      byId("configuration-old", HTMLDetailsElement).open = true;
    }
    if (outcome.isKept) this.#keepOwn(text, outcome.revision);
    this.#history.changed();
    this.#say(
      outcome.isGood ? "good" : "bad",
      `${formatTime(Date.now())} ${outcome.message}`,
      true,
    );
  }

  /**
   * Gives up the draft that was sent. What was typed since is based on it.
   *
   * @param {string} token
   * @param {string} sent
   * @param {string | undefined} revision
   */
  #rebaseDraft(token, sent, revision) {
    const draft = this.#drafts.get(token);
    if (draft === undefined || draft.text === sent) this.#drafts.delete(token);
    else if (revision !== undefined) this.#drafts.set(token, { ...draft, revision });
  }

  /**
   * Takes what was sent for what is kept, before the network says so: what is typed next is based on it.
   *
   * @param {string} text
   * @param {string | undefined} revision
   */
  #keepOwn(text, revision) {
    this.#kept = formatted(text);
    if (this.#text.value === text) this.#text.value = this.#kept;
    if (revision === undefined) return;
    this.#revision = revision;
    this.#keptRevision = revision;
  }

  /**
   * Shows how a text that was not sent differs from what another one has kept meanwhile, and offers to
   * send it over that, now that it was seen.
   *
   * @param {{ kept: string, revision: string | undefined, text: string } | undefined} conflict
   */
  #showConflict(conflict) {
    const place = byId("configuration-conflict", HTMLElement);
    place.hidden = conflict === undefined;
    if (conflict === undefined) return place.replaceChildren();
    const { kept, revision, text } = conflict;
    const replace = make("button", { type: "button" }, "Replace it with mine");
    replace.onclick = () => {
      this.#revision = revision;
      this.#form.requestSubmit();
    };
    const take = make("button", { type: "button" }, "Take the other one");
    take.onclick = () => {
      this.#text.value = kept;
      this.#revision = revision;
      this.#showConflict(undefined);
      this.#typed();
    };
    place.replaceChildren(
      make("h4", {}, "What is kept (−), and what you have written (+)"),
      make("pre", {}, ...differences(kept, formatted(text)).map(differenceLine)),
      make("div", { class: "actions" }, replace, take),
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
 * @param {ConfigurationState | undefined} state
 * @param {boolean} isKeptSomewhere
 */
function describe(state, isKeptSomewhere) {
  switch (state?.status) {
    case "accepted":
      return `In force since ${formatTime(state.sinceMs)}.`;
    case "sent":
      return `Sent to the source at ${formatTime(state.sinceMs)}.`;
    case "refused":
      return `The source has refused the newest one at ${
        formatTime(state.sinceMs)
      }: ${state.reason}.`;
    case "kept":
      return "Kept for the source, which has not got it yet.";
    default:
      return isKeptSomewhere
        ? "Kept. What the source has got is not known here."
        : "What the source has got is not known here.";
  }
}

/** @param {number} count How much is not as the source's schema says. */
function disagreement(count) {
  if (count === 0) return "";
  const things = count === 1 ? "1 thing is" : `${count} things are`;
  return ` ${things} not as the source’s schema says; it can be sent, and the source decides.`;
}

/** @param {string} text JSON. */
function formatted(text) {
  return JSON.stringify(JSON.parse(text), null, 2);
}

/** @param {ReturnType<typeof differences>[number]} difference */
function differenceLine({ sign, line }) {
  const element = make("span", { class: "difference" }, `${sign === "-" ? "−" : sign} ${line}\n`);
  setData(element, "sign", sign === " " ? undefined : sign);
  return element;
}
