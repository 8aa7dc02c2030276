/**
 * The command line of MetricQ programs: {@linkcode command} and parsers for the values of options.
 *
 * @module
 */

export { command, type CommandOptions, type CommandValues } from "./command.ts";
export type {
  CamelCase,
  FlagOption,
  OptionDeclaration,
  OptionDeclarations,
  OptionText,
  OptionValue,
  OptionValues,
  SingleValue,
  ValueOption,
} from "./options.ts";
export {
  parseDuration,
  parseMetric,
  parsePositiveInteger,
  parseTemplate,
  parseTimestamp,
} from "./parameters.ts";
export { UsageError } from "./usage_error.ts";
