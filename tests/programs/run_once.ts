/** Runs the command of its arguments as `exec` does, for tests of other permissions than their own. */

import { canKillGroups, runProgram } from "../../src/programs/run_program.ts";

const [timeoutMs = "", program = "", ...args] = Deno.args;
const tooSlow = new AbortController();
const timer = setTimeout(() => tooSlow.abort(), Number(timeoutMs));
const output = await runProgram([program, ...args], tooSlow.signal).catch((error) => error.name);
clearTimeout(timer);
const answer = JSON.stringify({ canKillGroups: canKillGroups(), output });
await Deno.stdout.write(new TextEncoder().encode(answer));
