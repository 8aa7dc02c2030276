/**
 * `deno task simulate:planted`: plants each fault into a copy of the project, and tells which seed finds
 * it, and what it shows.
 *
 * `--only TEXT`, which may be repeated, takes those whose description has the text, and `--most N` tries that
 * many seeds. The exit status is 1 if one was not found, 2 if the arguments cannot be used.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { errorText } from "../../src/error_text.ts";
import { quote } from "../../src/quote.ts";
import type { Found } from "./first_violation.ts";
import { PLANTED } from "./planted/all.ts";
import { plant, type Planted } from "./planted/planted.ts";
import { printRefusal } from "./print.ts";

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

const USAGE = `Usage: deno task simulate:planted [OPTION …]

  --only TEXT  those whose description has the text; may be repeated
  --most N     how many seeds are tried for each, ${MOST_SEEDS} without it
  --help       print this`;

/** What is asked for, or why that cannot be done. */
function readArguments(): { readonly chosen: readonly Planted[]; readonly most: string } | string {
  let values: { only?: string[] | undefined; most?: string | undefined };
  try {
    const options = { only: { type: "string", multiple: true }, most: { type: "string" } } as const;
    values = parseArgs({ options }).values;
  } catch (error) {
    return errorText(error);
  }
  const { only = [""], most = MOST_SEEDS } = values;
  if (!/^[1-9]\d{0,8}$/.test(most)) {
    return `Cannot use --most: ${quote(most)} is given, an integer of 1 or more is required`;
  }
  const unknown = only.find((text) => PLANTED.every(({ what }) => !what.includes(text)));
  if (unknown !== undefined) {
    return `Cannot use --only: ${quote(unknown)} is given, a part of a description is required`;
  }
  return { chosen: PLANTED.filter(({ what }) => only.some((text) => what.includes(text))), most };
}

/** Tries them one after the other. Returns whether each was found. */
async function tryAll(chosen: readonly Planted[], most: string): Promise<boolean> {
  const folder = await Deno.makeTempDir({ prefix: "metricq-planted-" });
  Deno.addSignalListener("SIGINT", () => {
    Deno.removeSync(folder, { recursive: true });
    Deno.exit(130);
  });
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
      const { seed = "", tried = "" } = found ?? {};
      print(`| ${planted.what} | ${seed} | ${tried} | ${seconds} | ${violation} |`);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  return missed === 0;
}

/** The exit status. */
async function main(): Promise<number> {
  if (Deno.args.includes("--help")) {
    print(USAGE);
    return 0;
  }
  const given = readArguments();
  if (typeof given !== "string") return await tryAll(given.chosen, given.most) ? 0 : 1;
  printRefusal(given);
  return 2;
}

if (import.meta.main) Deno.exit(await main());
