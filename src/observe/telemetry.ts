/**
 * OpenTelemetry, when the program has switched it on.
 *
 * @module
 */

import { logger } from "../log.ts";

const log = logger("telemetry");

// Where `@opentelemetry/api` keeps what was registered. Deno registers its own exporter there before
// the program begins if OTEL_DENO is "true", a program may register another. Looking there needs no
// permission, as reading the variable would, and loads nothing.
const REGISTRY = Symbol.for("opentelemetry.js.api.1");

/** Whether telemetry is collected in this process. */
export function isTelemetryOn(): boolean {
  return REGISTRY in globalThis;
}

/**
 * Loads a module that talks to OpenTelemetry, and uses it. Where it cannot be loaded the log says
 * so: a source goes on measuring although it cannot be watched.
 *
 * @param what What will be missing if it cannot be loaded, such as `"spans"`.
 * @param load Imports the module; called only if telemetry is on.
 */
export async function withTelemetry<Module>(
  what: string,
  load: () => Promise<Module>,
  use: (module: Module) => void,
): Promise<void> {
  if (!isTelemetryOn()) return;
  try {
    use(await load());
  } catch (error) {
    log.error("Cannot export {what} with OpenTelemetry: {error}", { what, error });
  }
}
