/**
 * The other side of `Program`: answers questions, which are lines of JSON, until nobody asks.
 *
 * @module
 */

import process from "node:process";
import { linesOf } from "../../peers/lines.ts";

/** Prints an answer. */
export function answer(object: unknown): void {
  Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(object) + "\n"));
}

/** Answers each question with what `respond` returns. */
export async function answerAll<Question>(
  respond: (question: Question) => unknown,
): Promise<void> {
  for await (const line of linesOf(Deno.stdin.readable)) answer(await respond(JSON.parse(line)));
}

/** CPU time that this process has used, in seconds, all threads together. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Resident memory of this process, in MiB. */
export function residentMiB(): number {
  return Deno.memoryUsage().rss / 2 ** 20;
}
