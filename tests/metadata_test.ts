import assert from "node:assert/strict";
import fc from "fast-check";
import { copyJson, copyJsonObject } from "../src/metadata.ts";

Deno.test("copyJson() makes a deep copy that JSON carries unchanged", () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    const copied = copyJson(value, "value");
    assert.deepEqual(JSON.parse(JSON.stringify(copied)), JSON.parse(JSON.stringify(value)));
    if (typeof value === "object" && value !== null) assert.notEqual(copied, value);
  }));
});

Deno.test("copyJson() leaves out what is undefined", () => {
  assert.deepEqual(copyJson({ unit: undefined, rate: 1 }, "value"), { rate: 1 });
});

Deno.test("copyJson() names the part that JSON cannot carry", () => {
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  for (
    const [value, message] of [
      [{ rate: NaN }, "Cannot use metadata.rate: NaN is given, JSON cannot carry it"],
      [{ a: [1, { b: 2n }] }, "Cannot use metadata.a[1].b: 2n is given, JSON cannot carry it"],
      [{ at: new Date(0) }, "Cannot use metadata.at: a Date is given, JSON cannot carry it"],
      [{ tags: new Map() }, "Cannot use metadata.tags: a Map is given, JSON cannot carry it"],
      [cycle, "Cannot use metadata.self: a cycle is given, JSON cannot carry it"],
    ] as const
  ) {
    assert.throws(() => copyJson(value, "metadata"), { name: "TypeError", message });
  }
  assert.throws(
    () => copyJson({ f: () => 1 }, "metadata"),
    /Cannot use metadata\.f: .* JSON cannot/,
  );
});

Deno.test("copyJson() takes one object in two places for no cycle", () => {
  const shared = { a: 1 };
  assert.deepEqual(copyJson([shared, shared], "value"), [{ a: 1 }, { a: 1 }]);
});

Deno.test("copyJson() lets no key reach a prototype", () => {
  const copied = copyJson(JSON.parse('{"__proto__": {"polluted": 1}}'), "value");
  assert.equal((copied as { polluted?: number }).polluted, undefined);
  assert.equal(({} as { polluted?: number }).polluted, undefined);
});

Deno.test("copyJsonObject() refuses what is no object", () => {
  for (const value of [null, [], "text", 1]) {
    assert.throws(() => copyJsonObject(value, "metadata"), /an object is required$/);
  }
});
