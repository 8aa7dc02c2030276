// @ts-check
/// <reference lib="dom" />

/**
 * The list of problems: a part of a list that the program filters and sorts, and how many there are of each
 * kind.
 *
 * @module
 */

/** @import { Problem, ProblemSort, ProblemWindow } from "../../view/health_view.ts" */
/** @import { ProblemKind } from "../../view/problem_kind.ts" */
/** @import { ProblemRow } from "./health_row.js" */
import { KIND_NAMES, PROBLEM_KINDS } from "../../view/problem_kinds.js";
import { byId, make, setData, setText } from "./dom.js";
import { keyOf, makeProblemRow, severityMark } from "./health_row.js";
import { rowsInView, Space } from "./table_view.js";

/** @typedef {{ kind: ProblemKind | undefined, filter: string, sort: ProblemSort, isDescending: boolean }} HealthState */

/** The view of a network's health. */
export class Health {
  /** @type {HealthState} */
  #state = { kind: undefined, filter: "", sort: "kind", isDescending: false };
  /** @type {ProblemWindow | undefined} */
  #window;
  /** @type {Map<string, ProblemRow>} */
  #rows = new Map();
  #counts = "";
  #body = byId("problem-rows", HTMLTableSectionElement);
  #scroller = byId("health-scroll", HTMLElement);
  #filter = byId("problem-filter", HTMLInputElement);
  #above = new Space();
  #below = new Space();
  #on;

  /**
   * @param {object} on
   * @param {(problem: Problem) => void} on.open The user wants to see what has the problem.
   * @param {(problem: Problem) => void} on.forget The user does not want to see it any more.
   * @param {() => void} on.change Other rows are to be seen.
   * @param {() => void} on.state The user has changed kind, filter or order.
   */
  constructor(on) {
    this.#on = on;
    this.#body.append(this.#above.element, this.#below.element);
    this.#filter.addEventListener("input", () => this.show({ filter: this.#filter.value }));
    for (const button of this.#sortButtons()) button.onclick = () => this.#sortBy(button);
    byId("all-kinds", HTMLButtonElement).onclick = () => {
      this.show({ kind: undefined });
      this.#filter.focus();
    };
    this.#mark();
  }

  /** What is chosen. */
  get state() {
    return { ...this.#state };
  }

  /** What it asks of the program; `undefined` while it is hidden. */
  watch() {
    const inView = rowsInView(this.#scroller, this.#body, this.#rowHeight());
    return inView && { ...this.#state, ...inView };
  }

  /**
   * Shows another part.
   *
   * @param {Partial<HealthState>} state
   */
  show(state) {
    const changed = { ...this.#state, ...state };
    if (JSON.stringify(changed) === JSON.stringify(this.#state)) return;
    this.#state = changed;
    if (this.#filter.value !== changed.filter) this.#filter.value = changed.filter;
    this.#scroller.scrollTop = 0;
    this.#mark();
    this.#on.state();
    this.#on.change();
  }

  /** @param {ProblemWindow["counts"]} counts Of all that there are. */
  count(counts) {
    const all = Object.entries(counts).reduce((sum, [, count]) => sum + (count ?? 0), 0);
    setText(byId("health-count", HTMLElement), all === 0 ? "" : all.toLocaleString("en"));
  }

  /** @param {ProblemWindow} window */
  update(window) {
    this.#window = window;
    this.#showKinds(window.counts);
    this.#layOut(window);
    this.#describe(window);
    this.#on.change();
  }

  /** @param {ProblemWindow["counts"]} counts */
  #showKinds(counts) {
    const text = JSON.stringify([counts, this.#state.kind]);
    if (text === this.#counts) return;
    this.#counts = text;
    const list = byId("kinds", HTMLUListElement);
    const focused = document.activeElement?.getAttribute("data-kind");
    const shown = KIND_NAMES.filter((kind) => counts[kind] || kind === this.#state.kind);
    list.replaceChildren(...shown.map((kind) => {
      const { severity, title } = PROBLEM_KINDS[kind];
      const isChosen = kind === this.#state.kind;
      const button = make(
        "button",
        { type: "button", "aria-pressed": String(isChosen), "data-kind": kind },
        severityMark(severity),
        title,
        make("span", { class: "count" }, (counts[kind] ?? 0).toLocaleString("en")),
      );
      button.onclick = () => this.show({ kind: isChosen ? undefined : kind });
      return make("li", {}, button);
    }));
    const button = focused && list.querySelector(`[data-kind="${focused}"]`);
    if (button instanceof HTMLElement) button.focus({ preventScroll: true });
  }

  /** @param {ProblemWindow} window */
  #layOut({ first, matching, problems }) {
    const focused = document.activeElement;
    const focusedKey = focused?.closest("tr")?.dataset.key;
    const focusedClass = focused?.className ?? "";
    /** @type {Map<string, ProblemRow>} */
    const rows = new Map();
    /** @type {Element | null} */
    let place = this.#above.element.nextElementSibling;
    let index = first;
    for (const problem of problems) {
      const key = keyOf(problem);
      const known = this.#rows.get(key);
      const row = known?.text === JSON.stringify(problem) ? known : makeProblemRow(problem, {
        open: () => this.#on.open(problem),
        forget: () => this.#on.forget(problem),
        choose: () => this.show({ kind: problem.kind }),
      });
      rows.set(key, row);
      row.element.setAttribute("aria-rowindex", `${++index + 1}`); // the head is the first
      if (row.element === place) place = place.nextElementSibling;
      else this.#body.insertBefore(row.element, place);
    }
    for (const [key, row] of this.#rows) {
      if (rows.get(key) !== row) row.element.remove();
    }
    this.#rows = rows;
    const height = this.#rowHeight();
    this.#above.height = first * height;
    this.#below.height = Math.max(0, matching - first - problems.length) * height;
    this.#body.closest("table")?.setAttribute("aria-rowcount", `${matching + 1}`);
    if (focusedKey === undefined || focused?.isConnected) return;
    const again = rows.get(focusedKey)?.element.getElementsByClassName(focusedClass)[0];
    if (again instanceof HTMLElement) again.focus({ preventScroll: true });
  }

  /** @param {ProblemWindow} window */
  #describe({ counts, matching, unread, hasAskedAgents }) {
    const count = (/** @type {number} */ number) => number.toLocaleString("en");
    const all = Object.values(counts).reduce((sum, each) => sum + (each ?? 0), 0);
    const { kind, filter } = this.#state;
    setText(
      byId("problems-shown", HTMLOutputElement),
      matching < all ? `${count(matching)} of ${count(all)}` : count(all),
    );
    const waiting = [
      unread > 0 ? `Reading metadata, ${count(unread)} metrics to go.` : "",
      hasAskedAgents ? "" : "Asking agents.",
    ].filter(Boolean).join(" ");
    const note = byId("health-waiting", HTMLElement);
    note.hidden = waiting === "";
    setText(note, waiting);
    const hint = byId("health-hint", HTMLElement);
    hint.hidden = matching > 0;
    byId("problems", HTMLTableElement).hidden = matching === 0;
    setText(
      hint,
      filter.trim() !== "" || kind !== undefined
        ? "No problem matches the filter. Take out a word, or choose all kinds."
        : waiting === ""
        ? "No problem is known by metadata and discover. Scan to see what points tell: silence, gaps, " +
          "rates that are off, infinite values."
        : "No problem is known yet.",
    );
  }

  #mark() {
    const { kind, sort, isDescending } = this.#state;
    const about = byId("kind-about", HTMLElement);
    about.hidden = kind === undefined;
    if (kind !== undefined) {
      const { title, meaning, help } = PROBLEM_KINDS[kind];
      setText(byId("kind-title", HTMLElement), title);
      setText(byId("kind-meaning", HTMLElement), meaning);
      setText(byId("kind-help", HTMLElement), help);
    }
    for (const button of this.#sortButtons()) {
      const isSorted = button.dataset.sort === sort;
      const order = isDescending ? "descending" : "ascending";
      if (isSorted) button.closest("th")?.setAttribute("aria-sort", order);
      else button.closest("th")?.removeAttribute("aria-sort");
    }
    if (this.#window) {
      this.#showKinds(this.#window.counts);
      this.#describe(this.#window);
    }
    setData(this.#scroller, "kind", kind);
  }

  /** @param {HTMLElement} button */
  #sortBy(button) {
    const sort = /** @type {ProblemSort} */ (button.dataset.sort);
    const isSame = sort === this.#state.sort;
    // Of times the newest matter most.
    this.show({ sort, isDescending: isSame ? !this.#state.isDescending : sort === "since" });
  }

  #sortButtons() {
    return [...byId("problems", HTMLTableElement).querySelectorAll("th button")]
      .filter((button) => button instanceof HTMLElement);
  }

  #rowHeight() {
    return parseFloat(getComputedStyle(this.#body).getPropertyValue("--row-height"));
  }
}
