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
 * The names of the variables that may be read; `undefined` if they may be read, but not listed. Listing
 * them takes `--allow-env` without a list, or a list with `--ignore-env` beside it.
 *
 * @param prefix What those that are sought begin with.
 */
export function environmentNames(prefix: string): readonly string[] | undefined {
  try {
    return Object.keys(Deno.env.toObject()).filter((name) => name.startsWith(prefix));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    return isGranted({ name: "env", variable: prefix }) ? undefined : [];
  }
}
