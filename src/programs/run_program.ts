/**
 * Running another program for its output.
 *
 * @module
 */

import { MAX_TEXT_BYTES, readText } from "../http/bounded_text.ts";
import { environmentVariable, isGranted } from "../cli/environment.ts";
import { quote } from "../quote.ts";
import { clockOrSystem, sleep } from "../time/clock.ts";

// Time to read what a program has printed last; its children may hold its output open for ever.
const GRACE_MS = 200;

/** What a program has printed, and how it has ended. */
export interface ProgramOutput {
  readonly output: string;
  /** What it has printed on its standard error. */
  readonly errors: string;
  readonly status: Deno.CommandStatus;
}

/**
 * Runs a program, without a shell, and returns what it prints.
 *
 * @throws {Error} If {@linkcode collectOutput} does, or its exit status is not 0; with its first
 * error line.
 */
export async function runProgram(
  command: readonly [string, ...string[]],
  signal: AbortSignal,
): Promise<string> {
  const { output, errors, status: { success, code, signal: killedBy } } = await collectOutput(
    command,
    signal,
  );
  if (success) return output;
  const end = killedBy === null ? `its exit status is ${code}` : `${killedBy} has ended it`;
  const [line = ""] = errors.trim().split("\n");
  throw new Error(`Cannot run ${command[0]}: ${end}${line && `: ${quote(line)}`}`);
}

/**
 * Runs a program, without a shell, and collects what it prints.
 *
 * It is run as a process group of its own, which is killed as a whole when the program has ended or
 * `signal` is aborted, so that nothing is left of what it has started. Without
 * {@linkcode canKillGroups} only the program itself is killed. What it has started may also hold its
 * output open: what was printed by a moment after its end is taken.
 *
 * @throws {RangeError} If it prints more than 1 MiB on its standard output or error.
 * @throws {Error} If it cannot be run.
 * @throws {Error} If `signal` is aborted: its reason.
 */
export async function collectOutput(
  [program, ...args]: readonly [string, ...string[]],
  signal: AbortSignal,
): Promise<ProgramOutput> {
  signal.throwIfAborted();
  const path = environmentVariable("PATH");
  const child = new Deno.Command(program, {
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    // The environment of the source may hold a password, such as in METRICQ_SERVER.
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
    const [output, errors, status] = await Promise.all([
      readText(child.stdout, over, MAX_TEXT_BYTES, enough.signal),
      readText(child.stderr, over, MAX_TEXT_BYTES, enough.signal),
      ended,
    ]);
    signal.throwIfAborted();
    return { output, errors, status };
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
