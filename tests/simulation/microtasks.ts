/**
 * Running all that is ready to run, without a turn of the event loop.
 *
 * @module
 */

import { setImmediate } from "node:timers";

/**
 * Runs the microtasks that wait, and those that they add, until none is left; to be called from a
 * callback of the event loop, not from a microtask. This is Deno's own function, which is not public: a
 * turn of the event loop does the same, and takes ten times as long.
 */
export const runMicrotasks: () => void = findRunMicrotasks();

/** Calls back in the next turn of the event loop. */
export function nextRealTurn(callback: () => void): void {
  setImmediate(callback);
}

function findRunMicrotasks(): () => void {
  const key: unknown = Reflect.get(Deno, "internal");
  const internal: unknown = typeof key === "symbol" ? Reflect.get(Deno, key) : undefined;
  const found = property(property(internal, "core"), "runMicrotasks");
  if (typeof found === "function") return () => void found();
  throw new Error("Cannot simulate: this Deno has no runMicrotasks, 2.9 has");
}

function property(object: unknown, name: string): unknown {
  return typeof object === "object" && object !== null ? Reflect.get(object, name) : undefined;
}
