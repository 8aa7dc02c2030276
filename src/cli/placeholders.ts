/**
 * `$USER` and `$HOST` in the server's address and the token.
 *
 * @module
 */

import { hostname, userInfo } from "node:os";
import { environmentVariable, isGranted } from "./environment.ts";

/** What a placeholder stands for, or `undefined` if it is not known. */
export type PlaceholderSource = Record<string, () => string | undefined>;

/** The user and the host of this process. */
export const SYSTEM_PLACEHOLDERS: PlaceholderSource = { USER: userName, HOST: hostName };

/** A text after its placeholders were filled in. */
export interface FilledText {
  /** The text. */
  readonly text: string;
  /** Names of known placeholders that occur in it but could not be filled in. */
  readonly unknown: readonly string[];
}

// The rules of Python's Template.safe_substitute: existing `.metricq` files are written for it.
const PLACEHOLDER = /\$(?:(\$)|([_a-z][_a-z0-9]*)|\{([_a-z][_a-z0-9]*)\})/gi;

/**
 * Fills in `$USER`, `${USER}`, `$HOST` and `${HOST}`; `$$` becomes `$`, and everything else is left
 * as it is.
 */
export function fillPlaceholders(
  text: string,
  source: PlaceholderSource = SYSTEM_PLACEHOLDERS,
): FilledText {
  const unknown = new Set<string>();
  const filled = text.replace(PLACEHOLDER, (whole, dollar, plain, braced) => {
    if (dollar) return "$";
    const name: string = plain ?? braced;
    if (!Object.hasOwn(source, name)) return whole;
    const value = source[name]?.();
    if (value === undefined) unknown.add(name);
    return value ?? whole;
  });
  return { text: filled, unknown: [...unknown] };
}

function userName(): string | undefined {
  // The order in which Python's getpass.getuser() looks.
  for (const name of ["LOGNAME", "USER", "LNAME", "USERNAME"]) {
    const value = environmentVariable(name);
    if (value !== undefined) return value;
  }
  return fromSystem(["username", "uid", "gid"], () => userInfo().username);
}

/** The name of this host, or `undefined` without the permission to ask for it. */
export function hostName(): string | undefined {
  return fromSystem(["hostname"], hostname);
}

function fromSystem(
  kinds: NonNullable<Deno.SysPermissionDescriptor["kind"]>[],
  read: () => string,
): string | undefined {
  if (!kinds.every((kind) => isGranted({ name: "sys", kind }))) return undefined;
  try {
    return read() || undefined;
  } catch {
    return undefined; // No entry in the password database, as in many containers.
  }
}
