/**
 * The options that every program has, and how they go together with those of a program.
 *
 * @module
 */

import type { Address } from "../address.ts";
import { ServerAddress } from "../amqp/server_address.ts";
import { checkToken } from "../agent/token.ts";
import { DELIVERIES, POLICIES } from "../outbox/delivery_options.ts";
import { requireDuration } from "../time/require_duration.ts";
import type { Timedelta } from "../time/timedelta.ts";
import { SHELLS } from "./completion.ts";
import { parseHealthAddress } from "./serve_health.ts";
import { VERBOSITIES } from "./logging.ts";
import {
  type NamedOption,
  nameOption,
  type OptionDeclaration,
  type OptionDeclarations,
  type OptionValues,
} from "./options.ts";
import { fillPlaceholders } from "./placeholders.ts";
import { LOG_FORMATS } from "./structured_log.ts";
import { parseSyslogAddress, type SyslogAddress } from "./syslog_address.ts";

/** What decides which options a program has. */
export interface ProgramOptions {
  /** The default of `--token`. */
  readonly defaultToken: string;
  /** Whether `--server` is required; with `"never"` there are no options of a network. */
  readonly requireServer?: boolean | "never" | undefined;
  /** Whether it sends points; if not, it has no options of sending. */
  readonly sends?: boolean | undefined;
  /** The program's own options. */
  readonly options?: OptionDeclarations | undefined;
}

/** All options of a program. */
export interface AllOptions {
  /** Those of every program, but for those that the program replaces. */
  readonly builtIn: readonly NamedOption[];
  /** The program's own. */
  readonly own: readonly NamedOption[];
  /** Built-in options, and short forms of such, that own ones replace, such as `--health` and `-v`. */
  readonly replaced: readonly string[];
}

/** The values of the built-in options; those of replaced ones are missing. */
export type BuiltInValues = Partial<OptionValues<ReturnType<typeof builtInOptions>>>;

// Names that an own option cannot have: `main` is given the network's values under theirs.
const RESERVED = ["help", "h", "version"];
const RESERVED_IN_A_NETWORK = [...RESERVED, "server", "token"];

/**
 * Puts a program's own options beside the built-in ones, and in their places where names are equal:
 * an option that a later version of this package adds must not break a program that has one of that
 * name already.
 *
 * @throws {TypeError | SyntaxError} If an own option is declared wrongly, or twice.
 */
export function allOptions(program: ProgramOptions): AllOptions {
  const own = Object.entries({ ...program.options })
    .map(([name, option]) => nameOption(name, option));
  const taken = new Set(
    program.requireServer === "never" ? RESERVED : RESERVED_IN_A_NETWORK,
  );
  for (const { name, option } of own) {
    for (const used of [name, option.short]) {
      if (used === undefined) continue;
      if (taken.has(used)) {
        throw new TypeError(`Cannot declare option "${name}": "${used}" is taken already`);
      }
      taken.add(used);
    }
  }
  const replaced: string[] = [];
  const builtIn = Object.entries(builtInOptionsOf(program)).flatMap(([name, declaration]) => {
    const named = nameOption(name, declaration);
    if (own.some((option) => option.name === named.name)) {
      replaced.push(`--${named.name}`);
      return [];
    }
    const { short, ...withoutShort } = declaration;
    const isShortTaken = short !== undefined && taken.has(short);
    if (isShortTaken) replaced.push(`-${short}`);
    const valueOptional = OPTIONAL_VALUES.includes(name);
    return [{ ...named, option: isShortTaken ? withoutShort : declaration, valueOptional }];
  });
  return { builtIn, own, replaced };
}

// Those that mean nothing to a program that sends no points: health is what sources have.
const SENDING_OPTIONS: readonly string[] = [
  ...["check", "health"],
  ...["spool", "on-full", "delivery", "chunk-age"],
];

// Those that mean nothing to a program that does not take part in a network.
const NETWORK_OPTIONS: readonly string[] = [
  ...["server", "token", "connection-timeout"],
  ...SENDING_OPTIONS,
];

const OPTIONAL_VALUES: readonly string[] = ["syslog", "health"];

function builtInOptionsOf(program: ProgramOptions): Record<string, OptionDeclaration> {
  const { requireServer, sends = true } = program;
  const left = requireServer === "never" ? NETWORK_OPTIONS : sends ? [] : SENDING_OPTIONS;
  return Object.fromEntries(
    Object.entries(builtInOptions(program)).filter(([name]) => !left.includes(name)),
  );
}

// The inferred type carries the types of the options' values.
function builtInOptions({ defaultToken, requireServer = true }: ProgramOptions) {
  return {
    server: {
      description: "Address of the MetricQ network, amqp://… or amqps://…",
      valueName: "URL",
      required: requireServer === true,
      parse: parseServer,
    },
    token: {
      description: "Name of this program on the network",
      default: parseToken(defaultToken),
      parse: parseToken,
    },
    syslog: {
      description: "Log to syslog as well: [tcp:]HOST[:PORT] or the path of a Unix socket; " +
        "localhost:514 if no address is given",
      valueName: "ADDRESS",
      parse: (text: string): SyslogAddress => parseSyslogAddress(text),
    },
    health: {
      description: "Serve /healthz and /metrics (Prometheus) over HTTP on [HOST:]PORT; " +
        "127.0.0.1:9464 if no address is given",
      valueName: "ADDRESS",
      parse: (text: string): Address => parseHealthAddress(text),
    },
    spool: {
      description: "File in which unsent points survive the end of the program",
      valueName: "FILE",
      parse: parsePath,
    },
    "on-full": {
      description: "What to do when there is no room for more points; " +
        "drop-oldest unless the program says otherwise",
      valueName: "POLICY",
      choices: POLICIES,
    },
    delivery: {
      description: "How sure the delivery is; confirmed unless the program says otherwise",
      valueName: "MODE",
      choices: DELIVERIES,
    },
    "connection-timeout": {
      description: "How long a lost connection is tried for before the program ends; " +
        "10min unless the program says otherwise",
      valueName: "DURATION",
      parse: (text: string): Timedelta => requireDuration("Cannot use it", text),
    },
    "chunk-age": {
      description: "How long the first point of a chunk waits for the others; " +
        "10s unless the program says otherwise",
      valueName: "DURATION",
      parse: (text: string): Timedelta => requireDuration("Cannot use it", text),
    },
    verbosity: {
      description: "How much to log",
      short: "v",
      valueName: "LEVEL",
      choices: VERBOSITIES,
      default: "warning",
    },
    "log-format": {
      description: "How the log looks: for people, or a JSON object or logfmt line a record",
      valueName: "FORMAT",
      choices: LOG_FORMATS,
      default: "pretty",
    },
    check: {
      flag: true,
      description: "Connect, print the configuration and what would be declared, and end; " +
        "the program may be running meanwhile",
    },
    completion: {
      description: "Print a script that makes a shell complete these options, and end",
      valueName: "SHELL",
      choices: SHELLS,
    },
  } as const satisfies OptionDeclarations;
}

function parseServer(given: string): string {
  const { text } = fillPlaceholders(given);
  ServerAddress.parse(text);
  return text;
}

function parsePath(given: string): string {
  if (given === "") throw new RangeError("the path of a file is required");
  return given;
}

function parseToken(given: string): string {
  const { text } = fillPlaceholders(given);
  checkToken(text);
  return text;
}
