// @ts-check
/// <reference lib="dom" />

/**
 * The dashboard's page, put together from its parts.
 *
 * @module
 */

/** @import { Update } from "../live_session.ts" */
import { CallLog } from "./calls.js";
import { Charts } from "./charts.js";
import { ConfigurationEditor } from "./configuration.js";
import { Connection } from "./connection.js";
import { byId, setData, setText } from "./dom.js";
import { MetricsTable } from "./metrics.js";
import { SourceList } from "./sources.js";
import { updatesPerSecond } from "./theme.js";
import { startViews } from "./views.js";

/** How many charts are shown at first. */
const FIRST_CHARTS = 3;
const CONNECTION_TEXT = {
  waiting: "Connecting",
  live: "Live",
  lost: "No connection, trying again",
};

const table = new MetricsTable({ onToggle: toggleCharts, onVisible: watchSoon });
const charts = new Charts({ onChange: (names) => table.mark(names), onVisible: watchSoon });
const editor = new ConfigurationEditor();
const sources = new SourceList((token) => {
  editor.open(token);
  watchSoon();
});
const calls = new CallLog();

let hasChosenCharts = false;
let isNewSession = true;
let isWatchDue = false;
/** How far the program's time of day is ahead of this page's clock. */
let aheadMs = Date.now() - performance.now();

const connection = new Connection({
  onState(state) {
    const status = byId("connection", HTMLElement);
    setData(status, "state", state);
    setText(status, CONNECTION_TEXT[state]);
  },
  onOpen() {
    isNewSession = true;
    charts.restart();
    watchSoon();
  },
  onPoints(series) {
    for (const points of series) {
      table.addPoints(points);
      charts.addPoints(points);
    }
  },
  onUpdate: show,
});

startViews(watchSoon);
requestAnimationFrame(animate);

byId("copy-url", HTMLButtonElement).onclick = async ({ currentTarget: button }) => {
  if (!(button instanceof HTMLElement)) return;
  const copied = await navigator.clipboard?.writeText(byId("url", HTMLElement).innerText)
    .then(() => true, () => false); // the user may have forbidden it
  setText(button, copied ? "Copied" : "Not allowed");
  setTimeout(() => setText(button, "Copy"), 2000);
};

/** @param {Update} update */
function show(update) {
  aheadMs = update.nowMs - performance.now();
  if (isNewSession) {
    isNewSession = false;
    table.clear();
    calls.clear();
  }
  const { metrics = [], removed = [], rows = [] } = update;
  const gone = removed.map((id) => table.metrics.get(id)).filter((metric) => metric !== undefined);
  charts.toggle(gone, false);
  table.declare(metrics, removed);
  table.update(rows);
  for (const id of [...metrics.map((entry) => entry.id), ...rows.map(([id]) => id)]) {
    const metric = table.metrics.get(id);
    if (metric) charts.update(metric);
  }
  if (!hasChosenCharts && metrics.length > 0) chartFirst();
  if (update.url !== undefined) setText(byId("url", HTMLElement), update.url);
  if (update.summary) summarize(update.summary);
  if (update.agents || update.tokens) sources.update(update.agents, update.tokens);
  if (update.configuration) editor.update(update.configuration);
  if (update.calls) calls.add(update.calls);
}

/** Draws between two updates as well: charts move on while no points come. */
function animate() {
  const nowMs = performance.now() + aheadMs;
  charts.advance(nowMs, 1000 / updatesPerSecond());
  table.advance(nowMs);
  requestAnimationFrame(animate);
}

function chartFirst() {
  const names = [...table.metrics.values()].map(({ entry }) => entry.name).sort();
  toggleCharts(names.slice(0, FIRST_CHARTS), true);
}

/**
 * @param {string[]} names
 * @param {boolean | undefined} isCharted
 */
function toggleCharts(names, isCharted) {
  hasChosenCharts = true;
  const byName = new Map([...table.metrics.values()].map((metric) => [metric.entry.name, metric]));
  charts.toggle(
    names.map((name) => byName.get(name)).filter((metric) => metric !== undefined),
    isCharted,
  );
}

/** @param {NonNullable<Update["summary"]>} summary */
function summarize({ metrics, pointsPerSecond, offRate, silent }) {
  setText(byId("sum-metrics", HTMLElement), metrics.toLocaleString("en"));
  setText(byId("sum-points", HTMLElement), pointsPerSecond.toLocaleString("en"));
  const off = byId("sum-off", HTMLElement);
  setText(off, `${offRate}`);
  setData(off, "state", offRate > 0 ? "warn" : undefined);
  const silence = byId("sum-silent", HTMLElement);
  setText(silence, `${silent}`);
  setData(silence, "state", silent > 0 ? "bad" : undefined);
}

/** Tells the program what is visible, once for all changes of this turn. */
function watchSoon() {
  if (isWatchDue) return;
  isWatchDue = true;
  queueMicrotask(() => {
    isWatchDue = false;
    const { metrics, series } = table.watch();
    connection.watch({
      metrics: [...new Set([...metrics, ...charts.visibleNames()])],
      series: [...series, ...charts.watch()],
      token: editor.token,
      updatesPerSecond: updatesPerSecond(),
    });
  });
}
