import assert from "node:assert/strict";
import { INSTRUMENTS } from "../../src/observe/instruments.ts";
import { prometheusName } from "../../src/observe/prometheus.ts";
import { permittedTest } from "../support/permissions.ts";

const README = new URL("../../README.md", import.meta.url);

permittedTest({
  name: "README.md lists every metric under its names, and no other",
  needs: [{ name: "read", path: README }],
}, async () => {
  const text = await Deno.readTextFile(README);
  const [, section = ""] = /^## Observing a source\n([^]*?)^## /m.exec(text) ?? [];
  const rows = section.split("\n")
    .filter((line) => line.startsWith("| `metricq."))
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
  assert.deepEqual(
    rows,
    INSTRUMENTS.map((instrument) => [
      `\`${instrument.name}\``,
      `\`${prometheusName(instrument)}\``,
      instrument.kind,
      instrument.description,
    ]),
  );
});
