/**
 * The programs that tests talk to and that are not part of this project.
 *
 * @module
 */

import { hasCompiler, hasRabbitMqLibrary } from "./cpp_program.ts";
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
  | "fish"
  | "prometheus-node-exporter"
  | "prometheus_client"
  | "pymodbus"
  | "mosquitto"
  | "snmpd"
  | "c++";

/**
 * The browser without windows, as Debian installs it. The one with windows makes its toolbar for each
 * page even when it shows none, which takes as much of the processor as the pages.
 */
export const CHROMIUM = "/usr/lib/chromium/chromium-headless-shell";

/** The MQTT broker and the SNMP agent, as Debian installs them. */
export const MOSQUITTO = "/usr/sbin/mosquitto";
export const SNMPD = "/usr/sbin/snmpd";

/** The other runtimes of JavaScript, where `.ci/peers` puts them. */
export const RUNTIMES = {
  node: new URL("../../.runtimes/node", import.meta.url).pathname,
  bun: new URL("../../.runtimes/bun", import.meta.url).pathname,
} as const;

const isInstalled: Record<PeerName, () => boolean> = {
  rabbitmq: () => runs("test", "-x", RABBITMQ_SERVER),
  metricq: () => hasPythonPackage("metricq"),
  hostlist: () => hasPythonPackage("python-hostlist"),
  chromium: () => runs("test", "-x", CHROMIUM),
  node: () => runs(RUNTIMES.node, "--version"),
  bun: () => runs(RUNTIMES.bun, "--version"),
  "systemd-analyze": () => runs("systemd-analyze", "--version"),
  zsh: () => runs("zsh", "--version"),
  fish: () => runs("fish", "--version"),
  "prometheus-node-exporter": () => runs("prometheus-node-exporter", "--version"),
  prometheus_client: () => hasPythonPackage("prometheus_client"),
  pymodbus: () => hasPythonPackage("pymodbus"),
  mosquitto: () => runs("test", "-x", MOSQUITTO),
  snmpd: () => runs("test", "-x", SNMPD),
  "c++": () => hasCompiler() && hasRabbitMqLibrary(),
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
  "prometheus-node-exporter": "Prometheus' node exporter",
  prometheus_client: "the Python package prometheus_client",
  pymodbus: "the Python package pymodbus",
  mosquitto: "Mosquitto",
  snmpd: "Net-SNMP's snmpd",
  "c++": "g++ with protobuf and librabbitmq",
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

function hasPythonPackage(name: string): boolean {
  return runs(pythonPath(), "-c", `import importlib.metadata as m; m.version('${name}')`);
}

function runs(program: string, ...args: string[]): boolean {
  try {
    return new Deno.Command(program, { args, stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false; // there is no such program
  }
}
