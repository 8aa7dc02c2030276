/**
 * Where this package logs to. LogTape is silent until the program that uses the package configures it.
 *
 * @module
 */

import { getLogger, type Logger } from "@logtape/logtape";

/** The first part of every category of this package: configure it to see everything. */
export const LOG_CATEGORY = "metricq";

/** The logger of one part of this package, such as `"agent"` or `"amqp"`. */
export function logger(part: string): Logger {
  return getLogger([LOG_CATEGORY, part]);
}
