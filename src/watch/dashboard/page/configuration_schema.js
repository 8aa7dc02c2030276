// @ts-check
/// <reference lib="dom" />

/**
 * What a source says that its configuration has to be: shown, checked and proposed while one types.
 *
 * @module
 */

/** @import { AgentView } from "../../view/network_view.ts" */
/** @import { BoundedSchema } from "../schema_bounds.ts" */
/** @import { SchemaProblems } from "../schema.ts" */
/** @import { Proposal } from "./schema_words.js" */
import { checkConfiguration, readSchema } from "./configuration_calls.js";
import { Proposals } from "./configuration_proposals.js";
import { byId, make, setText } from "./dom.js";
import { JsonText } from "./json_cursor.js";
import {
  factsOf,
  fieldsOf,
  proposedNames,
  proposedValues,
  schemasAt,
  wordsOf,
} from "./schema_words.js";

const CHECK_DELAY_MS = 250;
const ABOUT_DELAY_MS = 30;
const MAX_SHOWN = 20;

/** Helps with a text field, as far as the source has told a schema. Without one it does nothing. */
export class ConfigurationSchema {
  #text;
  #onChecked;
  #proposals;
  #about = byId("configuration-about", HTMLElement);
  #problems = byId("configuration-problems", HTMLUListElement);
  #note = byId("configuration-schema-note", HTMLElement);
  #fields = byId("configuration-fields", HTMLDetailsElement);
  /** @type {string | undefined} The token, and which program has it. */
  #key;
  #token = "";
  /** @type {BoundedSchema | undefined} */
  #schema;
  /** How many things are not as the schema says, as far as it is known. */
  problemCount = 0;
  #lastRead = new JsonText("");
  /** @type {string | undefined} The text that is checked, or was. */
  #checked;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #aboutTimer;

  /**
   * @param {HTMLTextAreaElement} text
   * @param {() => void} onChecked Another number of problems is known.
   */
  constructor(text, onChecked) {
    this.#text = text;
    this.#onChecked = onChecked;
    this.#proposals = new Proposals(text, (proposal) => this.#insert(proposal));
    text.addEventListener("input", (event) => {
      const isWord = event instanceof InputEvent && /^[\w"-]$/.test(event.data ?? "");
      if (isWord) this.#propose(false);
      else this.#proposals.close();
    });
    document.addEventListener("selectionchange", () => {
      if (document.activeElement === text) this.#showAboutSoon();
    });
    text.addEventListener("keydown", (event) => this.#press(event));
    this.#fields.addEventListener("toggle", () => this.#showFields());
  }

  /**
   * Reads the schema of a token, unless it is known.
   *
   * @param {string} token
   * @param {AgentView | undefined} agent The program that has this token, which says whether it has one.
   */
  open(token, agent) {
    const { configSchema, startingTime } = agent?.discovered ?? {};
    const isOffered = agent?.alive && configSchema !== undefined;
    const key = JSON.stringify([token, isOffered ? startingTime ?? "" : null]);
    if (key === this.#key) return;
    this.#key = key;
    this.#token = token;
    this.#show(undefined);
    if (isOffered) void this.#ask(key);
  }

  /** The text has changed. */
  typed() {
    this.#showAboutSoon();
    if (this.#schema === undefined || this.#text.value === this.#checked) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#check(), CHECK_DELAY_MS);
  }

  /** @param {string} key */
  async #ask(key) {
    try {
      const schema = await readSchema(this.#token);
      if (key === this.#key) this.#show(schema);
    } catch (error) {
      if (key !== this.#key) return;
      const reason = error instanceof Error ? error.message : String(error);
      setText(this.#note, `The source’s schema cannot be read: ${reason}`);
    }
  }

  /** @param {BoundedSchema | undefined} schema */
  #show(schema) {
    this.#schema = schema;
    this.#checked = undefined;
    clearTimeout(this.#timer);
    this.#proposals.close();
    this.#showProblems(undefined);
    setText(this.#note, "");
    byId("configuration-help", HTMLElement).hidden = schema === undefined;
    byId("configuration-keys", HTMLElement).hidden = schema === undefined;
    this.#fields.hidden = schema === undefined;
    const attributes = { "aria-autocomplete": "list", "aria-haspopup": "listbox" };
    for (const [name, value] of Object.entries(attributes)) {
      if (schema) this.#text.setAttribute(name, value);
      else this.#text.removeAttribute(name);
    }
    this.#showFields();
    this.typed();
  }

  /** What stands where in the text. */
  #read() {
    const { value } = this.#text;
    if (this.#lastRead.text !== value) this.#lastRead = new JsonText(value);
    return this.#lastRead;
  }

  async #check() {
    const text = this.#text.value;
    const key = this.#key;
    this.#checked = text;
    const problems = isObject(text) ? await checkConfiguration(this.#token, text) : undefined;
    // What was asked last counts.
    if (key === this.#key && text === this.#checked) this.#showProblems(problems);
  }

  /** @param {SchemaProblems | undefined} found */
  #showProblems(found) {
    const { problems = [], isComplete = true } = found ?? {};
    const text = this.#read();
    this.problemCount = problems.length;
    this.#problems.hidden = problems.length === 0;
    this.#problems.replaceChildren(
      ...problems.slice(0, MAX_SHOWN).map(({ path, message, isName }) => {
        const { name, value } = text.find(path);
        const place = isName ? name : value ?? name;
        const start = place?.start ?? 0;
        const before = this.#text.value.slice(0, start).split("\n");
        const where = `Line ${before.length}, column ${(before.at(-1) ?? "").length + 1}: `;
        const button = make("button", { type: "button", class: "quiet" }, where);
        if (path.length > 0) button.append(make("code", {}, pathText(path)), ": ");
        button.append(message);
        button.onclick = () => {
          this.#text.focus();
          this.#text.setSelectionRange(start, place?.end ?? start);
        };
        return make("li", {}, button);
      }),
    );
    const more = problems.length - MAX_SHOWN;
    const notes = [
      more > 0 ? `${more} more are not shown.` : "",
      isComplete ? "" : "There is too much to be checked here.",
      this.#schema?.isWhole === false
        ? "A part of the source’s schema is not understood here."
        : "",
    ];
    setText(this.#note, notes.filter(Boolean).join(" "));
    this.#onChecked();
  }

  #showAboutSoon() {
    clearTimeout(this.#aboutTimer);
    this.#aboutTimer = setTimeout(() => this.#showAbout(), ABOUT_DELAY_MS);
  }

  /** Says what the schema has to say of the place of the cursor. */
  #showAbout() {
    if (this.#schema === undefined) return;
    const text = this.#read();
    const { path } = text.cursor(this.#text.selectionStart);
    const words = path.length > 0
      ? wordsOf(schemasAt(this.#schema.schema, path, text))
      : wordsOf([this.#schema.schema]);
    const [known, description] = words ? [factsOf(words), words.description] : ["", ""];
    const shown = JSON.stringify([path, known, description]);
    if (this.#about.dataset.shown === shown) return;
    this.#about.dataset.shown = shown;
    this.#about.replaceChildren(
      ...path.length > 0 ? [make("code", {}, pathText(path))] : [],
      ...known ? [make("span", { class: "facts" }, known)] : [],
      ...description ? [make("span", {}, description)] : [],
    );
  }

  #showFields() {
    const list = byId("configuration-field-list", HTMLElement);
    if (!this.#fields.open || this.#schema === undefined) return list.replaceChildren();
    list.replaceChildren(
      ...fieldsOf(this.#schema.schema).flatMap(({ path, words }) => [
        make("dt", {}, make("code", {}, path), make("span", { class: "facts" }, factsOf(words))),
        make("dd", {}, words.description),
      ]),
    );
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (this.#proposals.press(event)) event.preventDefault();
    else if (this.#schema && asksForProposals(event)) {
      event.preventDefault();
      this.#propose(true);
    } else if (/^(?:Arrow|Home|End|Page)/.test(event.key)) this.#proposals.close();
  }

  /** @param {boolean} isAsked */
  #propose(isAsked) {
    if (this.#schema === undefined || this.#text.readOnly) return;
    const text = this.#read();
    const { kind, path, start, end, typed, names, needsComma } = text.cursor(
      this.#text.selectionStart,
    );
    const object = kind === "name" && end > start ? path.slice(0, -1) : path;
    const all = kind === "name" || needsComma && isAsked
      ? proposedNames(schemasAt(this.#schema.schema, object, text), names)
      : kind === "value"
      ? proposedValues(schemasAt(this.#schema.schema, path, text))
      : [];
    const word = typed.toLowerCase();
    const fitting = all.filter(({ label }) =>
      label.replaceAll('"', "").toLowerCase().includes(word)
    );
    // What is written already needs no proposal.
    const isWritten = fitting.length === 1 &&
      fitting[0]?.text === this.#text.value.slice(start, end);
    this.#proposals.show(isWritten ? [] : fitting, start, isAsked);
  }

  /** @param {Proposal} proposal */
  #insert({ text: word, stub }) {
    const text = this.#text;
    const cursor = this.#read().cursor(text.selectionStart);
    const { kind, start, end, hasColon, isFollowed, needsComma } = cursor;
    const isField = needsComma || kind === "name" && !hasColon;
    const before = needsComma ? ", " : "";
    const inserted = `${before}${word}${isField ? `: ${stub}` : ""}${
      isFollowed && (kind === "value" || stub) ? "," : ""
    }`;
    text.focus();
    text.setSelectionRange(start, end);
    // So that it can be undone; it is nowhere else than in browsers.
    if (!document.execCommand("insertText", false, inserted)) {
      text.setRangeText(inserted, start, end, "end");
      text.dispatchEvent(new InputEvent("input"));
    }
    const at = start + before.length + word.length + (isField ? 2 + (stub ? 1 : 0) : 0);
    text.setSelectionRange(at, at);
    if (isField) this.#propose(false);
  }
}

/**
 * Whether a key asks for proposals. Some systems keep Ctrl and Space for themselves; Alt and the arrow
 * open lists elsewhere, too.
 *
 * @param {KeyboardEvent} event
 */
function asksForProposals({ key, ctrlKey, metaKey, altKey }) {
  return key === " " && (ctrlKey || metaKey) || key === "ArrowDown" && altKey;
}

/** @param {string} text */
function isObject(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

/** @param {readonly (string | number)[]} path */
function pathText(path) {
  return path.map((key, index) =>
    typeof key === "number" ? `[${key}]` : index === 0 ? key : `.${key}`
  ).join("");
}
