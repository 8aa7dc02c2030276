/**
 * What is permitted, and the environment as far as it is: a program that was not allowed to read it
 * still works with options, and no permission prompt interrupts it.
 *
 * @module
 */

/** Whether a permission is granted already. Never prompts. */
export function isGranted(permission: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(permission).state === "granted";
}

/** A variable of the environment; an empty one, and one that may not be read, counts as absent. */
export function environmentVariable(name: string): string | undefined {
  if (!isGranted({ name: "env", variable: name })) return undefined;
  return Deno.env.get(name) || undefined;
}

/**
 * The names of the variables that are set, as far as they may be read. Listing them takes `--allow-env`
 * without a list, or a list with `--ignore-env` beside it; otherwise there are those of the guesses.
 *
 * @param prefix What those that are sought, and all guesses, begin with.
 */
export function environmentNames(prefix: string, guesses: () => Iterable<string>): string[] {
  try {
    return Object.keys(Deno.env.toObject()).filter((name) => name.startsWith(prefix));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    // Asked once, for a name that nobody lists: for each guess it would take four times as long as a look.
    if (!isGranted({ name: "env", variable: `${prefix}?` })) return [];
    return [...guesses()].filter((name) => Deno.env.has(name));
  }
}
