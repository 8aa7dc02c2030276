/**
 * The command line of MetricQ programs: {@linkcode command} and parsers for the values of options.
 *
 * A program with an option of its own:
 *
 * ```ts
 * import { IntervalSource, Timestamp } from "jsr:@metricq/source";
 * import { command, parseDuration } from "jsr:@metricq/source/cli";
 *
 * class TideSource extends IntervalSource {
 *   override async update() {
 *     await this.send("example.harbour.tide", Timestamp.now(), Math.random());
 *   }
 * }
 *
 * if (import.meta.main) {
 *   await command({
 *     defaultToken: "source-tide",
 *     description: "Measures the tide",
 *     options: {
 *       period: { description: "Time between two readings", default: "1min", parse: parseDuration },
 *     },
 *   }, ({ server, token, period }) => new TideSource({ token, url: server, period }).run());
 * }
 * ```
 *
 * ```sh
 * deno run -A source.ts --server amqp://localhost/ --period 10s
 * ```
 *
 * Programs that use `command` have these options:
 *
 * | option                    |                                                                                    | default                      |
 * | ------------------------- | ---------------------------------------------------------------------------------- | ---------------------------- |
 * | `--server URL`            | address of the network, `amqp[s]://[user:password@]host[:port][/vhost]`            | required                     |
 * | `--token TOKEN`           | name of this program on the network                                                | the program's `defaultToken` |
 * | `-v`, `--verbosity LEVEL` | how much to log: `error`, `warning`, `info`, `debug`                               | `warning`                    |
 * | `--syslog [ADDRESS]`      | log to syslog as well: `[tcp:]host[:port]`, or the path of a socket                | off; `localhost:514`         |
 * | `--health [ADDRESS]`      | serve `/healthz` and `/metrics` on `[HOST:]PORT`, for operators | off; `127.0.0.1:9464`        |
 * | `--spool FILE`            | file in which unsent points survive the end of the program                         | none                         |
 * | `--on-full POLICY`        | what a full outbox or spool does: `drop-oldest`, `wait`, `fail`                     | `drop-oldest`                |
 * | `--delivery MODE`         | `confirmed`, or `at-most-once`                                                     | `confirmed`                  |
 * | `--connection-timeout DURATION` | how long a lost connection is tried for before the program ends              | `10min`                      |
 * | `--chunk-age DURATION`    | how long the first point of a chunk waits for the others                           | `10s`                        |
 * | `--log-format FORMAT`     | `pretty`, or `json` and `logfmt` with one record a line                            | `pretty`                     |
 * | `--completion SHELL`      | print a script that completes these options in `bash`, `zsh` or `fish`             |                              |
 * | `--check`                 | connect, print the configuration and what would be declared, and end               |                              |
 * | `--version`, `--help`     |                                                                                    |                              |
 *
 * Each can be set as `METRICQ_SERVER`, `METRICQ_TOKEN` … in the environment, or in a file
 * `.metricq` in the current folder, one of its parents, or the home folder, with lines such as
 * `METRICQ_SERVER=amqp://localhost/`. The command line comes first, then the environment, then the
 * file. In the server and the token, `$USER` and `$HOST` are replaced by the user's and the host's
 * name.
 *
 * The five from `--spool` on come before what a source's code says, and are its defaults otherwise;
 * they are options of a source of the same names. A name that is almost that of a setting, such as
 * `METRICQ_SPOL`, is told with what is most likely meant.
 *
 * A sink says with `sends: false` of {@linkcode CommandOptions} that it is without the options of
 * sending: these but `--connection-timeout`, and `--check`.
 *
 * `--check` asks with the source's token and has a queue of its own, so that the source may be running
 * meanwhile. It leaves the spool alone.
 *
 * The exit status is 0 after success and SIGINT, 1 after an error, 2 after wrong use, 78 after a
 * `--check` of a source without a configuration, and 143 after SIGTERM.
 *
 * A program gets options of its own with `options` of {@linkcode CommandOptions}. Its own log goes
 * where the library's goes if its category is the `defaultToken`:
 *
 * ```ts
 * import { getLogger } from "npm:@logtape/logtape";
 *
 * getLogger("source-deno-dummy").info("{sensors} sensors found", { sensors: 3 });
 * ```
 *
 * To give a program a name of its own, and to complete its options in the shell (the second line
 * belongs in a start file such as `.bashrc`):
 *
 * ```sh
 * deno install -g -A -n source-deno-dummy source.ts
 * source <(source-deno-dummy --completion bash)
 * ```
 *
 * @module
 */

export type { Operands } from "./program_text.ts";
export { command, type CommandMain, type CommandOptions, type CommandValues } from "./command.ts";
export type {
  CamelCase,
  FieldsOf,
  FlagOption,
  OnlyOptionFields,
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
