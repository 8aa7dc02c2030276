/**
 * Running another program for its output.
 *
 * @module
 */

import { environmentVariable } from "../cli/environment.ts";
import { quote } from "../quote.ts";
import { MAX_TEXT_BYTES, readText } from "./bounded_text.ts";

/**
 * Runs a program, without a shell, and returns what it prints.
 *
 * @throws {RangeError} When it prints more than 1 MiB on its standard output or error.
 * @throws {Error} When it cannot be run, or its exit status is not 0; with its first error line.
 * @throws The reason of `signal` when that is aborted. The program is killed then.
 */
export async function runProgram(
  [program, ...args]: readonly [string, ...string[]],
  signal: AbortSignal,
): Promise<string> {
  signal.throwIfAborted();
  const path = environmentVariable("PATH");
  const child = new Deno.Command(program, {
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    // Its environment must not tell a password in this one's, such as that of METRICQ_SERVER.
    clearEnv: true,
    env: { LC_ALL: "C", ...path !== undefined && { PATH: path } },
  }).spawn();

  const failed = new AbortController();
  const over = AbortSignal.any([signal, failed.signal]);
  over.addEventListener("abort", () => kill(child), { once: true });
  try {
    const [output, errors, { success, code, signal: killedBy }] = await Promise.all([
      readText(child.stdout, over, MAX_TEXT_BYTES),
      readText(child.stderr, over, MAX_TEXT_BYTES),
      child.status,
    ]);
    signal.throwIfAborted();
    if (success) return output;
    const end = killedBy === null ? `its exit status is ${code}` : `${killedBy} has ended it`;
    const [line = ""] = errors.trim().split("\n");
    throw new Error(`Cannot run ${program}: ${end}${line && `: ${quote(line)}`}`);
  } catch (error) {
    failed.abort(error);
    await child.status;
    throw error;
  }
}

function kill(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
