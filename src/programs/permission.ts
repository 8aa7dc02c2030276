/**
 * Permissions that a configuration needs, refused with it and not at the first reading.
 *
 * @module
 */

import { isGranted } from "../cli/environment.ts";

/**
 * Refuses a server that Deno may not reach.
 *
 * @param address Its `HOST:PORT`.
 * @throws {TypeError} If the permission is missing; the message names the flag that gives it.
 */
export function requireNet(address: string): void {
  requirePermission({ name: "net", host: address }, `--allow-net=${address}`);
}

/**
 * Refuses a program that Deno may not run.
 *
 * @throws {TypeError} If the permission is missing; the message names the flag that gives it.
 */
export function requireRun(program: string): void {
  requirePermission({ name: "run", command: program }, `--allow-run=${program}`);
}

function requirePermission(permission: Deno.PermissionDescriptor, flag: string): void {
  if (isGranted(permission)) return;
  throw new TypeError(`${flag} is required on the source's command line`);
}
