/**
 * Completion of options by the shell, for programs that are installed under a name of their own.
 *
 * @module
 */

import type { NamedOption } from "./options.ts";

/** The shells that `--completion` knows. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** A shell that `--completion` knows. */
export type Shell = (typeof SHELLS)[number];

interface Entry {
  readonly name: string;
  readonly short: string | undefined;
  readonly description: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
}

/** A script that makes a shell complete a program's options; the shell's start file evaluates it. */
export function completionScript(
  shell: Shell,
  program: string,
  options: readonly NamedOption[],
): string {
  const entries = [
    ...options.map(({ name, option }): Entry => ({
      name,
      short: option.short,
      // One line of a menu: up to a colon, a semicolon, or the address that is an example.
      description: option.description.split(/[:;] |, (?=\S+:\/\/)/)[0] ?? "",
      takesValue: option.flag !== true,
      choices: option.flag === true ? [] : option.choices ?? [],
    })),
    { name: "version", short: undefined, description: "Print versions", ...FLAG },
    { name: "help", short: "h", description: "Print the help", ...FLAG },
  ];
  // A token may hold more, such as $HOST; a name typed at a prompt does not.
  const name = program.replaceAll(/[^\w.-]/g, "_");
  switch (shell) {
    case "bash":
      return bash(name, entries);
    case "zsh":
      return zsh(name, entries);
    case "fish":
      return fish(name, entries);
  }
}

const FLAG = { takesValue: false, choices: [] } as const;

function bash(program: string, entries: readonly Entry[]): string {
  const cases = entries.filter(({ takesValue }) => takesValue).map((entry) =>
    `    ${flagsOf(entry).join("|")}) words=${singleQuoted(entry.choices.join(" "))} ;;`
  );
  const all = entries.flatMap(flagsOf).join(" ");
  const fn = `_${program.replaceAll(/\W/g, "_")}`;
  return `${fn}() {
  local words
  case "\${COMP_WORDS[COMP_CWORD-1]}" in
${cases.join("\n")}
    *) words=${singleQuoted(all)} ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F ${fn} ${program}`;
}

function zsh(program: string, entries: readonly Entry[]): string {
  const specs = entries.flatMap((entry) => {
    const { name, takesValue, choices } = entry;
    const description = entry.description.replaceAll(/[[\]\\:]/g, "");
    const values = choices.length > 0 ? `(${choices.join(" ")})` : "_files";
    const value = takesValue ? `:${name}:${values}` : "";
    return flagsOf(entry).map((flag) => `  ${singleQuoted(`${flag}[${description}]${value}`)}`);
  });
  return `#compdef ${program}
_${program.replaceAll(/\W/g, "_")}() {
  _arguments \\
${specs.map((spec) => `  ${spec}`).join(" \\\n")}
}
compdef _${program.replaceAll(/\W/g, "_")} ${program}`;
}

function fish(program: string, entries: readonly Entry[]): string {
  return entries.map(({ name, short, description, takesValue, choices }) =>
    [
      `complete -c ${program} -l ${name}`,
      short && `-s ${short}`,
      takesValue && (choices.length > 0 ? `-x -a ${singleQuoted(choices.join(" "))}` : "-r"),
      `-d ${singleQuoted(description)}`,
    ].filter((part) => part).join(" ")
  ).join("\n");
}

function flagsOf({ name, short }: Entry): string[] {
  return short === undefined ? [`--${name}`] : [`--${name}`, `-${short}`];
}

/** Single quotes, in which all three shells take everything else as it is. */
function singleQuoted(text: string): string {
  return `'${text.replaceAll("'", "")}'`;
}
