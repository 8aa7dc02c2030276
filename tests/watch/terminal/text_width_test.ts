import assert from "node:assert/strict";
import fc from "fast-check";
import { fit, harmless, textWidth } from "../../../src/watch/terminal/text_width.ts";

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
  assert.equal(textWidth("温度"), 4);
  assert.equal(fit("温度温度", 6), "…温度 ");
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), fc.nat(40), (text, width) => {
    assert.equal(textWidth(fit(harmless(text), width)), width);
  }));
});

Deno.test("harmless() takes away what could drive a terminal or turn text around", () => {
  assert.equal(harmless("a\x1b[2Jb\nc\u202Ed\u009be"), "a�[2Jb�c�d�e");
  assert.equal(harmless("Grüße, 温度 🙂"), "Grüße, 温度 🙂");
});
