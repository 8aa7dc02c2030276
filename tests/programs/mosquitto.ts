/**
 * A real MQTT broker, for tests.
 *
 * @module
 */

import { MOSQUITTO } from "../peers/peers.ts";
import type { LineProgram } from "../peers/line_program.ts";
import { startDevice } from "./device_program.ts";

/** Starts a broker; `lines` are of its configuration. */
export async function startMosquitto(port: number, ...lines: string[]): Promise<LineProgram> {
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, [`listener ${port} 127.0.0.1`, ...lines, ""].join("\n"));
  const broker = await startDevice(MOSQUITTO, ["-c", file], /mosquitto version .* running/);
  await Deno.remove(file);
  return broker;
}
