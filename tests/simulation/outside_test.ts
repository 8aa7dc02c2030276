import assert from "node:assert/strict";
import { needing } from "../support/needing.ts";
import { simulate } from "./simulate.ts";

/** What a program can learn of the world from, other than from its clock, its randomness and transport. */
const FORBIDDEN: readonly [owner: object, names: readonly string[]][] = [
  [Math, ["random"]],
  [Date, ["now"]],
  [performance, ["now"]],
  [crypto, ["randomUUID", "getRandomValues"]],
  [Temporal.Now, ["instant", "zonedDateTimeISO", "plainDateTimeISO"]],
  [globalThis, ["setTimeout", "setInterval", "fetch", "WebSocket", "Worker"]],
  [Deno, ["connect", "connectTls", "listen", "open", "openSync", "readFile", "readFileSync"]],
  [Deno, ["readTextFile", "readTextFileSync", "stat", "statSync", "writeFile", "writeFileSync"]],
];

Deno.test(needing({ permissions: [{ name: "read" }, { name: "write" }] }, {
  name: "A simulation reads no other clock or chance, and no files but spools",
  fn: async () => {
    const used: string[] = [];
    using _forbidden = forbid((name) => used.push(name));
    for (const seed of [9, 26]) assert((await simulate(seed)).points > 0);
    assert.deepEqual(used, []);
  },
}));

Deno.test("What is forbidden is noticed", () => {
  const used: string[] = [];
  using _forbidden = forbid((name) => used.push(name));
  Math.random();
  Date.now();
  assert.deepEqual(used, ["random", "now"]);
});

// LogTape puts the time into records that nobody reads; a spool looks at its own file, and a process that is
// killed leaves a torn one.
const ALLOWED = /\/@logtape\/|\/src\/spool\/|\/simulated_spools\.ts/;

/** Tells of every call, but those of the allowed. */
function forbid(onUse: (name: string) => void): Disposable {
  const restorers = FORBIDDEN.flatMap(([owner, names]) =>
    names.map((name) => {
      const original: unknown = Reflect.get(owner, name);
      if (typeof original !== "function") throw new Error(`There is no ${name} to forbid`);
      const replacement = function (this: unknown, ...args: unknown[]): unknown {
        if (!ALLOWED.test(new Error().stack ?? "")) onUse(name);
        return Reflect.apply(original, this, args);
      };
      Object.defineProperty(owner, name, {
        value: replacement,
        configurable: true,
        writable: true,
      });
      return () =>
        Object.defineProperty(owner, name, { value: original, configurable: true, writable: true });
    })
  );
  return { [Symbol.dispose]: () => restorers.forEach((restore) => restore()) };
}
