/**
 * Fitting untrusted text into the cells of a terminal.
 *
 * @module
 */

import stringWidth from "string-width";

/** Control characters, which could drive the terminal, and those that turn the direction of text. */
const HARMFUL = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });

/** A text without what could drive the terminal. */
export function harmless(text: string): string {
  return text.replace(HARMFUL, "�");
}

/** How many cells a text takes. ANSI colours take none. */
export function textWidth(text: string): number {
  return stringWidth(text);
}

/**
 * A harmless text in exactly `width` cells: filled up, or cut in its middle, where names differ
 * least.
 */
export function fit(text: string, width: number, align: "left" | "right" = "left"): string {
  const cut = textWidth(text) > width ? cutMiddle(text, width) : text;
  const space = " ".repeat(Math.max(0, width - textWidth(cut)));
  return align === "left" ? cut + space : space + cut;
}

/**
 * A harmless text in lines of at most `width` cells, for what is of no use when it is cut: broken at
 * a space where that keeps a word in one piece, such as an address.
 */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (let rest = split(text); rest.length > 0;) {
    const fitting = Math.max(1, countFitting(rest, width));
    // What follows may be the space itself, which takes no cell at the end of a line.
    const space = fitting < rest.length ? rest.lastIndexOf(" ", fitting) : -1;
    const [word = ""] = rest.slice(space + 1).join("").split(" ", 1);
    const isKept = space > 0 && textWidth(word) <= width;
    lines.push(rest.slice(0, isKept ? space : fitting).join(""));
    rest = rest.slice(isKept ? space + 1 : fitting);
  }
  return lines;
}

function split(text: string): string[] {
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

function cutMiddle(text: string, width: number): string {
  if (width < 1) return "";
  const characters = split(text);
  // The end of a metric's name tells more than its beginning.
  const start = characters.slice(0, countFitting(characters, Math.floor((width - 1) / 3))).join("");
  const fromEnd = countFitting(characters.toReversed(), width - 1 - textWidth(start));
  return `${start}…${characters.slice(characters.length - fromEnd).join("")}`;
}

/** How many of the first characters fit. */
function countFitting(characters: readonly string[], width: number): number {
  let left = width;
  const first = characters.findIndex((character) => (left -= textWidth(character)) < 0);
  return first < 0 ? characters.length : first;
}
