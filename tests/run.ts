/**
 * All tests, and every example of the documentation: `run.ts`, or `run.ts PATH …` for some of them.
 *
 * Most tests wait: for a broker that starts, a connection that is lost, a program. They run four files
 * at a time, which takes less than half as long. Tests that need the machine's full speed come after
 * them, alone. What takes long and tries again what others try in part is a task of its own.
 *
 * @module
 */

const FILES_AT_A_TIME = "4";
const ALONE: readonly string[] = ["tests/faults/soak_test.ts"];
const TASKS: readonly string[] = ["tests/jsr/programs_test.ts"]; // `deno task programs`

/** Runs `deno test`, and returns whether all tests have passed. */
async function succeeds(...args: readonly string[]): Promise<boolean> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--doc", ...args],
    env: { DENO_JOBS: FILES_AT_A_TIME },
  });
  return (await command.spawn().status).success;
}

const beside = await succeeds("--parallel", `--ignore=${[...ALONE, ...TASKS]}`, ...Deno.args);
const alone = Deno.args.length > 0 || await succeeds(...ALONE);
Deno.exit(beside && alone ? 0 : 1);
