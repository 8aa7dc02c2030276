// @ts-check
/// <reference lib="dom" />

/**
 * The scan: what a person asks for, how it goes on, and its end.
 *
 * @module
 */

/** @import { ScanRequest, ScanState } from "../../view/health_view.ts" */
import { formatTime } from "../../view/format.js";
import { byId, setText } from "./dom.js";

/** The form that starts a scan, and what has come of the last one. */
export class ScanForm {
  #form = byId("scan", HTMLFormElement);
  #open = byId("scan-open", HTMLButtonElement);
  #state = byId("scan-state", HTMLElement);
  #cancel = byId("scan-cancel", HTMLButtonElement);
  #bar = byId("scan-progress", HTMLProgressElement);
  #on;

  /**
   * @param {object} on
   * @param {(request: Omit<ScanRequest, "filter">) => void} on.start
   * @param {() => void} on.cancel
   */
  constructor(on) {
    this.#on = on;
    this.#open.onclick = () => this.#show(this.#form.hidden === true);
    this.#form.onsubmit = (event) => {
      event.preventDefault();
      this.#show(false);
      this.#open.focus();
      this.#on.start({
        atATime: Number(byId("scan-metrics", HTMLSelectElement).value),
        seconds: Number(byId("scan-seconds", HTMLSelectElement).value),
      });
    };
    this.#form.onkeydown = ({ key }) => {
      if (key !== "Escape") return;
      this.#show(false);
      this.#open.focus();
    };
    this.#cancel.onclick = () => {
      this.#on.cancel();
      this.#open.focus();
    };
  }

  /**
   * Says how many metrics would be scanned.
   *
   * @param {number} matching
   * @param {string} filter
   */
  offer(matching, filter) {
    const metrics = `${matching.toLocaleString("en")} ${matching === 1 ? "metric" : "metrics"}`;
    setText(
      byId("scan-scope", HTMLElement),
      filter.trim() === ""
        ? `All ${metrics}. The filter of the table of metrics takes fewer.`
        : `${metrics} that the table's filter “${filter.trim()}” lets through.`,
    );
    byId("scan-start", HTMLButtonElement).disabled = matching === 0;
  }

  /** @param {ScanState} scan */
  update(scan) {
    const isRunning = scan.status === "running";
    this.#open.disabled = isRunning;
    if (isRunning) this.#show(false);
    this.#state.hidden = false;
    this.#cancel.hidden = !isRunning;
    this.#bar.hidden = !isRunning;
    this.#bar.max = Math.max(1, scan.total);
    this.#bar.value = scan.scanned;
    setText(byId("scan-text", HTMLElement), describe(scan));
  }

  /** @param {boolean} isShown */
  #show(isShown) {
    this.#form.hidden = !isShown;
    this.#open.setAttribute("aria-expanded", String(isShown));
    if (isShown) byId("scan-metrics", HTMLSelectElement).focus();
  }
}

/** @param {ScanState} scan */
function describe(scan) {
  const { status, total, scanned, unjudged, receiving, points, seconds, startedMs, endedMs } = scan;
  const count = (/** @type {number} */ number) => number.toLocaleString("en");
  const done = `${count(scanned)} of ${count(total)} metrics`;
  const facts = [
    `${count(points)} points`,
    unjudged > 0 ? `${count(unjudged)} too slow to be judged in ${seconds} s` : "",
  ];
  if (status === "running") {
    return [`Scanning: ${done}`, receiving > 0 ? `receiving ${count(receiving)}` : "", ...facts]
      .filter(Boolean).join(" · ");
  }
  const end = {
    done: `Scanned ${count(total)} metrics`,
    cancelled: `Scan cancelled after ${done}`,
    failed: `Scan ended after ${done}: ${scan.reason ?? ""}`,
  }[status];
  const when = `${formatTime(startedMs)} to ${formatTime(endedMs ?? startedMs)}`;
  return [end, `${seconds} s each`, ...facts, when].filter(Boolean).join(" · ");
}
