import assert from "node:assert/strict";
import { systemRandomness } from "../src/randomness.ts";

Deno.test("systemRandomness gives fractions of 1, and identifiers that are all different", () => {
  const identifiers = new Set<string>();
  for (let at = 0; at < 1000; at++) {
    const fraction = systemRandomness.fraction();
    assert.ok(fraction >= 0 && fraction < 1);
    identifiers.add(systemRandomness.identifier());
  }
  assert.equal(identifiers.size, 1000);
  for (const identifier of identifiers) assert.match(identifier, /^[0-9a-f]{32}$/);
});
