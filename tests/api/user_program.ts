/**
 * Programs as users write them, each run in a process of its own, without a check of types: that is
 * how Deno runs programs.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { TestNetwork, type TestNetworkOptions } from "../../src/testing/test_network.ts";
import { needing } from "../support/needing.ts";

/** How a program ended. */
export interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program, and what it is run with. */
export interface UserProgram {
  readonly name: string;
  /** Its text. `server` is the network's address; on the command line it is `--server`. */
  readonly text: string;
  /** Arguments beside `--server`. */
  readonly args?: readonly string[];
  /** Options of Deno beside `-A`. */
  readonly denoArgs?: readonly string[];
  /** Options of TypeScript, in place of the project's. */
  readonly compilerOptions?: Readonly<Record<string, unknown>>;
  /** How the network is started. */
  readonly network?: TestNetworkOptions;
  /** What is to be said of how it ended, and of what it sent. */
  readonly check: (ended: Ended, network: TestNetwork) => Promise<void> | void;
}

const ROOT = new URL("../../", import.meta.url);
const CONFIG = new URL("deno.json", ROOT);

/** A test that runs a program on a network of its own. */
export function userProgram(
  { name, text, args = [], denoArgs = [], compilerOptions, network: options, check }: UserProgram,
): Deno.TestDefinition {
  return needing({
    permissions: [{ name: "run" }, { name: "read" }, { name: "write" }, { name: "env" }, {
      name: "net",
    }],
  }, {
    name,
    fn: async () => {
      await using network = await TestNetwork.start(options);
      const folder = await Deno.makeTempDir();
      try {
        await Deno.writeTextFile(`${folder}/program.ts`, HEAD + text);
        const config = compilerOptions === undefined
          ? fileURLToPath(CONFIG)
          : await writeConfig(folder, compilerOptions);
        const output = await new Deno.Command(Deno.execPath(), {
          args: [
            "run",
            "-A",
            "--quiet",
            "--no-check",
            `--config=${config}`,
            ...denoArgs,
            `${folder}/program.ts`,
            ...["--server", network.url],
            ...args,
          ],
          env: { NO_COLOR: "1" },
        }).output();
        const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
        const ended = {
          status: output.code,
          stdout: decode(output.stdout),
          stderr: decode(output.stderr),
        };
        await check(ended, network);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

/** Writes a configuration of Deno for a program that is no part of the project. */
async function writeConfig(
  folder: string,
  compilerOptions: Readonly<Record<string, unknown>>,
): Promise<string> {
  const { name, imports } = JSON.parse(await Deno.readTextFile(CONFIG));
  const path = `${folder}/deno.json`;
  const ours = { ...imports, [name]: new URL("mod.ts", ROOT).href };
  await Deno.writeTextFile(path, JSON.stringify({ imports: ours, compilerOptions }));
  return path;
}

const HEAD = `import { Agent, command, IntervalSource, PollingSource, rpcHandler, Source, Timedelta,
  Timestamp } from "@metricq/source";
const server = Deno.args[1];
`;
