/**
 * The command line of a MetricQ program: its options, where else they can be set, what it prints
 * if something is wrong, and its exit status.
 *
 * @module
 */

import { getLogger } from "@logtape/logtape";
import { type ObservedAgent, type Supervision, supervision } from "../agent/supervision.ts";
import { describeError, inspectError, oneLine } from "../error_text.ts";
import { MetricQError, ReceivedSignal } from "../errors.ts";
import { logger } from "../log.ts";
import { checkOptions, type OptionNames } from "../option_names.ts";
import { quote } from "../quote.ts";
import { isPlainObject } from "../rpc/json.ts";
import { VERSION } from "../version.ts";
import { parseArguments } from "./arguments.ts";
import { allOptions, type BuiltInValues } from "./built_in_options.ts";
import { printCheck } from "./check.ts";
import { completionScript, type Shell, SHELLS } from "./completion.ts";
import { EXIT_SUCCESS, EXIT_UNCONFIGURED, exitStatus } from "./failure.ts";
import { endForgotten, ForgottenAgents } from "./forgotten_agents.ts";
import { serveHealth } from "./serve_health.ts";
import { reportLine, startLogging, SYSLOG_ONLY, type Verbosity } from "./logging.ts";
import { misspeltSettings } from "./misspelt_settings.ts";
import type { NamedOption, OnlyOptionFields, OptionDeclarations, OptionValues } from "./options.ts";
import { OPERANDS, type Operands } from "./program_text.ts";
import { fillPlaceholders } from "./placeholders.ts";
import { printError, printLine } from "./print.ts";
import { resolveSettings, type SettingSources, SYSTEM_SOURCES } from "./settings.ts";
import type { LogFormat } from "./structured_log.ts";
import { StrayAgents } from "./stray_agents.ts";
import { Systemd } from "./systemd.ts";
import { UsageError } from "./usage_error.ts";

/** The name, description and options of a program. */
export interface CommandOptions<
  Options extends OptionDeclarations = OptionDeclarations,
  RequireServer extends boolean = boolean,
> {
  /**
   * The program's name: its token on the network unless `--token` gives another, its name in
   * `--help`, and the category under which its own log is shown (`getLogger(defaultToken)`).
   */
  readonly defaultToken: string;
  /** The program's version, for `--version`. */
  readonly version?: string | undefined;
  /** What it does, for `--help`. */
  readonly description?: string | undefined;
  /**
   * Options of its own. One with the name of a built-in option, such as `health`, takes its place,
   * and a warning says so when the program starts.
   */
  readonly options?: Options & OnlyOptionFields<Options> | undefined;
  /**
   * What it takes beside options, such as names of files: given to `main` as a list.
   * @default {nothing}
   */
  readonly operands?: Operands | undefined;
  /**
   * Whether `--server` is required. With `"never"` there is neither `--server` nor `--token`, for a
   * program that does not take part in a network.
   *
   * @default {true}
   */
  readonly requireServer?: RequireServer | "never" | undefined;
  /**
   * Whether it sends points. `false`, as for a sink, leaves out the options of sources: `--check`,
   * `--health`, `--spool`, `--on-full`, `--delivery` and `--chunk-age`.
   *
   * @default {true}
   */
  readonly sends?: boolean | undefined;
}

const COMMAND_OPTIONS: OptionNames<CommandOptions> = {
  defaultToken: true,
  version: true,
  description: true,
  options: true,
  operands: true,
  requireServer: true,
  sends: "boolean",
};

/** What `main` gets: the network's address, the program's token there, and its own options. */
export type CommandValues<
  Options extends OptionDeclarations,
  RequireServer extends boolean = true,
> =
  & {
    readonly server: RequireServer extends true ? string : string | undefined;
    readonly token: string;
  }
  & OptionValues<Options>;

/** Does a program's work: gets the values of its options, and what was given beside them. */
export type CommandMain<
  Options extends OptionDeclarations,
  RequireServer extends boolean = true,
> = (
  values: CommandValues<Options, RequireServer>,
  operands: readonly string[],
) => Promise<unknown> | void;

/**
 * Runs a program as its command line says.
 *
 * A program has `--server URL` (required unless declared otherwise), `--token TOKEN`,
 * `--syslog [ADDRESS]`, `--health [ADDRESS]`, `--spool FILE`, `--on-full POLICY`, `--delivery MODE`,
 * `--connection-timeout DURATION`, `--chunk-age DURATION`, `-v`/`--verbosity LEVEL`,
 * `--log-format pretty|json|logfmt`, `--check`, `--completion bash|zsh|fish`, `--version` and
 * `--help`. Each option, also of your own, can be set as `METRICQ_<NAME>` in the environment or in a
 * `.metricq` file of the current folder, its parents, or the home folder as well; the command line
 * comes first, then the environment, then the file. `$USER` and `$HOST` are filled in in server and
 * token.
 *
 * The log goes to the standard error, and to syslog if asked for. A program that has configured
 * LogTape before keeps what it has configured.
 *
 * The exit status is 0 after success and after SIGINT, 1 after an error of `main` or if a source still
 * runs when `main` has ended (it has to return `source.run()`, or wait for it), 2 after wrong use,
 * 78 after a `--check` of a source without a configuration, and 128 plus the
 * signal's number when `main` ends by another signal ({@linkcode ReceivedSignal}). An error is
 * printed in one line; `-v debug` adds the stack. Make this call the last of your program: two seconds
 * after `main` has ended the process exits even if something, say a forgotten timer, is still active,
 * because a source that hangs is worse than one that ends, which a supervisor starts again.
 *
 * @param definition The program's name, description and options.
 * @param main Does the program's work; gets the values of the options.
 * @param args The command line; that of the process unless it is given.
 * @returns Resolves when `main` has ended and `Deno.exitCode` is set; errors of `main` included.
 * @throws {SyntaxError | TypeError | RangeError} If the definition itself is wrong.
 * @throws {TypeError} If the runtime is not Deno: start the source with `run` there.
 *
 * @example A source with an option of its own
 * ```ts no-assert
 * import { command, IntervalSource, Timestamp } from "@metricq/source";
 *
 * class TideSource extends IntervalSource {
 *   async update() {
 *     await this.send("example.harbour.tide", Timestamp.now(), Math.random());
 *   }
 * }
 *
 * if (import.meta.main) {
 *   await command({
 *     defaultToken: "source-tide",
 *     options: { period: { description: "Time between two readings", default: "1min" } },
 *   }, ({ server, token, period }) => new TideSource({ token, url: server, period }).run());
 * }
 * ```
 */
export async function command<
  const Options extends OptionDeclarations = Record<never, never>,
  const RequireServer extends boolean = true,
>(
  definition: CommandOptions<Options, RequireServer>,
  main: CommandMain<Options, RequireServer>,
  args?: readonly string[],
): Promise<void> {
  if (!("Deno" in globalThis)) {
    throw new TypeError(
      "Cannot use command: this runtime is not Deno, where it is required; call the source's own run() here",
    );
  }
  Deno.exitCode = await runCommand(definition, main, args ?? Deno.args);
  // Deno.exit at once would cut off `await using` blocks and finally clauses of the caller; without
  // it, any forgotten timer or socket would keep the program running.
  const exit = setTimeout(() => {
    printError("warning: the program has ended, but something in it is still active: exiting");
    Deno.exit();
  }, EXIT_GRACE_MS);
  Deno.unrefTimer(exit);
}

const EXIT_GRACE_MS = 2000;

/**
 * Does what {@linkcode command} does, but for ending the process.
 *
 * @returns The exit status.
 */
export async function runCommand<
  const Options extends OptionDeclarations = Record<never, never>,
  const RequireServer extends boolean = true,
>(
  definition: CommandOptions<Options, RequireServer>,
  main: CommandMain<Options, RequireServer>,
  args: readonly string[],
  sources: SettingSources = SYSTEM_SOURCES,
): Promise<number> {
  checkDefinition(definition, main);
  const { builtIn, own, replaced } = allOptions(definition);
  const options = [...builtIn, ...own];
  const { defaultToken: name, description, version } = definition;
  let verbosity: Verbosity = "warning";
  let logFormat: LogFormat = "pretty";
  try {
    const parsed = parseArguments(
      { name, description, version: versionLine(name, version), operands: definition.operands },
      options,
      args,
    );
    if ("print" in parsed) {
      printLine(parsed.print);
      return EXIT_SUCCESS;
    }
    const [shell] = parsed.given.get("completion") ?? [];
    if (isShell(shell) && !replaced.includes("--completion")) {
      printLine(completionScript(shell, name, options));
      return EXIT_SUCCESS;
    }
    const file = sources.file(); // looked for once, up to the root
    const found = { ...sources, file: () => file };
    // The types of the values follow from the declarations, which the resolver cannot express.
    const settings = resolveSettings(builtIn, parsed.given, found) as BuiltInValues;
    const { check, health: address, server, token = name, syslog } = settings;
    const { spool, onFull, delivery, connectionTimeout, chunkAge } = settings;
    const ownValues = resolveSettings(own, parsed.given, found);
    const values = { server, token, ...ownValues } as CommandValues<Options, RequireServer>;
    verbosity = settings.verbosity ?? verbosity;
    logFormat = settings.logFormat ?? logFormat;
    await using _logging = await startLogging({
      verbosity,
      format: logFormat,
      category: name,
      syslog: syslog && { address: syslog, program: token },
    });
    warnOfPlaceholders({ server: server ?? "", token });
    warnOfMisspelt(options, found);
    if (replaced.length > 0) {
      logger("cli").warn("Options of this program replace built-in ones: {options}", {
        options: replaced.join(", "),
      });
    }
    await using systemd = Systemd.fromEnvironment();
    try {
      // A check may run beside the program itself, which has taken the address.
      await using health = address && !check ? await serveHealth(address) : undefined;
      const agents: ObservedAgent[] = [];
      let isUnconfigured = false;
      const supervised: Supervision = {
        version: definition.version,
        options: definedOf({ spool, onFull, delivery, connectionTimeout, chunkAge }),
        onMade: (agent) => agents.push(agent),
        onConnecting: (source) => health?.add(source),
        onRunning: () => systemd?.ready(),
        ...check && {
          onChecked: (source) => {
            printCheck(source);
            isUnconfigured ||= source.unconfigured !== undefined;
          },
        },
      };
      const isOurs = () => supervision.getStore() === supervised;
      using stray = new StrayAgents(agents, isOurs, check === true);
      try {
        await supervision.run(supervised, () => main(values, parsed.operands));
      } finally {
        stray.refuseChecked();
      }
      await endForgotten(agents);
      if (isUnconfigured) return EXIT_UNCONFIGURED;
    } catch (error) {
      reportToLog(error);
      throw error;
    }
    return EXIT_SUCCESS;
  } catch (error) {
    reportToTerminal(error, verbosity, logFormat);
    return exitStatus(error);
  }
}

function checkDefinition(definition: CommandOptions, main: unknown): void {
  checkOptions("use command", definition, COMMAND_OPTIONS);
  const { defaultToken, operands, options = {}, requireServer = true } = definition;
  if (typeof defaultToken !== "string") {
    throw new TypeError(
      `Cannot use command: defaultToken is ${quote(defaultToken)}, a text is required`,
    );
  }
  if (!isPlainObject(options)) {
    throw new TypeError(
      `Cannot use command: options is ${quote(options)}, descriptions by name are required: ` +
        '{ rate: { description: "Points per second" } }',
    );
  }
  if (typeof requireServer !== "boolean" && requireServer !== "never") {
    throw new TypeError(
      `Cannot use command: requireServer is ${
        quote(requireServer)
      }, true, false or "never" is required`,
    );
  }
  if (operands !== undefined) checkOptions("use command: operands", operands, OPERANDS);
  if (typeof main !== "function") {
    throw new TypeError(`Cannot use command: main is ${quote(main)}, a function is required`);
  }
}

/** The fields that have a value. */
function definedOf<Fields extends object>(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Fields;
}

function warnOfMisspelt(options: readonly NamedOption[], sources: SettingSources): void {
  for (const { name, label, meant } of misspeltSettings(options, sources)) {
    logger("cli").warn("{name} of {place} is not an option: did you mean {meant}?", {
      name,
      place: label,
      meant,
    });
  }
}

function warnOfPlaceholders(values: Record<"server" | "token", string>): void {
  for (const [name, value] of Object.entries(values)) {
    const { unknown } = fillPlaceholders(value);
    if (unknown.length === 0) continue;
    logger("cli").warn(
      "Leaving {placeholders} in {name} as is: not known here, perhaps for want of --allow-sys or --allow-env",
      { name, placeholders: unknown.map((placeholder) => `$${placeholder}`).join(" and ") },
    );
  }
}

function versionLine(name: string, version: string | undefined): string {
  const program = version === undefined ? name : `${name} ${version}`;
  return `${program} (@metricq/source ${VERSION}, Deno ${Deno.version.deno})`;
}

function reportToLog(error: unknown): void {
  const log = getLogger([...SYSLOG_ONLY]);
  if (error instanceof ReceivedSignal) log.info("{error}", { error });
  else log.error("{error}", { error });
}

function isShell(text: string | undefined): text is Shell {
  return SHELLS.some((shell) => shell === text);
}

function reportToTerminal(error: unknown, verbosity: Verbosity, format: LogFormat): void {
  if (error instanceof UsageError) {
    reportLine(format, "error", `${oneLine(error.message)} (--help tells more)`);
    return;
  }
  // The sender of the signal knows it, and -v info logs it.
  if (error instanceof ReceivedSignal) return;
  const debug = verbosity === "debug";
  // The network's errors explain themselves; any other may be a fault of the program.
  const isExplained = error instanceof MetricQError || error instanceof ForgottenAgents;
  const hint = debug || isExplained ? "" : " (-v debug tells where)";
  reportLine(
    format,
    "error",
    `${describeError(error)}${hint}`,
    debug ? inspectError(error) : undefined,
  );
}
