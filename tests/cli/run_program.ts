/**
 * Runs programs as a user would: a process of their own, in folders of their own.
 *
 * @module
 */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { needing } from "../support/needing.ts";

/** How a program ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a program finds. */
export interface Setting {
  readonly env?: Record<string, string>;
  /** Contents of `.metricq` files: in the current folder, its parent, and the home folder. */
  readonly files?: { readonly here?: string; readonly parent?: string; readonly home?: string };
  /** Deno's options. @default {everything is permitted} */
  readonly permissions?: readonly string[];
  /** Called with the running process. */
  readonly onStart?: (process: Deno.ChildProcess) => void;
}

const NEEDS: Deno.PermissionDescriptor[] = [
  { name: "run" },
  { name: "read" },
  { name: "write" },
  { name: "env" },
  { name: "net" },
];

/**
 * A test that runs a program, given by its path from this folder. No program may show the password
 * `secret` on the standard error.
 */
export function programTest(
  program: string,
  name: string,
  fn: (run: (args: string[], setting?: Setting) => Promise<Ended>) => Promise<void>,
): Deno.TestDefinition {
  return needing({ permissions: NEEDS }, {
    name,
    fn: async () => {
      const folder = await Deno.makeTempDir();
      try {
        await fn((args, setting = {}) => runProgram(folder, program, args, setting));
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

async function runProgram(
  folder: string,
  program: string,
  args: string[],
  setting: Setting,
): Promise<Ended> {
  const { env = {}, files = {}, permissions = ["-A"], onStart } = setting;
  const places = {
    parent: `${folder}/project`,
    here: `${folder}/project/here`,
    home: `${folder}/home`,
  };
  for (const [place, path] of Object.entries(places)) {
    await Deno.mkdir(path, { recursive: true });
    const text = files[place as keyof typeof places];
    if (text !== undefined) await Deno.writeTextFile(`${path}/.metricq`, text);
  }
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      `--config=${fileURLToPath(new URL("../../deno.json", import.meta.url))}`,
      ...permissions,
      fileURLToPath(new URL(program, import.meta.url)),
      ...args,
    ],
    cwd: places.here,
    clearEnv: true,
    // The home folder is also where Deno keeps its packages.
    env: { HOME: places.home, DENO_DIR: await denoDir(), ...env },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  onStart?.(process);
  const { code, stdout, stderr } = await process.output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  const ended = { code, stdout: decode(stdout), stderr: decode(stderr) };
  assert.doesNotMatch(ended.stderr, /secret/, "no password on the standard error");
  return ended;
}

let denoDirFound: string | undefined;

async function denoDir(): Promise<string> {
  if (denoDirFound === undefined) {
    const info = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
    denoDirFound = String(JSON.parse(new TextDecoder().decode(info.stdout)).denoDir);
  }
  return denoDirFound;
}
