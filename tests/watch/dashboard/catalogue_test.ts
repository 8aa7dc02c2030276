import assert from "node:assert/strict";
import { Catalogue } from "../../../src/watch/dashboard/catalogue.ts";
import { FakeNetwork } from "./fake_network.ts";

/** All metrics of a network. */
function all(network: FakeNetwork) {
  return network.list().window({ count: 10 }).metrics;
}

Deno.test("Catalogue.changes() tells of what has come, changed and gone, once", () => {
  const network = new FakeNetwork(0).add({ name: "a.one", rate: 1 }, { name: "b.two", rate: 0 });
  const catalogue = new Catalogue();
  assert.deepEqual(
    catalogue.changes(all(network)).metrics.map(({ id, name }) => [id, name]),
    [[1, "a.one"], [2, "b.two"]],
  );
  assert.deepEqual(catalogue.changes(all(network)), { metrics: [], removed: [], rows: [] });

  network.remove("a.one");
  network.add({ name: "b.two", metadata: { unit: "W" }, rate: 0 }, { name: "c.three", rate: 0 });
  const { metrics, removed } = catalogue.changes(all(network));
  assert.deepEqual(metrics.map(({ id, metadata }) => [id, metadata["unit"]]), [
    [2, "W"],
    [3, undefined],
  ]);
  assert.deepEqual(removed, [1]);
  assert.equal(catalogue.idOf("c.three"), 3);
});

Deno.test("Catalogue.changes() tells of numbers that differ", () => {
  const network = new FakeNetwork(0).add(
    { name: "a.one", rate: 1, value: () => NaN },
    { name: "b.two", rate: 1, value: () => 5 },
  );
  const catalogue = new Catalogue();
  network.advanceTo(0);
  const first = all(network).slice(0, 1);
  assert.deepEqual(catalogue.changes(first).rows, [[1, "NaN", 0, 0.5, "low", 1.4, 0]]);
  assert.deepEqual(catalogue.changes(first).rows, []);
  network.advanceTo(1000);
  assert.deepEqual(
    catalogue.changes(all(network)).rows,
    [[1, "NaN", 1000, 1, "ok", 1.4, 0], [2, 5, 1000, 1, "ok", 1.4, 0]],
  );
});
