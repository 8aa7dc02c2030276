// @ts-check

/**
 * What the page shows, as the part of its address behind the `#`: a link or a reload shows the same.
 *
 * @module
 */

/** @import { HealthState } from "./health.js" */
import { KIND_NAMES } from "../../view/problem_kinds.js";
import { FIRST_SPAN_MS } from "./range.js";

const SORTS = /** @type {const} */ (["name", "source", "value", "rate", "delay", "gaps"]);
const PROBLEM_SORTS = /** @type {const} */ (["kind", "subject", "source", "since"]);

/**
 * @typedef {object} PageState
 * @property {readonly string[] | undefined} charts The metrics with charts; `undefined` if none was chosen or
 * closed yet.
 * @property {number} spanMs
 * @property {number | undefined} endMs
 * @property {boolean} isByUnit
 * @property {string | undefined} large The first metric of the chart that is large.
 * @property {string} filter
 * @property {typeof SORTS[number]} sort
 * @property {boolean} isDescending
 * @property {string | undefined} token The source whose configuration is shown.
 * @property {HealthState} health Which problems are shown, and in which order.
 */

/**
 * Writes a view and what it shows. What is as at first is left out.
 *
 * @param {string} view
 * @param {PageState} state
 */
export function writeAddress(view, state) {
  const { charts, spanMs, endMs, isByUnit, large, filter, sort, isDescending, token, health } =
    state;
  const query = new URLSearchParams();
  if (charts?.length === 0) query.append("chart", "");
  for (const name of charts ?? []) query.append("chart", name);
  if (spanMs !== FIRST_SPAN_MS) query.set("span", String(spanMs));
  if (endMs !== undefined) query.set("end", String(endMs));
  if (isByUnit) query.set("by", "unit");
  if (large !== undefined) query.set("large", large);
  if (filter !== "") query.set("filter", filter);
  if (sort !== "name" || isDescending) query.set("sort", `${isDescending ? "-" : ""}${sort}`);
  if (token !== undefined) query.set("source", token);
  if (health.kind !== undefined) query.set("problem", health.kind);
  if (health.filter !== "") query.set("problems", health.filter);
  if (health.sort !== "kind" || health.isDescending) {
    query.set("order", `${health.isDescending ? "-" : ""}${health.sort}`);
  }
  const text = String(query);
  return text === "" ? `#${view}` : `#${view}?${text}`;
}

/**
 * Reads it again. What is not as this page writes it counts as left out.
 *
 * @param {string} address
 * @returns {{ view: string, state: PageState | undefined }} No state if there is only a view.
 */
export function readAddress(address) {
  const [view = "", ...rest] = address.replace(/^#/, "").split("?");
  if (rest.length === 0) return { view, state: undefined };
  const query = new URLSearchParams(rest.join("?"));
  const charts = query.has("chart") ? query.getAll("chart").filter(Boolean) : undefined;
  const [, minus, order] = /^(-?)(\w+)$/.exec(query.get("sort") ?? "") ?? [];
  return {
    view,
    state: {
      charts,
      spanMs: positive(query.get("span")) ?? FIRST_SPAN_MS,
      endMs: positive(query.get("end")),
      isByUnit: query.get("by") === "unit",
      large: query.get("large") ?? undefined,
      filter: query.get("filter") ?? "",
      sort: SORTS.find((each) => each === order) ?? "name",
      isDescending: minus === "-",
      token: query.get("source") ?? undefined,
      health: readHealth(query),
    },
  };
}

/** @param {URLSearchParams} query */
function readHealth(query) {
  const [, minus, order] = /^(-?)(\w+)$/.exec(query.get("order") ?? "") ?? [];
  return {
    kind: KIND_NAMES.find((each) => each === query.get("problem")),
    filter: query.get("problems") ?? "",
    sort: PROBLEM_SORTS.find((each) => each === order) ?? "kind",
    isDescending: minus === "-",
  };
}

/** @param {string | null} text */
function positive(text) {
  const number = Number(text ?? NaN);
  return number > 0 && Number.isFinite(number) ? number : undefined;
}
