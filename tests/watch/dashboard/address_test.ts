import assert from "node:assert/strict";
import fc from "fast-check";
import { readAddress, writeAddress } from "../../../src/watch/dashboard/page/address.js";

const FIRST = {
  charts: undefined,
  spanMs: 60_000,
  endMs: undefined,
  isByUnit: false,
  large: undefined,
  filter: "",
  sort: "name",
  isDescending: false,
  token: undefined,
  health: { kind: undefined, filter: "", sort: "kind", isDescending: false },
} as const;

Deno.test("writeAddress() leaves out what is as at first", () => {
  assert.equal(writeAddress("charts", FIRST), "#charts");
  assert.equal(writeAddress("charts", { ...FIRST, charts: [] }), "#charts?chart=");
  assert.equal(
    writeAddress("charts", { ...FIRST, charts: ["a.b", "c"], sort: "rate", isDescending: true }),
    "#charts?chart=a.b&chart=c&sort=-rate",
  );
});

Deno.test("readAddress() reads what was written, whatever names there are", () => {
  const name = fc.string({ minLength: 1, unit: "grapheme" });
  const state = fc.record({
    charts: fc.option(fc.array(name), { nil: undefined }),
    spanMs: fc.double({ min: 0.01, max: 3_600_000, noNaN: true }),
    endMs: fc.option(fc.double({ min: 1, max: 2e12, noNaN: true }), { nil: undefined }),
    isByUnit: fc.boolean(),
    large: fc.option(name, { nil: undefined }),
    filter: fc.string({ unit: "grapheme" }),
    sort: fc.constantFrom("name" as const, "rate" as const, "gaps" as const),
    isDescending: fc.boolean(),
    token: fc.option(name, { nil: undefined }),
    health: fc.record({
      kind: fc.constantFrom(undefined, "silent" as const, "unit-missing" as const),
      filter: fc.string({ unit: "grapheme" }),
      sort: fc.constantFrom("kind" as const, "since" as const),
      isDescending: fc.boolean(),
    }),
  });
  fc.assert(fc.property(state, (state) => {
    const address = writeAddress("charts", state);
    assert.match(address, /^#charts(\?[!-~]+)?$/);
    const read = readAddress(address);
    assert.equal(read.view, "charts");
    assert.deepEqual(read.state ?? FIRST, { ...state, health: { ...state.health } });
  }));
});

Deno.test("readAddress() takes anything, and what it cannot use for left out", () => {
  assert.deepEqual(readAddress(""), { view: "", state: undefined });
  assert.deepEqual(readAddress("#sources"), { view: "sources", state: undefined });
  assert.deepEqual(
    readAddress("#charts?span=x&end=-1&sort=--rate&by=day&what=ever&problem=x&order=-"),
    {
      view: "charts",
      state: FIRST,
    },
  );
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const { state } = readAddress(`#charts?${text}`);
    assert.ok(state && state.spanMs > 0 && Number.isFinite(state.spanMs));
  }));
});
