/**
 * The version of this package, from the one place that states it.
 *
 * @module
 */

import config from "../deno.json" with { type: "json" };

/** The version of `@metricq/source`, such as `"0.1.0"`. */
export const VERSION: string = config.version;
