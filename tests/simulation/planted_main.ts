/**
 * `deno task simulate:planted`: plants each fault into a copy of the project, and tells which seed finds
 * it. `--only TEXT` takes those whose description has the text.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { plant, PLANTED, type Planted } from "./planted.ts";

const ROOT = new URL("../../", import.meta.url);
const COPIED = ["src", "tests/simulation", "proto", "mod.ts", "deno.json", "deno.lock"];
const MOST_SEEDS = 2000;

async function findingSeed(planted: Planted): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "metricq-planted-" });
  try {
    await Deno.mkdir(`${folder}/tests`);
    for (const path of COPIED) {
      const from = fileURLToPath(new URL(path, ROOT));
      const copied = await new Deno.Command("cp", { args: ["-r", from, `${folder}/${path}`] })
        .output();
      if (!copied.success) throw new Error(new TextDecoder().decode(copied.stderr));
    }
    const file = `${folder}/${planted.file}`;
    await Deno.writeTextFile(file, plant(await Deno.readTextFile(file), planted));
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "tests/simulation/main.ts", "--first"]
        .concat("--from", "1", "--count", `${MOST_SEEDS}`),
      cwd: folder,
    }).output();
    const [text, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    return /^Seed (\d+) failed.*\n(.*)$/m.exec(text ?? "")?.slice(1).join(":") ??
      `NOT FOUND ${text?.slice(0, 200)} ${errors?.slice(0, 500)}`;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) {
  const { only = "" } = parseArgs({ options: { only: { type: "string" } } }).values;
  let isFine = true;
  for (const planted of PLANTED.filter(({ what }) => what.includes(only))) {
    const found = await findingSeed(planted);
    if (!/^\d+:/.test(found) || found.includes("the simulation has failed")) isFine = false;
    await Deno.stdout.write(new TextEncoder().encode(`${planted.what}\n    seed ${found}\n`));
  }
  Deno.exit(isFine ? 0 : 1);
}
