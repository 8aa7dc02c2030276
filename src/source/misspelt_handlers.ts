/**
 * Handlers of functions that are never called, because their names are misspelt.
 *
 * @module
 */

import { logger } from "../log.ts";
import { CONFIG_SCHEMA_FUNCTION } from "../rpc/config_function.ts";
import { similarName } from "../suggestion.ts";

const log = logger("source");

const CONFIG = "config";
/** Called on every source; `Source` itself has one handler for each. */
const OF_EVERY_SOURCE = [CONFIG, CONFIG_SCHEMA_FUNCTION, "discover"];

/** Whether a source has a handler of its configuration beside the one that each has. */
export function handlesConfig(handlers: ReadonlyMap<string, number>): boolean {
  return (handlers.get(CONFIG) ?? 0) > 1;
}

/**
 * Warns of a source that does not handle its configuration, but a function whose name is similar,
 * such as `confg` or `onConfig`: the configuration would be accepted, and have no effect.
 */
export function warnOfMisspelt(token: string, handlers: ReadonlyMap<string, number>): void {
  if (handlesConfig(handlers)) return;
  for (const name of handlers.keys()) {
    if (OF_EVERY_SOURCE.includes(name)) continue;
    if (!/conf/i.test(name) && similarName(name, [CONFIG]) === undefined) continue;
    log.warn(
      '{token} handles "{name}", which no manager calls, and not its configuration: did you mean "config"?',
      { token, name },
    );
  }
}
