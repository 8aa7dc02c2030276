/**
 * Running another program for its output.
 *
 * @module
 */

import { environmentVariable, isGranted } from "../cli/environment.ts";
import { quote } from "../quote.ts";
import { clockOrSystem, sleep } from "../time/clock.ts";
import { MAX_TEXT_BYTES, readText } from "./bounded_text.ts";

// For what a program has printed last; what it has started may hold its output open for ever.
const GRACE_MS = 200;

/**
 * Runs a program, without a shell, and returns what it prints.
 *
 * It is run as a process group of its own, which is killed as a whole when the program has ended or
 * `signal` is aborted, so that nothing is left of what it has started. Without
 * {@linkcode canKillGroups} only the program itself is killed. What it has started may also hold its
 * output open: what was printed by a moment after its end is taken.
 *
 * @throws {RangeError} If it prints more than 1 MiB on its standard output or error.
 * @throws {Error} If it cannot be run, or its exit status is not 0; with its first error line.
 * @throws {Error} If `signal` is aborted: its reason.
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
    detached: canKillGroups(),
  }).spawn();

  const failed = new AbortController();
  const over = AbortSignal.any([signal, failed.signal]);
  over.addEventListener("abort", () => kill(child), { once: true });
  const enough = new AbortController();
  const isRead = new AbortController();
  try {
    const ended = child.status.then((status) => {
      void sleep(clockOrSystem(), GRACE_MS, isRead.signal).then(() => enough.abort());
      return status;
    });
    const [output, errors, { success, code, signal: killedBy }] = await Promise.all([
      readText(child.stdout, over, MAX_TEXT_BYTES, enough.signal),
      readText(child.stderr, over, MAX_TEXT_BYTES, enough.signal),
      ended,
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
  } finally {
    isRead.abort();
    kill(child);
  }
}

/**
 * Whether what a program has started can be killed with it: Deno signals a group of processes only if
 * it may run any program, not with a list in `--allow-run`; and Windows has no such groups.
 */
export function canKillGroups(): boolean {
  return Deno.build.os !== "windows" && isGranted({ name: "run" });
}

function kill(child: Deno.ChildProcess): void {
  try {
    if (canKillGroups()) Deno.kill(-child.pid, "SIGKILL");
    else child.kill("SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
