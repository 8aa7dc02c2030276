/**
 * Child processes that cannot outlive the tests, and the ports they listen on.
 *
 * @module
 */

/**
 * The command that runs `program` such that the kernel kills it when this process ends, however it
 * ends. Deno kills the children of a test module only if it comes to an orderly end itself.
 */
export function boundCommand(
  program: string,
  args: readonly string[],
  options: Deno.CommandOptions,
): Deno.Command {
  return new Deno.Command("setpriv", {
    ...options,
    args: ["--pdeathsig", "KILL", "--", program, ...args],
  });
}

/** Sends `signal` unless the process has ended already, and waits for its end. */
export async function endProcess(child: Deno.ChildProcess, signal: Deno.Signal): Promise<void> {
  try {
    child.kill(signal);
  } catch (error) {
    // Deno says so in two ways, depending on whether it has noticed the end itself.
    if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
  }
  await child.status;
}

// The kernel takes the local ports of outgoing connections from 32768 upwards. A port from below
// cannot be taken by another test's client before the server that it is meant for listens on it,
// as one that the kernel has chosen (port 0) could.
const LOWEST_PORT = 20_000;
const HIGHEST_PORT = 32_000;

/** A TCP port on loopback that nobody listens on. Throws an `Error` if it finds none. */
export function freePort(): number {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = LOWEST_PORT + Math.floor(Math.random() * (HIGHEST_PORT - LOWEST_PORT));
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
  throw new Error(`Cannot find a free port: 100 between ${LOWEST_PORT} and ${HIGHEST_PORT} tried`);
}
