import assert from "node:assert/strict";
import fc from "fast-check";
import { fit, harmless, textWidth, wrap } from "../../../src/watch/terminal/text_width.ts";

Deno.test("fit() fills up on the side that is asked for", () => {
  assert.equal(fit("ab", 4), "ab  ");
  assert.equal(fit("ab", 4, "right"), "  ab");
});

Deno.test("fit() cuts in the middle and keeps more of the end", () => {
  assert.equal(fit("taurus.node1001.power", 12), "tau…01.power");
  assert.equal(fit("abc", 1), "…");
  assert.equal(fit("abc", 0), "");
});

Deno.test("fit() gives exactly the width, also of wide characters", () => {
  assert.equal(fit("温度温度", 6), "…温度 ");
  assert.equal(fit("⚡⚡⚡", 5), "…⚡⚡");
  assert.equal(fit("🇩🇪🇫🇷🇮🇹", 5), "…🇫🇷🇮🇹");
  assert.equal(fit("e\u0301te\u0301", 5), "e\u0301te\u0301  ");
});

Deno.test("wrap() breaks at spaces, so that an address stays whole, and elsewhere if it must", () => {
  assert.deepEqual(wrap("Sources connect to amqp://127.0.0.1:40343", 40), [
    "Sources connect to",
    "amqp://127.0.0.1:40343",
  ]);
  assert.deepEqual(wrap("ab cd", 2), ["ab", "cd"]);
  assert.deepEqual(wrap("abcde", 2), ["ab", "cd", "e"]);
  assert.deepEqual(wrap("ab", 2), ["ab"]);
});

Deno.test("wrap() keeps within the width and loses nothing but the spaces at which it breaks", () => {
  const text = fc.array(fc.constantFrom("a", " ", "温", "e\u0301"), { maxLength: 30 });
  fc.assert(fc.property(text, fc.integer({ min: 2, max: 12 }), (pieces, width) => {
    const whole = pieces.join("");
    const lines = wrap(whole, width);
    for (const line of lines) assert.ok(textWidth(line) <= width);
    assert.equal(lines.join("").replaceAll(" ", ""), whole.replaceAll(" ", ""));
  }));
});

Deno.test("fit() gives exactly the width of any text, however its characters join", () => {
  const piece = fc.oneof(
    fc.constantFrom(
      ...WIDTHS.map(([text]) => text),
      ".",
      "\u0301",
      "\u200d",
      "\ufe0f",
      "🇩",
      "\ud83d",
    ),
    fc.string({ unit: "grapheme" }),
    fc.string({ unit: "binary" }),
  );
  fc.assert(fc.property(fc.array(piece, { maxLength: 12 }), fc.nat(40), (pieces, width) => {
    assert.equal(textWidth(fit(harmless(pieces.join("")), width)), width);
  }));
});

// As terminals show them, which follow Unicode's annex 11 and its emoji.
const WIDTHS: readonly (readonly [text: string, width: number])[] = [
  ["power", 5],
  ["é", 1],
  ["e\u0301", 1], // with a combining mark
  ["温度", 4],
  ["한", 2],
  ["\u1112\u1161\u11ab", 2], // the same syllable in three code points
  ["⚡", 2],
  ["⚠", 1],
  ["⚠\ufe0f", 2], // as an emoji
  ["1\ufe0f\u20e3", 2],
  ["🇩🇪", 2],
  ["👍🏽", 2],
  ["👩\u200d👩\u200d👧\u200d👦", 2],
  ["a\u200bb", 2], // a space without width
  ["\x1b[1mab\x1b[0m", 2],
];

for (const [text, width] of WIDTHS) {
  Deno.test(`textWidth() of ${JSON.stringify(text)} is ${width}`, () => {
    assert.equal(textWidth(text), width);
  });
}

Deno.test("harmless() takes away what could drive a terminal or turn text around", () => {
  assert.equal(harmless("a\x1b[2Jb\nc\u202Ed\u009be"), "a�[2Jb�c�d�e");
  assert.equal(harmless("Grüße, 温度 🙂"), "Grüße, 温度 🙂");
});
