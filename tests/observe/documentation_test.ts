import assert from "node:assert/strict";
import { INSTRUMENTS } from "../../src/observe/instruments.ts";
import { prometheusName } from "../../src/observe/exposition.ts";
import { needing } from "../support/needing.ts";

const GUIDE = new URL("../../examples/operations/README.md", import.meta.url);

Deno.test(needing({ permissions: [{ name: "read", path: GUIDE }] }, {
  name: "The guide for operators lists every metric under its names, and no other",
  fn: async () => {
    const text = await Deno.readTextFile(GUIDE);
    const [, section = ""] = /^## Health and metrics\n([^]*?)^## /m.exec(text) ?? [];
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
  },
}));
