/**
 * Tests that need permissions, and say so when they were not given any.
 *
 * @module
 */

/** A test and the permissions it needs. */
export interface PermittedTest {
  /** What is tested. */
  readonly name: string;
  /** What has to be permitted. */
  readonly needs: readonly Deno.PermissionDescriptor[];
  /** When it has hung and is given up; 0 for never. Default 2 minutes. */
  readonly timeoutMs?: number;
}

// Nothing here takes long: what does has hung, and must not hang the gate.
const TIMEOUT_MS = 120_000;

/** Registers a test; without the permissions it is reported as ignored, with the reason in its name. */
export function permittedTest(
  { name, needs, timeoutMs = TIMEOUT_MS }: PermittedTest,
  fn: (t: Deno.TestContext) => void | Promise<void>,
): void {
  const missing = needs.filter((need) => Deno.permissions.querySync(need).state !== "granted");
  const flags = missing.map((need) => `--allow-${need.name}`).join(" ");
  Deno.test({
    name: missing.length === 0 ? name : `${name} (ignored: needs ${flags})`,
    ignore: missing.length > 0,
    timeout: timeoutMs,
    fn,
  });
}
