// @ts-check
/// <reference lib="dom" />

/**
 * The WebSocket to the dashboard's program.
 *
 * @module
 */

/** @import { Update } from "../live_session.ts" */
import { readSeriesFrame } from "./series.js";

const RETRY_MS = [250, 500, 1000, 2000, 4000];

/**
 * @typedef {object} Watch What is visible.
 * @property {object | undefined} table The part of the table.
 * @property {string[]} names The metrics that have charts.
 * @property {object[]} series
 * @property {string | undefined} token
 * @property {object | undefined} problems The part of the list of problems.
 * @property {number} updatesPerSecond
 */

/**
 * @typedef {object} Listener
 * @property {(state: "waiting" | "live" | "lost") => void} onState
 * @property {(points: ReturnType<typeof readSeriesFrame>) => void} onPoints
 * @property {(update: Update) => void} onUpdate Called when the browser is about to draw.
 * @property {() => void} onOpen A new session has begun; the program starts from nothing.
 */

/**
 * Stays connected, and tells the program when the last update has been drawn. The program sends no
 * other before, so a hidden page, which the browser does not draw, gets none.
 */
export class Connection {
  /** @type {WebSocket | undefined} */
  #socket;
  #failures = 0;
  #watch = "";
  #listener;

  /** @param {Listener} listener */
  constructor(listener) {
    this.#listener = listener;
    this.#open();
  }

  /**
   * Says what is visible.
   *
   * @param {Watch} watch
   */
  watch(watch) {
    const text = JSON.stringify(watch);
    if (text === this.#watch || this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#watch = text;
    this.#socket.send(text);
  }

  /**
   * Asks once for the names that a query finds; they come as `found`.
   *
   * @param {object} query
   */
  find(query) {
    this.tell({ find: query });
  }

  /**
   * Tells the program something once.
   *
   * @param {object} message
   */
  tell(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #open() {
    const socket = new WebSocket(`ws://${location.host}/live`);
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    /** @type {ArrayBuffer | undefined} */
    let points;
    socket.onopen = () => {
      this.#failures = 0;
      this.#watch = "";
      this.#listener.onState("live");
      this.#listener.onOpen();
    };
    socket.onmessage = ({ data }) => {
      if (data instanceof ArrayBuffer) {
        points = data;
        return;
      }
      const complete = points;
      points = undefined;
      requestAnimationFrame(() => {
        if (complete) this.#listener.onPoints(readSeriesFrame(complete));
        this.#listener.onUpdate(JSON.parse(data));
        if (socket.readyState === WebSocket.OPEN) socket.send('{"ready":true}');
      });
    };
    socket.onclose = () => {
      this.#listener.onState("lost");
      setTimeout(() => this.#open(), RETRY_MS[this.#failures++] ?? RETRY_MS.at(-1));
    };
  }
}
