import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { screenOfTerminal } from "../../../src/cli/print.ts";
import { ManualClock } from "../../../src/testing/manual_clock.ts";
import { type LiveViewOptions, startLiveView } from "../../../src/watch/terminal/live_view.ts";
import { needing } from "../../support/needing.ts";
import { FakeNetwork } from "../dashboard/fake_network.ts";

const LIVE_VIEW = "../../../src/watch/terminal/live_view.ts";
const START_MS = Date.UTC(2026, 0, 1);

/** A live view, and what it writes. */
async function start(network: FakeNetwork, options: Partial<LiveViewOptions>) {
  const clock = new ManualClock();
  const stop = new AbortController();
  const written: string[] = [];
  const ended = startLiveView({
    view: network,
    write: (text) => written.push(text),
    size: () => ({ columns: 60, rows: 10 }),
    signal: stop.signal,
    clock,
    colors: false,
    ...options,
  });
  const end = async () => {
    stop.abort();
    await ended;
  };
  /** What was written since the last call, the escape character as a visible sign. */
  const read = () => written.splice(0).join("").replaceAll("\x1b", "␛");
  await clock.advance(0); // the network has been asked
  return { clock, end, read };
}

function network(): FakeNetwork {
  const network = new FakeNetwork(START_MS)
    .add({ name: "test.dummy", rate: 1, metadata: { unit: "W" }, value: () => 42 })
    .add({ name: "test.still", rate: 0 });
  network.advanceTo(START_MS);
  return network;
}

Deno.test("startLiveView() redraws its lines in place and gives the cursor back", async () => {
  const { clock, read, end } = await start(network(), { plain: false });
  const first = read();
  assert.match(first, /^␛\[\?25l2 metrics .*␛\[K\n/);
  assert.equal(first.match(/\n/g)?.length, 4);
  assert.match(first, /␛\[J$/);
  await clock.advance(0.25);
  assert.match(read(), /^␛\[4A\r2 metrics/);
  await end();
  assert.match(read(), /^␛\[4A\r2 metrics[^]*␛\[J␛\[\?25h$/);
});

Deno.test("startLiveView() finds the beginning again when the terminal got narrower", async () => {
  let columns = 60;
  const { clock, read, end } = await start(network(), {
    plain: false,
    size: () => ({ columns, rows: 20 }),
  });
  const widths = read().split("\n").slice(0, -1).map((line) =>
    line.replaceAll(/␛\[[?\d]*\w/g, "").length
  );
  columns = 30;
  await clock.advance(0.25);
  const wrapped = widths.reduce((sum, width) => sum + Math.ceil(width / 30), 0);
  assert.ok(read().startsWith(`␛[${wrapped}A\r`));
  await end();
});

Deno.test(needing({ permissions: [{ name: "run" }] }, {
  name: "startLiveView() gives the cursor back when the process ends at once",
  fn: async () => {
    const program = `
      import process from "node:process";
      import { startLiveView } from ${JSON.stringify(import.meta.resolve(LIVE_VIEW))};
      const view = { metrics: () => new Promise(() => {}), summary: () => {}, agents: () => {} };
      const write = (text) => Deno.stdout.writeSync(new TextEncoder().encode(text));
      const { signal } = new AbortController();
      void startLiveView({ view, write, signal, size: () => ({}), plain: false });
      process.exit(130);`;
    const config = fileURLToPath(import.meta.resolve("../../../deno.json"));
    const { stdout, code } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-check",
        "--config",
        config,
        "--allow-all",
        "data:text/javascript," + encodeURIComponent(program),
      ],
    }).output();
    assert.equal(code, 130);
    assert.equal(new TextDecoder().decode(stdout), "\x1b[?25l\x1b[?25h");
  },
}));

Deno.test("startLiveView() makes room for a line of the log, and is drawn again below it", async () => {
  const { read, end } = await start(network(), { plain: false });
  read();
  screenOfTerminal()?.clear();
  assert.equal(read(), "␛[4A\r␛[J");
  screenOfTerminal()?.draw();
  assert.match(read(), /^2 metrics .*␛\[K\n/);
  await end();
  assert.equal(screenOfTerminal(), undefined);
});

Deno.test("startLiveView() gives the cursor back when the view fails", async () => {
  const broken = network();
  broken.metrics = () => Promise.reject(new Error("broken"));
  const written: string[] = [];
  await assert.rejects(
    startLiveView({
      view: broken,
      write: (text) => written.push(text),
      size: () => ({ columns: 60, rows: 10 }),
      signal: new AbortController().signal,
      plain: false,
    }),
    { message: "broken" },
  );
  assert.equal(written.at(-1), "\x1b[?25h");
});

Deno.test("startLiveView() writes a plain line for each metric that has something new", async () => {
  const view = network();
  const { clock, read, end } = await start(view, { plain: true, periodMs: 1000 });
  assert.equal(read(), "2026-01-01T00:00:00.000Z test.dummy 42 W (▼ 0.500 Hz of 1)\n");
  await clock.advance(1);
  assert.equal(read(), "");
  view.advanceTo(START_MS + 1500);
  await clock.advance(1);
  assert.equal(read(), "2026-01-01T00:00:01.000Z test.dummy 42 W (1.00 Hz)\n");
  await end();
  assert.equal(read(), "");
});

Deno.test("startLiveView() writes the first plain line of a metric at once", async () => {
  const view = network();
  const { clock, read, end } = await start(view, { plain: true, periodMs: 1000 });
  read();
  view.add({ name: "test.late", rate: 1, value: () => 7 });
  view.advanceTo(START_MS + 1000);
  await clock.advance(0.1);
  assert.match(read(), /^\S+ test\.late 7\n$/);
  await end();
});

Deno.test("startLiveView() lets no metric drive the terminal", async () => {
  const name = "a\x1b[2J\nb";
  const view = new FakeNetwork(START_MS).add({ name, metadata: { unit: "\u009b31m" } });
  view.advanceTo(START_MS + 1000);
  for (const plain of [true, false]) {
    const { read, end } = await start(view, { plain });
    const text = read();
    assert.match(text, /a�\[2J�b/);
    assert.ok(!text.includes("␛[2J") && !text.includes("\u009b"));
    await end();
  }
});
