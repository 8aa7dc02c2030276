/**
 * What the tasks of simulations print.
 *
 * @module
 */

const encoder = new TextEncoder();

/** Prints a line, unless nobody reads any more, which ends the program. */
export function print(text: string): void {
  try {
    Deno.stdout.writeSync(encoder.encode(`${text}\n`));
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    Deno.exit(1); // whoever reads has seen enough
  }
}

/** Tells why the arguments of a task cannot be used. */
export function printRefusal(reason: string): void {
  Deno.stderr.writeSync(encoder.encode(`${reason}; see --help\n`));
}
