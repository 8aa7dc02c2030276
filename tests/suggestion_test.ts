import assert from "node:assert/strict";
import fc from "fast-check";
import { didYouMean, similarName } from "../src/suggestion.ts";

Deno.test("similarName() finds the name that a misspelt one means", () => {
  const known = ["required", "default", "choices", "config", "id"];
  for (
    const [given, meant] of [
      ["requird", "required"],
      ["defualt", "default"],
      ["confg", "config"],
      ["Config", "config"],
      ["xd", "id"],
    ] as const
  ) {
    assert.equal(similarName(given, known), meant);
  }
});

Deno.test("similarName() finds nothing for a known name, or one that is not similar", () => {
  assert.equal(similarName("config", ["confg", "config"]), undefined);
  assert.equal(similarName("coffee.make", ["config", "discover"]), undefined);
  assert.equal(similarName("", ["config"]), undefined);
  assert.equal(similarName("config", []), undefined);
});

Deno.test("similarName() finds every name again after one mistake", () => {
  const name = fc.stringMatching(/^[a-z]{3,20}$/);
  fc.assert(fc.property(name, fc.nat(19), fc.stringMatching(/^[A-Z]$/), (name, at, letter) => {
    const index = at % name.length;
    const replaced = `${name.slice(0, index)}${letter}${name.slice(index + 1)}`;
    const missing = `${name.slice(0, index)}${name.slice(index + 1)}`;
    const added = `${name.slice(0, index)}${letter}${name.slice(index)}`;
    const swapped = [...name];
    swapped.splice(index, 2, ...swapped.slice(index, index + 2).reverse());
    for (const given of [replaced, missing, added, swapped.join("")]) {
      assert.equal(similarName(given, [name]), given === name ? undefined : name);
    }
  }));
});

Deno.test("didYouMean() is the end of a message, or nothing", () => {
  assert.equal(didYouMean("requird", ["required"]), ': did you mean "required"?');
  assert.equal(didYouMean("x.y.z", ["required"]), "");
});
