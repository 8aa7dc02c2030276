import assert from "node:assert/strict";
import { needing } from "../support/needing.ts";
import { PLANTED } from "./planted/all.ts";
import { plant } from "./planted/planted.ts";

const ROOT = new URL("../../", import.meta.url);

Deno.test(needing({ permissions: [{ name: "read", path: ROOT }] }, {
  name: "Faults can be planted: each in a place that is there once",
  fn: async () => {
    assert(PLANTED.length >= 20);
    for (const planted of PLANTED) {
      const source = await Deno.readTextFile(new URL(planted.file, ROOT));
      assert.notEqual(plant(source, planted), source);
    }
  },
}));
