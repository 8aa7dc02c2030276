// @ts-check
/// <reference lib="dom" />

/**
 * One row of the list of problems.
 *
 * @module
 */

/** @import { Problem } from "../../view/health_view.ts" */
import { formatSince, formatTime, UNKNOWN } from "../../view/format.js";
import { PROBLEM_KINDS } from "../../view/problem_kinds.js";
import { make } from "./dom.js";

/** @typedef {ReturnType<typeof makeProblemRow>} ProblemRow */

/** What a person may not want to see any more, as it is no part of the network now. */
const FORGETTABLE = new Set(["undeclared", "agent-silent", "source-gone"]);

/** How much of a long name's end is kept. */
const END_CHARACTERS = 16;

/** @type {Record<string, string>} */
const SEVERITIES = { error: "Error", warning: "Warning", note: "Note" };

/** @param {Problem} problem */
export function keyOf({ kind, subject }) {
  return `${kind} ${subject}`;
}

/**
 * Makes the row of a problem.
 *
 * @param {Problem} problem
 * @param {{ open: () => void, forget: () => void, choose: () => void }} on
 */
export function makeProblemRow(problem, on) {
  const { kind, subject, source, sinceMs, detail, scannedMs } = problem;
  const { severity, about, title } = PROBLEM_KINDS[kind];
  const choose = make(
    "button",
    { type: "button", class: "kind", title: `Only: ${title}` },
    severityMark(severity),
    title,
  );
  choose.onclick = on.choose;
  const where = about === "metric" ? "Show the metric" : "Show the source";
  const open = make(
    "button",
    { type: "button", class: "metric", title: `${subject}\n${where}` },
    inOneLine(subject),
    make("span", { class: "about" }, about === "source" ? "source" : source ?? ""),
  );
  open.onclick = on.open;
  const since = make(
    "td",
    { class: "since" },
    make(
      "span",
      sinceMs === undefined ? {} : { title: new Date(sinceMs).toISOString() },
      sinceMs === undefined ? UNKNOWN : formatSince(sinceMs, Date.now()),
    ),
    make(
      "span",
      { class: "second" },
      scannedMs === undefined ? "" : `scan ${formatTime(scannedMs)}`,
    ),
  );
  if (FORGETTABLE.has(kind)) since.append(forgetButton(subject, on.forget));
  const element = make(
    "tr",
    { "data-severity": severity, "data-key": keyOf(problem) },
    make("td", {}, choose, make("span", { class: "second", title: detail }, detail)),
    make("td", {}, open),
    since,
  );
  return { element, text: JSON.stringify(problem) };
}

/**
 * A name whose middle is left out where it is too long: its end tells more.
 *
 * @param {string} name
 */
function inOneLine(name) {
  const cut = Math.max(0, name.length - END_CHARACTERS);
  return make(
    "span",
    { class: "line" },
    ...cut > 0 ? [make("span", { class: "start" }, name.slice(0, cut))] : [],
    make("span", {}, name.slice(cut)),
  );
}

/**
 * A shape for each severity besides its colour, and its name for who does not see either.
 *
 * @param {string} severity
 */
export function severityMark(severity) {
  return make(
    "span",
    { class: "severity", "data-severity": severity },
    make("span", { class: "hidden-text" }, `${SEVERITIES[severity]}: `),
  );
}

/**
 * A button that takes something out of view.
 *
 * @param {string} name
 * @param {() => void} onForget
 */
export function forgetButton(name, onForget) {
  const button = make(
    "button",
    {
      type: "button",
      class: "quiet forget",
      title: "Do not show it until it comes back. Nothing changes on the network.",
      "aria-label": `Forget ${name}`,
    },
    "Forget",
  );
  button.onclick = onForget;
  return button;
}
