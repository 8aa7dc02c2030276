/**
 * A real SNMP agent, for tests.
 *
 * @module
 */

import { LineProgram } from "../peers/line_program.ts";
import { SNMPD } from "../peers/peers.ts";

/** Starts Net-SNMP's agent on loopback; `lines` are of its configuration. */
export async function startSnmpd(port: number, ...lines: string[]): Promise<AsyncDisposable> {
  await using parts = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir();
  parts.defer(() => Deno.remove(folder, { recursive: true }));
  const file = `${folder}/snmpd.conf`;
  const address = `agentAddress udp:127.0.0.1:${port}`;
  await Deno.writeTextFile(file, [address, "rocommunity public", ...lines, ""].join("\n"));
  // Its log on the error output; -I: without what wants files and sockets of the system.
  const args = ["-f", "-C", "-c", file, "-Le", "-r", "-I", "-smux,mteTrigger,mteTriggerConf"];
  const env = { SNMP_PERSISTENT_DIR: folder, MIBS: "" };
  const agent = parts.use(LineProgram.start(SNMPD, args, undefined, { env }));
  await agent.waitFor(() => /NET-SNMP version/.test(agent.errorOutput) || undefined);
  const running = parts.move();
  return { [Symbol.asyncDispose]: () => running.disposeAsync() };
}
