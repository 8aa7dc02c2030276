/**
 * Fitting text from anybody into the cells of a terminal.
 *
 * @module
 */

/** Control characters, which could drive the terminal, and those that turn the direction of text. */
const HARMFUL = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
/** East Asian wide characters and emoji, by their largest blocks. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });

/** A text without what could drive the terminal. */
export function harmless(text: string): string {
  return text.replace(HARMFUL, "�");
}

/** How many cells a text takes. It must be harmless. */
export function textWidth(text: string): number {
  let width = 0;
  for (const { segment } of segmenter.segment(text)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}

/** A text in exactly `width` cells: filled up, or cut in its middle, where names differ least. */
export function fit(text: string, width: number, align: "left" | "right" = "left"): string {
  const cut = textWidth(text) > width ? cutMiddle(text, width) : text;
  const space = " ".repeat(Math.max(0, width - textWidth(cut)));
  return align === "left" ? cut + space : space + cut;
}

function cutMiddle(text: string, width: number): string {
  if (width < 1) return "";
  const characters = Array.from(segmenter.segment(text), ({ segment }) => segment);
  // The end of a metric's name tells more than its beginning.
  const startWidth = Math.floor((width - 1) / 3);
  const start = take(characters, startWidth);
  const end = take(characters.toReversed(), width - 1 - textWidth(start));
  return `${start}…${
    Array.from(segmenter.segment(end), ({ segment }) => segment).reverse().join("")
  }`;
}

/** As many characters as fit. */
function take(characters: readonly string[], width: number): string {
  let taken = "";
  let left = width;
  for (const character of characters) {
    left -= textWidth(character);
    if (left < 0) break;
    taken += character;
  }
  return taken;
}
