import assert from "node:assert/strict";
import { Catalogue } from "../../../src/watch/dashboard/catalogue.ts";
import { FakeNetwork } from "./fake_network.ts";

Deno.test("Catalogue.changes() tells of what has come, changed and gone, once", () => {
  const network = new FakeNetwork(0).add({ name: "a.one", rate: 1 }, { name: "b.two", rate: 0 });
  const catalogue = new Catalogue();
  assert.deepEqual(
    catalogue.changes(network.metrics()).metrics.map(({ id, name }) => [id, name]),
    [[1, "a.one"], [2, "b.two"]],
  );
  assert.deepEqual(catalogue.changes(network.metrics()), { metrics: [], removed: [] });

  network.remove("a.one");
  network.add({ name: "b.two", metadata: { unit: "W" }, rate: 0 }, { name: "c.three" });
  const { metrics, removed } = catalogue.changes(network.metrics());
  assert.deepEqual(metrics.map(({ id, metadata }) => [id, metadata]), [[2, { unit: "W" }], [
    3,
    {},
  ]]);
  assert.deepEqual(removed, [1]);
});

Deno.test("Catalogue.rows() tells of the rows asked for that differ", () => {
  const network = new FakeNetwork(0).add(
    { name: "a.one", rate: 1, value: () => NaN },
    { name: "b.two", rate: 1, value: () => 5 },
  );
  const catalogue = new Catalogue();
  catalogue.changes(network.metrics());
  const watched = new Set(["a.one", "no.such"]);
  network.advanceTo(0);
  assert.deepEqual(catalogue.rows(network.metrics(), watched), [[1, "NaN", 0, 0.5, "low", 1.4, 0]]);
  assert.deepEqual(catalogue.rows(network.metrics(), watched), []);
  network.advanceTo(1000);
  assert.deepEqual(
    catalogue.rows(network.metrics(), new Set(["a.one", "b.two"])),
    [[1, "NaN", 1000, 1, "ok", 1.4, 0], [2, 5, 1000, 1, "ok", 1.4, 0]],
  );
});
