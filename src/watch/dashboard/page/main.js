// @ts-check
/// <reference lib="dom" />

/**
 * The dashboard's page, put together from its parts.
 *
 * @module
 */

/** @import { Update } from "../live_session.ts" */
import { PROBLEM_KINDS } from "../../view/problem_kinds.js";
import { readAddress, writeAddress } from "./address.js";
import { CallLog } from "./calls.js";
import { Charts } from "./charts.js";
import { ConfigurationEditor } from "./configuration.js";
import { Connection } from "./connection.js";
import { byId, setData, setText } from "./dom.js";
import { Health } from "./health.js";
import { ScanForm } from "./health_scan.js";
import { KnownMetrics } from "./known_metrics.js";
import { MetricsTable } from "./metrics.js";
import { SourceList } from "./sources.js";
import { startThemeChoice, updatesPerSecond } from "./theme.js";
import { startViews } from "./views.js";

/** How many charts are shown at first. */
const FIRST_CHARTS = 3;
/** How long charts may be drawn in one frame, and how long sparklines beside them: the rest is left for the next. */
const CHARTS_MS = 8;
const DRAWING_MS = 10;
const CONNECTION_TEXT = {
  waiting: "Connecting",
  live: "Live",
  lost: "No connection, trying again",
};

const known = new KnownMetrics();
const table = new MetricsTable(known, {
  toggle: (name) => chart([name], undefined),
  chartMatching: (count) => connection.find({ ...table.state, count }),
  clearCharts: () => chart([...charted], false),
  change: watchSoon,
  state: keepAddress,
});
const charts = new Charts({
  // Charts can be closed on their own, too.
  onChange: (names) => {
    for (const name of charted) if (!names.has(name) && known.named(name)) charted.delete(name);
    table.mark(charted);
    keepAddress();
  },
  onVisible: watchSoon,
  onState: keepAddress,
});
const editor = new ConfigurationEditor();
const sources = new SourceList({
  choose(token) {
    editor.open(token);
    watchSoon();
    keepAddress();
  },
  forget: (token) => connection.tell({ forget: { agents: [token] } }),
});
const health = new Health({
  open: openSubject,
  forget({ kind, subject }) {
    const isMetric = kind === "undeclared";
    connection.tell({ forget: isMetric ? { metrics: [subject] } : { agents: [subject] } });
  },
  change: watchSoon,
  state: keepAddress,
});
const scan = new ScanForm({
  start: (request) => connection.tell({ scan: { ...request, filter: table.state.filter } }),
  cancel: () => connection.tell({ scan: null }),
});
byId("forget-undeclared", HTMLButtonElement).onclick = () =>
  connection.tell({ forget: { metrics: "all" } });
const calls = new CallLog();

/** The names of the metrics that have a chart, or get it when something is known of them. */
/** @type {Set<string>} */
const charted = new Set();
let hasChosenCharts = false;
let isNewSession = true;
let isWatchDue = false;
/** The view that is open. */
let view = "metrics";
let isAddressDue = false;
/** The address that is dealt with. */
let address = location.hash;
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

startThemeChoice();
openAddress();
addEventListener("hashchange", openAddress);
startViews((chosen) => {
  view = chosen;
  watchSoon();
  keepAddress();
});
requestAnimationFrame(animate);

copies("copy-url", "url");
copies("copy-command", "command");

/**
 * Lets a button copy a text.
 *
 * @param {string} buttonId
 * @param {string} textId
 */
function copies(buttonId, textId) {
  const button = byId(buttonId, HTMLButtonElement);
  button.onclick = async () => {
    const copied = await navigator.clipboard?.writeText(byId(textId, HTMLElement).innerText)
      .then(() => true, () => false); // the user may have forbidden it
    setText(button, copied ? "Copied" : "Not allowed");
    setTimeout(() => setText(button, "Copy"), 2000);
  };
}

/** @param {Update} update */
function show(update) {
  aheadMs = update.nowMs - performance.now();
  if (isNewSession) {
    isNewSession = false;
    known.clear();
    table.clear();
    calls.clear();
  }
  const changed = known.take(update);
  table.update(changed);
  if (update.list) {
    table.setList(update.list);
    scan.offer(update.list.matching, table.state.filter);
  }
  for (const metric of changed) {
    if (!charts.names.has(metric.entry.name) && charted.has(metric.entry.name)) addCharts();
    charts.update(metric);
  }
  if (!hasChosenCharts && update.list && update.list.ids.length > 0) chartFirst(update.list.ids);
  if (update.found) chart(update.found, true);
  if (update.title !== undefined) entitle(update.title);
  if (update.url !== undefined) {
    setText(byId("url", HTMLElement), update.url);
    const command = `deno run -A jsr:@metricq/source --server ${update.url}`;
    setText(byId("command", HTMLElement), command);
  }
  if (update.summary) summarize(update.summary);
  if (update.agents) editor.know(update.agents);
  if (update.agents || update.tokens) sources.update(update.agents, update.tokens);
  if (update.keeping) editor.keep(update.keeping);
  if (update.configuration) editor.update(update.configuration);
  if (update.calls) calls.add(update.calls);
  if (update.statistics) charts.count(update.statistics);
  if (update.problemCounts) health.count(update.problemCounts);
  if (update.problems) health.update(update.problems);
  if (update.scan) scan.update(update.scan);
}

/** @param {string} title What kind of network it is. */
function entitle(title) {
  document.title = `MetricQ ${title}`;
  setText(byId("title", HTMLElement), title);
  const isOwn = title === "development network";
  setText(byId("url-label", HTMLElement), isOwn ? "Sources connect to" : "Broker");
  if (isOwn) return;
  setText(byId("calls-hint", HTMLElement), "Calls of others cannot be seen on this network.");
}

/** Draws between two updates as well: charts move on while no points come. */
function animate() {
  const startMs = performance.now();
  const nowMs = startMs + aheadMs;
  charts.advance(nowMs, 1000 / updatesPerSecond(), () => performance.now() - startMs < CHARTS_MS);
  table.advance(nowMs, () => performance.now() - startMs < DRAWING_MS);
  requestAnimationFrame(animate);
}

/** @param {readonly number[]} ids */
function chartFirst(ids) {
  const names = ids.slice(0, FIRST_CHARTS).map((id) => known.get(id)?.entry.name);
  chart(names.filter((name) => name !== undefined), true);
}

/**
 * Adds or removes charts, also of metrics that nothing is known of yet.
 *
 * @param {string[]} names
 * @param {boolean | undefined} isCharted `undefined` toggles each.
 */
function chart(names, isCharted) {
  hasChosenCharts = true;
  const gone = names.filter((name) => charted.has(name) && isCharted !== true);
  const added = names.filter((name) => !charted.has(name) && isCharted !== false);
  for (const name of gone) charted.delete(name);
  charts.toggle(gone.map((name) => known.named(name)).filter((each) => each !== undefined), false);
  for (const name of added) charted.add(name);
  addCharts();
  watchSoon();
}

/** Makes the charts of those of which something has become known. */
function addCharts() {
  const names = charts.names;
  const added = [...charted].filter((name) => !names.has(name)).map((name) => known.named(name));
  charts.toggle(added.filter((metric) => metric !== undefined), true);
}

/** @param {NonNullable<Update["summary"]>} summary */
function summarize({ metrics, followed, pointsPerSecond, offRate, silent, undeclared }) {
  const count = (/** @type {number} */ number) => number.toLocaleString("en");
  setText(byId("sum-metrics", HTMLElement), count(metrics));
  setText(
    byId("sum-followed", HTMLElement),
    followed < metrics ? `, ${count(followed)} followed` : "",
  );
  setText(byId("sum-points", HTMLElement), count(pointsPerSecond));
  const off = byId("sum-off", HTMLElement);
  setText(off, count(offRate));
  setData(off, "state", offRate > 0 ? "warn" : undefined);
  const silence = byId("sum-silent", HTMLElement);
  setText(silence, count(silent));
  setData(silence, "state", silent > 0 ? "bad" : undefined);
  byId("sum-undeclared-part", HTMLElement).hidden = undeclared === 0;
  setText(byId("sum-undeclared", HTMLElement), count(undeclared));
  const forget = byId("forget-undeclared", HTMLButtonElement);
  forget.hidden = undeclared === 0;
  setText(forget, `Forget ${count(undeclared)} not declared`);
}

/**
 * Shows what has a problem: the metric in the table, the source among the others, or its metrics.
 *
 * @param {import("../../view/health_view.ts").Problem} problem
 */
function openSubject({ kind, subject }) {
  if (PROBLEM_KINDS[kind].about === "source" && sources.has(subject)) {
    location.hash = "#sources";
    sources.show(subject);
    return;
  }
  const isSource = PROBLEM_KINDS[kind].about === "source";
  table.show({ filter: isSource ? `source:${subject}` : subject });
  if (byId("metrics-view", HTMLElement).hidden) location.hash = "#metrics";
}

/** Shows what the address holds, if it is more than a view. */
function openAddress() {
  address = location.hash;
  const { state } = readAddress(address);
  if (!state) return;
  table.show(state);
  charts.show(state);
  health.show(state.health);
  if (state.token !== undefined) sources.choose(state.token);
  if (state.charts === undefined) return;
  const wanted = new Set(state.charts);
  chart([...charted].filter((name) => !wanted.has(name)), false);
  chart([...wanted], true);
}

/** Lets the address hold what is shown, once for all changes of a frame. */
function keepAddress() {
  if (isAddressDue) return;
  isAddressDue = true;
  requestAnimationFrame(() => {
    isAddressDue = false;
    // The user has gone elsewhere, of which the browser tells in a moment: not to be overwritten.
    if (location.hash !== address) return;
    address = writeAddress(view, {
      ...table.state,
      ...charts.state,
      charts: hasChosenCharts ? [...charted] : undefined,
      token: sources.chosenByUser,
      health: health.state,
    });
    if (address !== location.hash) history.replaceState(null, "", address);
    address = location.hash; // as the browser writes it
  });
}

/** Tells the program what is visible, once for all changes of a frame. */
function watchSoon() {
  if (isWatchDue) return;
  isWatchDue = true;
  requestAnimationFrame(() => {
    isWatchDue = false;
    const { table: part, series } = table.watch();
    connection.watch({
      table: part,
      names: [...charted],
      series: [...series, ...charts.watch()],
      token: editor.token,
      problems: health.watch(),
      updatesPerSecond: updatesPerSecond(),
    });
  });
}
