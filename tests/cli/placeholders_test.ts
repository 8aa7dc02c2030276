import assert from "node:assert/strict";
import { fillPlaceholders } from "../../src/cli/placeholders.ts";

const SOURCE = { USER: () => "ada", HOST: () => "engine" };

Deno.test("fillPlaceholders() fills in $USER and $HOST, also in braces", () => {
  const { text } = fillPlaceholders("$USER@${HOST}-$USER.x", SOURCE);
  assert.equal(text, "ada@engine-ada.x");
});

Deno.test("fillPlaceholders() leaves everything else as Python's safe_substitute does", () => {
  for (const text of ["$USERNAME", "${OTHER}", "$user", "$", "5$", "$1", "${USER", "$-", "${}"]) {
    assert.deepEqual(fillPlaceholders(text, SOURCE), { text, unknown: [] });
  }
  assert.equal(fillPlaceholders("$$USER $$$USER", SOURCE).text, "$USER $ada");
  assert.equal(
    fillPlaceholders("$toString ${constructor}", SOURCE).text,
    "$toString ${constructor}",
  );
});

Deno.test("fillPlaceholders() leaves and names a placeholder whose value is not known", () => {
  const source = { USER: () => "ada", HOST: () => undefined };
  assert.deepEqual(fillPlaceholders("$USER@$HOST.$HOST", source), {
    text: "ada@$HOST.$HOST",
    unknown: ["HOST"],
  });
});

Deno.test("fillPlaceholders() does not look up what does not occur", () => {
  const fail = () => assert.fail("looked up");
  assert.equal(fillPlaceholders("plain", { USER: fail, HOST: fail }).text, "plain");
});

Deno.test("fillPlaceholders() takes a value as it is, even if it looks like a pattern", () => {
  assert.equal(fillPlaceholders("$USER", { USER: () => "$& $1 $HOST" }).text, "$& $1 $HOST");
});
