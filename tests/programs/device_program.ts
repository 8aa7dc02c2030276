/**
 * Real programs that play devices, for tests.
 *
 * @module
 */

import { LineProgram } from "../peers/line_program.ts";

/** Starts a program and waits until its error output has said that it is ready. */
export async function startDevice(
  program: string,
  args: readonly string[],
  ready: RegExp,
): Promise<LineProgram> {
  const device = LineProgram.start(program, args);
  await device.waitFor(() => ready.test(device.errorOutput) || undefined);
  return device;
}
