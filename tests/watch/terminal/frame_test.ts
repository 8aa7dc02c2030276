import assert from "node:assert/strict";
import fc from "fast-check";
import { stripVTControlCharacters } from "node:util";
import {
  type FrameOptions,
  renderFrame,
  type TerminalSize,
} from "../../../src/watch/terminal/frame.ts";
import { Sparklines } from "../../../src/watch/terminal/sparkline.ts";
import { textWidth } from "../../../src/watch/terminal/text_width.ts";
import { FakeNetwork } from "../dashboard/fake_network.ts";

const NOW_MS = Date.UTC(2026, 0, 1);

function network(): FakeNetwork {
  const network = new FakeNetwork(NOW_MS - 60_000).add(
    {
      name: "taurus.node1001.power",
      rate: 10,
      metadata: { unit: "W" },
      value: (timeMs) => 240 + (timeMs - NOW_MS) / 1000,
    },
    { name: "taurus.node1001.temperature", rate: 5, declaredRate: 10, metadata: { unit: "°C" } },
    { name: "taurus.node1002.power", rate: 0, declaredRate: 10 },
  ).addAgent({ token: "source-x" });
  network.advanceTo(NOW_MS);
  return network;
}

const PLAIN = { nowMs: NOW_MS, colors: false };

function render(
  view: FakeNetwork,
  size: TerminalSize,
  options: Omit<FrameOptions, "sparklines">,
): string[] {
  const list = view.list();
  const content = {
    window: list.window({ count: size.rows }),
    summary: list.summary(),
    agents: view.known(),
  };
  return renderFrame(content, size, { ...options, sparklines: new Sparklines(view) });
}

Deno.test("renderFrame() shows value, unit, rate and the last minute of each metric", () => {
  const lines = render(network(), { columns: 100, rows: 24 }, { ...PLAIN, title: ["MetricQ"] });
  assert.deepEqual(lines.map((line) => line.trimEnd()), [
    "MetricQ",
    "3 metrics · 15 points/s · 1 source · 1 silent · 1 off rate",
    "metric                             value                        rate  last minute",
    "taurus.node1001.power                240  W                  10.0 Hz  ▁▁▁▁▂▂▂▂▃▃▃▄▄▄▄▅▅▅▆▆▆▆▇▇▇█████",
    "taurus.node1001.temperature       50.000  °C         ▼ 5.00 Hz of 10  █▆▁▃██▆▁▃██▆▁▃██▆▁▃██▆▁▃██▆▁▃▃",
    "taurus.node1002.power                  –                      silent",
  ]);
});

Deno.test("renderFrame() cuts no address of its title", () => {
  const title = ["Dashboard: http://127.0.0.1:43210/", "Sources connect to amqp://127.0.0.1:5672"];
  const heads = [80, 40, 20].map((columns) =>
    render(network(), { columns, rows: 24 }, { ...PLAIN, title })
  );
  assert.deepEqual(heads.map((lines) => lines.slice(0, lines.findIndex((l) => /^3 met/.test(l)))), [
    [title.join("  ")],
    title,
    ["Dashboard: http://12", "7.0.0.1:43210/", "Sources connect to a", "mqp://127.0.0.1:5672"],
  ]);
});

Deno.test("renderFrame() leaves out columns where there is no room", () => {
  const heads = [100, 77, 50, 30, 15].map((columns) =>
    render(network(), { columns, rows: 9 }, PLAIN)[1]?.trim().split(/\s{2,}/).join("|")
  );
  assert.deepEqual(heads, [
    "metric|value|rate|last minute",
    "metric|value|rate",
    "metric|value",
    "metric|value",
    "metric",
  ]);
});

Deno.test("renderFrame() fills no more than the terminal with emoji, flags and marks", () => {
  const view = new FakeNetwork(NOW_MS - 60_000);
  const name = `${"⚡".repeat(20)}.${"🇩🇪".repeat(20)}.${"e\u0301".repeat(20)}`;
  view.add({ name, rate: 1, metadata: { unit: "⚡⚡⚡⚡" } });
  view.advanceTo(NOW_MS);
  const line = render(view, { columns: 60, rows: 9 }, { ...PLAIN, title: ["⚡"] })[3] ?? "";
  // 60 cells: 19 of the name, 11 of the value, 6 of the unit, 18 of the rate, and the gaps.
  const [shownName = "", , unit = ""] = line.split(/ {2,}/);
  assert.equal(
    shownName,
    "⚡⚡⚡…e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301",
  );
  assert.equal(unit, "…⚡⚡");
});

Deno.test("renderFrame() says how many metrics there is no room for", () => {
  const lines = render(network(), { columns: 80, rows: 5 }, PLAIN);
  assert.equal(lines.length, 4);
  assert.equal(lines.at(-1), "… 2 more");
});

Deno.test("renderFrame() says how many are followed, and that there are more than are listed", () => {
  const window = { total: 3, isComplete: false, matching: 3, first: 0, metrics: [] };
  const summary = {
    metrics: 3,
    followed: 2,
    pointsPerSecond: 5,
    silent: 0,
    offRate: 0,
    undeclared: 0,
  };
  const sparklines = new Sparklines(network());
  const size = { columns: 80, rows: 5 };
  const lines = renderFrame({ window, summary, agents: [] }, size, { ...PLAIN, sparklines });
  assert.equal(lines[0], "3+ metrics · 2 followed · 5 points/s");
});

Deno.test("renderFrame() uses colours only where it is told to", () => {
  const size = { columns: 100, rows: 24 };
  const plain = render(network(), size, PLAIN);
  const colored = render(network(), size, { ...PLAIN, colors: true });
  assert.ok(plain.every((line) => !line.includes("\x1b")));
  assert.deepEqual(colored.map(stripVTControlCharacters), plain);
  assert.match(colored.join("\n").replaceAll("\x1b", "␛"), /␛\[31m +silent␛\[0m/);
  assert.match(colored.join("\n").replaceAll("\x1b", "␛"), /␛\[33m +▼ 5\.00 Hz of 10␛\[0m/);
});

Deno.test("renderFrame() fits every terminal, whatever the network says", () => {
  const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 80 });
  const metric = fc.record({ name, metadata: fc.record({ unit: name }) });
  const size = fc.record({
    columns: fc.integer({ min: 1, max: 200 }),
    rows: fc.integer({ min: 1, max: 30 }),
  });
  fc.assert(fc.property(fc.array(metric, { maxLength: 20 }), size, (metrics, size) => {
    const lines = render(new FakeNetwork(NOW_MS).add(...metrics), size, PLAIN);
    assert.ok(lines.length < size.rows || lines.length === 0);
    for (const line of lines) {
      assert.ok(textWidth(line) <= size.columns, JSON.stringify(line));
      assert.doesNotMatch(line, /\p{Cc}/u);
    }
  }));
});
