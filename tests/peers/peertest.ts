/**
 * Tests that need programs which are not part of this project.
 *
 * @module
 */

import { pythonPath } from "./python_peer.ts";
import { RABBITMQ_SERVER } from "./rabbitmq.ts";

/** A program that tests talk to: RabbitMQ, the reference Python package `metricq`, a browser … */
export type PeerName =
  | "rabbitmq"
  | "metricq"
  | "chromium"
  | "node"
  | "bun"
  | "systemd-analyze"
  | "zsh"
  | "fish";

/** The browser, as Debian installs it. */
export const CHROMIUM = "/usr/bin/chromium";

/** The other runtimes of JavaScript, where `.ci/peers` puts them. */
export const RUNTIMES = {
  node: new URL("../../.runtimes/node", import.meta.url).pathname,
  bun: new URL("../../.runtimes/bun", import.meta.url).pathname,
} as const;

/** What `peerTest` is told of a test. */
export interface PeerTestOptions {
  /** The test's name. */
  readonly name: string;
  /** The programs without which it cannot run. */
  readonly needs: readonly PeerName[];
  /** When it has hung and is given up; 0 for never. Default 5 minutes. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 300_000;

/**
 * Registers a test with `Deno.test`. Where a program that it needs is not installed, or Deno has not
 * been given the permissions to run it, the test is ignored and its name says why; with
 * `METRICQ_REQUIRE_PEERS=1` in the environment it fails then. Nothing is ever prompted for.
 */
export function peerTest(
  { name, needs, timeoutMs = TIMEOUT_MS }: PeerTestOptions,
  fn: (context: Deno.TestContext) => Promise<void>,
): void {
  const obstacle = missingPermission() ?? missingProgram(needs);
  if (obstacle === undefined) {
    Deno.test({ name, timeout: timeoutMs, fn });
  } else if (peersAreRequired()) {
    Deno.test(name, () => {
      throw new Error(`Cannot run test: ${obstacle}, METRICQ_REQUIRE_PEERS=1 is set`);
    });
  } else {
    Deno.test({ name: `${name} (ignored: ${obstacle})`, ignore: true, fn });
  }
}

const PERMISSIONS = ["run", "net", "read", "write", "env", "sys"] as const;

function missingPermission(): string | undefined {
  const missing = PERMISSIONS.filter((name) => !isGranted(name));
  return missing.length ? `needs ${missing.map((name) => `--allow-${name}`).join(" ")}` : undefined;
}

function isGranted(name: Deno.PermissionName): boolean {
  return Deno.permissions.querySync({ name } as Deno.PermissionDescriptor).state === "granted";
}

const isInstalled: Record<PeerName, () => boolean> = {
  rabbitmq: () => runs("test", "-x", RABBITMQ_SERVER),
  metricq: () => runs(pythonPath(), "-c", "import importlib.metadata as m; m.version('metricq')"),
  chromium: () => runs("test", "-x", CHROMIUM),
  node: () => runs(RUNTIMES.node, "--version"),
  bun: () => runs(RUNTIMES.bun, "--version"),
  "systemd-analyze": () => runs("systemd-analyze", "--version"),
  zsh: () => runs("zsh", "--version"),
  fish: () => runs("fish", "--version"),
};

const displayName: Record<PeerName, string> = {
  rabbitmq: "RabbitMQ",
  metricq: "the Python package metricq",
  chromium: "Chromium",
  node: "Node 24",
  bun: "Bun",
  "systemd-analyze": "systemd",
  zsh: "zsh",
  fish: "fish",
};

// A module registers many tests and finds the same each time.
const known = new Map<PeerName, boolean>();

function missingProgram(needs: readonly PeerName[]): string | undefined {
  const missing = needs.filter((peer) => {
    if (!known.has(peer)) known.set(peer, isInstalled[peer]());
    return !known.get(peer);
  });
  if (!missing.length) return undefined;
  return `${missing.map((peer) => displayName[peer]).join(" and ")} not installed`;
}

function runs(program: string, ...args: string[]): boolean {
  try {
    return new Deno.Command(program, { args, stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false; // there is no such program
  }
}

function peersAreRequired(): boolean {
  return isGranted("env") && Deno.env.get("METRICQ_REQUIRE_PEERS") === "1";
}
