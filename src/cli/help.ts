/**
 * The text of `--help`.
 *
 * @module
 */

import type { NamedOption } from "./options.ts";
import type { Operands, ProgramText } from "./program_text.ts";

// The width that fits everywhere; wider lines are also harder to read.
const WIDTH = 80;
// Below this, lines would be broken into single words.
const MIN_COLUMN_WIDTH = 40;
const INDENT = "  ";

/** The text for a program with these options, which has `--version` and `--help` as well. */
export function helpText(
  { name, description, operands }: ProgramText,
  options: readonly NamedOption[],
): string {
  const rows: Row[] = [
    ...options.map((option): Row => [flags(option), describe(option)]),
    ["--version", "Print the versions of program, library and Deno"],
    ["-h, --help", "Print this help"],
  ];
  const operandRows: Row[] = operands ? [[operands.name, operands.description]] : [];
  const termWidth = Math.max(...[...operandRows, ...rows].map(([term]) => term.length));
  const table = (title: string, rows: readonly Row[]) =>
    [`${title}:`, ...rows.map((row) => tableRow(row, termWidth))].join("\n");
  return [
    `Usage: ${name} [options]${operands ? ` ${usage(operands)}` : ""}`,
    ...description ? [wrap(description, WIDTH).join("\n")] : [],
    ...operands ? [table("Arguments", operandRows)] : [],
    table("Options", rows),
    options.some(({ name }) => name === "server") ? NETWORK_HELP : SETTINGS_HELP,
  ].join("\n\n");
}

type Row = readonly [term: string, description: string];

const SETTINGS_HELP = `\
Every option can also be set in the environment: METRICQ_VERBOSITY for
--verbosity, and so on. So can it in a file ".metricq" in the current folder,
one of its parents, or the home folder, with lines such as
  METRICQ_VERBOSITY=info
The command line comes first, then the environment, then the file.`;

const NETWORK_HELP = `\
Every option can also be set in the environment: METRICQ_SERVER for --server,
METRICQ_TOKEN for --token, and so on. So can it in a file ".metricq" in the
current folder, one of its parents, or the home folder, with lines such as
  METRICQ_SERVER=amqp://user:password@broker.example.org/
The command line comes first, then the environment, then the file.

In server and token, $USER and $HOST stand for your user name and this host.
Your shell fills in $USER itself unless it stands in single quotes.`;

function usage({ name, least = 0, most = Infinity }: Operands): string {
  const more = most > least ? `[${name}${most > least + 1 ? "..." : ""}]` : "";
  return `${`${name} `.repeat(least)}${more}`.trimEnd();
}

function flags({ name, option, valueOptional }: NamedOption): string {
  const long = option.short === undefined ? `--${name}` : `-${option.short}, --${name}`;
  if (option.flag) return long;
  const value = option.valueName ?? name.toUpperCase().replaceAll("-", "_");
  return valueOptional ? `${long} [${value}]` : `${long} <${value}>`;
}

function describe({ option }: NamedOption): string {
  if (option.flag) return option.description;
  const notes = [];
  if (option.choices) notes.push(option.choices.join("|"));
  if (option.default !== undefined && option.default !== null) {
    notes.push(`default: ${option.default}`);
  }
  if (option.required) notes.push("required");
  if (option.multiple) notes.push("may be repeated");
  return notes.length === 0 ? option.description : `${option.description} (${notes.join("; ")})`;
}

function tableRow([term, description]: Row, termWidth: number): string {
  const column = INDENT.length + termWidth + 2;
  const lines = wrap(description, Math.max(WIDTH - column, MIN_COLUMN_WIDTH));
  const head = (INDENT + term).padEnd(column);
  return lines.map((line, at) => (at === 0 ? head : " ".repeat(column)) + line).join("\n");
}

/** Breaks each line of a text between words. */
function wrap(text: string, width: number): string[] {
  return text.split("\n").flatMap((line) => {
    const lines = [""];
    for (const word of line.split(" ")) {
      const last = lines.at(-1) ?? "";
      if (last === "") lines[lines.length - 1] = word;
      else if (last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
      else lines.push(word);
    }
    return lines;
  });
}
