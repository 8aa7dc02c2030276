/**
 * The sentences of the pages and of the public documentation, as far as they are promises.
 *
 * @module
 */

import { documentedModules } from "./documentation.ts";
import { type Page, proseOf } from "./pages.ts";

/** What makes a sentence a promise that can be broken. */
const UNIVERSAL =
  /\b(?:never|always|nothing|all|any|anything|every|everything|none|no|nobody|neither|nor|whatever|only)\b/i;

/** A sentence, and where it stands. */
export interface Sentence {
  /** The page's file, or the name of the public symbol. */
  readonly where: string;
  /** The sentence in plain text, in one line. */
  readonly text: string;
}

/** The promises of a page. */
export function promisesOf(page: Page): Sentence[] {
  return promisesIn(proseOf(page)).map((text) => ({ where: page.path, text }));
}

/** The promises of what is documented of the public symbols. */
export async function documentedPromises(): Promise<Sentence[]> {
  const found = new Map<string, Sentence>();
  for (const symbol of (await documentedModules()).flatMap(({ symbols }) => symbols)) {
    for (const text of docsIn(symbol).flatMap(promisesIn)) {
      found.set(text, { where: symbol.name, text });
    }
  }
  return [...found.values()];
}

/** The documentation of a symbol, of its members and of what tags describe, but for conditions. */
function docsIn(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(docsIn);
  // When an error is thrown and what a default is says its own condition, and promises no more.
  if ("kind" in value && (value.kind === "throws" || value.kind === "default")) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === "doc" && typeof inner === "string" ? [inner] : docsIn(inner)
  );
}

// `Intl.Segmenter` finds no end before a sentence that begins with code, as many do here.
const SENTENCE_END = /(?<=[.?!][)"]*) (?=["({[]*[A-Z`])/;

function promisesIn(markdown: string): string[] {
  const text = markdown.replaceAll(/^```[^]*?^```$/gm, "");
  // A paragraph, an item of a list, a heading or a cell of a table ends a sentence.
  const parts = text.split(/\n\s*\n|\n(?=\s*(?:[-*|]|\d+\.) )|\n(?=#)|(?<=^#.*)\n| \| /m);
  return parts.flatMap((part) => {
    const line = part.replaceAll("**", "").replaceAll(/\s+/g, " ").trim();
    const sentences = line.replaceAll(/^[|\-* ]+|[| ]+$/g, "").split(SENTENCE_END);
    return sentences.filter(isPromise);
  });
}

function isPromise(sentence: string): boolean {
  const said = sentence
    .replaceAll(/`[^`]*`|"[^"]*"/g, "") // what is quoted, and what is code, is named and not said
    .replaceAll(/\bnot at all\b|\bnot only\b|\bevery [\d.]+ /gi, ""); // an answer, an addition, and a period
  // A single word is an entry of a table.
  return UNIVERSAL.test(said) && /[a-z]\W+[a-z]+\W+[a-z]/i.test(said);
}
