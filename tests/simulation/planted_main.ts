/**
 * `deno task simulate:planted`: plants each fault into a copy of the project, and tells which seed finds
 * it, and what it shows.
 *
 * `--only TEXT`, which may be repeated, takes those whose description has the text, and `--most N` tries that
 * many seeds.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Found } from "./first_violation.ts";
import { plant, PLANTED, type Planted } from "./planted.ts";

const ROOT = new URL("../../", import.meta.url);
const COPIED = ["src", "tests/simulation", "proto", "mod.ts", "deno.json", "deno.lock"];
const MOST_SEEDS = "2000";
// What the oracle says when it could not go on.
const CRASHED = "the simulation has failed";

/** Copies what a simulation needs, once for all faults: what is compiled of it is used again. */
async function copyProject(folder: string): Promise<void> {
  await Deno.mkdir(`${folder}/tests`);
  for (const path of COPIED) {
    const from = fileURLToPath(new URL(path, ROOT));
    const { success, stderr } = await new Deno.Command("cp", {
      args: ["-r", from, `${folder}/${path}`],
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
  }
}

/** Plants a fault, tries seeds, and takes the fault out again. */
async function find(folder: string, planted: Planted, most: string): Promise<Found | undefined> {
  const file = `${folder}/${planted.file}`;
  const source = await Deno.readTextFile(file);
  await Deno.writeTextFile(file, plant(source, planted));
  try {
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "tests/simulation/first_violation.ts", most, planted.what],
      cwd: folder,
    }).output();
    if (success) return JSON.parse(new TextDecoder().decode(stdout)) ?? undefined;
    const reason = new TextDecoder().decode(stderr).replaceAll("\n", " ");
    return { seed: 0, tried: 0, violation: `${CRASHED}: ${reason}` };
  } finally {
    await Deno.writeTextFile(file, source);
  }
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

if (import.meta.main) {
  const { only = [""], most = MOST_SEEDS } = parseArgs({
    options: { only: { type: "string", multiple: true }, most: { type: "string" } },
  }).values;
  const chosen = PLANTED.filter(({ what }) => only.some((text) => what.includes(text)));
  const folder = await Deno.makeTempDir({ prefix: "metricq-planted-" });
  let missed = 0;
  try {
    await copyProject(folder);
    print("| planted | found by seed | tried | s | what it shows |");
    print("| --- | ---: | ---: | ---: | --- |");
    for (const planted of chosen) {
      const beganMs = performance.now();
      const found = await find(folder, planted, most);
      const seconds = Math.round((performance.now() - beganMs) / 1000);
      if (found === undefined || found.violation.startsWith(CRASHED)) missed++;
      const violation = found?.violation.slice(0, 200) ?? `NOT FOUND by the first ${most} seeds`;
      print(
        `| ${planted.what} | ${found?.seed ?? ""} | ${
          found?.tried ?? ""
        } | ${seconds} | ${violation} |`,
      );
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  Deno.exit(missed === 0 ? 0 : 1);
}
