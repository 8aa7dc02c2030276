import assert from "node:assert/strict";
import { ownConfiguration } from "../../src/rpc/config_function.ts";

Deno.test("ownConfiguration() leaves out CouchDB's fields and x-metricq, at the top level only", () => {
  const own = { rate: 1, "x-other": 2, metricq: 3, a_b: 4, nested: { _id: "5", "x-metricq": 6 } };
  const config = { _id: "source-test", _rev: "3-abc", _: 0, ...own, "x-metricq": { valid: true } };
  assert.deepEqual(ownConfiguration(config), own);
  assert.equal(config._rev, "3-abc");
  assert.deepEqual(ownConfiguration({}), {});
});
