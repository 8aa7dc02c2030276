/**
 * The programs that tests talk to and that are not part of this project.
 *
 * @module
 */

import { pythonPath } from "./python_peer.ts";
import { RABBITMQ_SERVER } from "./rabbitmq.ts";

/** A program that tests talk to: RabbitMQ, the reference Python package `metricq`, a browser … */
export type PeerName =
  | "rabbitmq"
  | "metricq"
  | "hostlist"
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

const isInstalled: Record<PeerName, () => boolean> = {
  rabbitmq: () => runs("test", "-x", RABBITMQ_SERVER),
  metricq: () => runs(pythonPath(), "-c", "import importlib.metadata as m; m.version('metricq')"),
  hostlist: () => runs(pythonPath(), "-c", "import hostlist"),
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
  hostlist: "the Python package python-hostlist",
  chromium: "Chromium",
  node: "Node 24",
  bun: "Bun",
  "systemd-analyze": "systemd",
  zsh: "zsh",
  fish: "fish",
};

// A module registers many tests and finds the same each time.
const known = new Map<PeerName, boolean>();

/** Says which of `peers` are not installed; nothing if all are. */
export function missingPeers(peers: readonly PeerName[]): string | undefined {
  const missing = peers.filter((peer) => {
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
