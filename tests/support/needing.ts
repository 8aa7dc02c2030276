/**
 * Tests that need permissions, or programs which are not part of this project.
 *
 * @module
 */

import { isGranted } from "../../src/cli/environment.ts";
import { missingPeers, type PeerName } from "../peers/peers.ts";

/** What a test cannot run without. */
export interface Needs {
  /** The programs that it talks to. Their tests need every permission in `PEER_PERMISSIONS`. */
  readonly peers?: readonly PeerName[];
  /** What has to be permitted. */
  readonly permissions?: readonly Deno.PermissionDescriptor[];
}

const PEER_PERMISSIONS: readonly Deno.PermissionDescriptor[] = [
  { name: "run" },
  { name: "net" },
  { name: "read" },
  { name: "write" },
  { name: "env" },
  { name: "sys" },
];

// A test that takes longer has hung, and must not hang the gate.
const TIMEOUT_MS = 120_000;
const PEERS_TIMEOUT_MS = 300_000;

/**
 * A test's definition for `Deno.test`, with what the test needs. Where a permission or a program is
 * missing, the test is ignored and its name says why; with `METRICQ_REQUIRE_PEERS=1` in the
 * environment it fails then. Nothing is ever prompted for. Unless the definition has a `timeout` (0
 * for none), the test is given up after 2 minutes, or 5 where it needs peers.
 *
 * It registers nothing itself, because Deno books a test on the line that calls `Deno.test`.
 */
export function needing(needs: Needs, test: Deno.TestDefinition): Deno.TestDefinition {
  const timeout = needs.peers ? PEERS_TIMEOUT_MS : TIMEOUT_MS;
  const obstacle = missingPermissions(needs) ?? missingPeers(needs.peers ?? []);
  if (obstacle === undefined) return { timeout, ...test };
  if (!peersAreRequired()) {
    return { ...test, name: `${test.name} (ignored: ${obstacle})`, ignore: true };
  }
  return {
    name: test.name,
    fn: () => {
      throw new Error(`Cannot run test: ${obstacle}, METRICQ_REQUIRE_PEERS=1 is set`);
    },
  };
}

function missingPermissions({ peers, permissions = [] }: Needs): string | undefined {
  const missing = [...peers ? PEER_PERMISSIONS : [], ...permissions].filter((one) =>
    !isGranted(one)
  );
  const flags = [...new Set(missing.map(({ name }) => `--allow-${name}`))];
  return flags.length ? `needs ${flags.join(" ")}` : undefined;
}

function peersAreRequired(): boolean {
  return isGranted({ name: "env" }) && Deno.env.get("METRICQ_REQUIRE_PEERS") === "1";
}
