/**
 * Ends when a signal asks for it, and prints why: `signals_program.ts [stubborn]`, and then not.
 *
 * @module
 */

import { runUntilSignal } from "../../src/agent/signals.ts";

const asked = Promise.withResolvers<Error | undefined>();

await runUntilSignal((error) => {
  print(String(error));
  asked.resolve(error);
}, async () => {
  print("running");
  // Promises alone do not keep a process alive.
  const timer = setInterval(() => {}, 60_000);
  await asked.promise;
  if (Deno.args[0] === "stubborn") await new Promise(() => {});
  clearInterval(timer);
});

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}
