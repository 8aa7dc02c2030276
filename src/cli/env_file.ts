/**
 * `.metricq` files: settings in the format of environment variables, for a folder or for a user.
 *
 * @module
 */

import { dirname, join, resolve } from "node:path";
import { environmentVariable, isGranted } from "./environment.ts";
import { UsageError } from "./usage_error.ts";

/** The name of the file. */
export const ENV_FILE_NAME = ".metricq";

/** The settings of one `.metricq` file. */
export interface EnvFile {
  /** Where it is. */
  readonly path: string;
  /** Its settings, by the name of the variable. */
  readonly settings: ReadonlyMap<string, string>;
}

/**
 * Reads the nearest `.metricq` file: of the current folder, of its parents, of the home folder.
 * Folders that may not be read are passed over.
 *
 * @returns `undefined` when there is none.
 * @throws {UsageError} If a line of it is neither a setting nor a comment.
 */
export function findEnvFile(folders: Iterable<string> = searchedFolders()): EnvFile | undefined {
  for (const folder of folders) {
    const path = join(folder, ENV_FILE_NAME);
    const text = readIfPermitted(path);
    if (text !== undefined) return { path, settings: parseEnvFile(text, path) };
  }
  return undefined;
}

/** The current folder, its parents from near to far, and the home folder, as far as permitted. */
export function* searchedFolders(): Generator<string> {
  // Asking for the current folder is itself a read of it.
  if (isGranted({ name: "read", path: "." })) {
    let folder = Deno.cwd();
    for (; folder !== dirname(folder); folder = dirname(folder)) yield folder;
    yield folder;
  }
  const home = environmentVariable("HOME") ?? environmentVariable("USERPROFILE");
  if (home !== undefined) yield resolve(home);
}

// node:util's parseEnv is not used: it skips damaged lines in silence, cuts a value at any "#"
// (python-dotenv, for which these files are written, only at one after a space) and keeps the
// backslash of \". The same file must mean the same to every program.
const BLANK = /^\s*(?:#.*)?$/s;
const SETTING = /^\s*(?:export\s+)?([^\s=#'"]+)\s*=\s*(.*)$/s;
const SINGLE_QUOTED = /^'((?:[^'\\]|\\.)*)'\s*(?:#.*)?$/s;
const DOUBLE_QUOTED = /^"((?:[^"\\]|\\.)*)"\s*(?:#.*)?$/s;
const COMMENT = /(?:^|\s)#.*$/s;

const ESCAPES: Record<string, string> = { n: "\n", r: "\r", t: "\t" };

/**
 * Reads the text of a `.metricq` file: one `NAME=value` per line, with or without `export ` before
 * it, values bare or in quotes, comments after `#`.
 *
 * @throws {UsageError} If a line is neither a setting nor a comment; the message has its number, not its text.
 */
export function parseEnvFile(text: string, path: string): Map<string, string> {
  const settings = new Map<string, string>();
  // A byte order mark needs no care: to a regular expression it is white space.
  const lines = text.split(/\r\n|\r|\n/);
  for (const [index, line] of lines.entries()) {
    if (BLANK.test(line)) continue;
    const [, name, rawValue] = SETTING.exec(line) ?? [];
    const value = rawValue === undefined ? undefined : parseValue(rawValue);
    if (name === undefined || value === undefined) {
      const wrong = name === undefined
        ? "it is not a setting, NAME=value is required"
        : `the value of ${JSON.stringify(name)} has no closing quote, or text after it`;
      throw new UsageError(`Cannot read line ${index + 1} of ${path}: ${wrong}`);
    }
    settings.set(name, value);
  }
  return settings;
}

function parseValue(raw: string): string | undefined {
  if (raw.startsWith("'")) {
    return SINGLE_QUOTED.exec(raw)?.[1]?.replace(/\\([\\'])/g, "$1");
  }
  if (raw.startsWith('"')) {
    return DOUBLE_QUOTED.exec(raw)?.[1]?.replace(
      /\\([\\'"nrt])/g,
      (_, character: string) => ESCAPES[character] ?? character,
    );
  }
  return raw.replace(COMMENT, "").trimEnd();
}

function readIfPermitted(path: string): string | undefined {
  if (!isGranted({ name: "read", path })) return undefined;
  try {
    // A folder may have that name, too.
    if (!Deno.statSync(path).isFile) return undefined;
    return Deno.readTextFileSync(path);
  } catch {
    // Absent, or forbidden by the operating system: after `sudo -u` often even the current folder.
    return undefined;
  }
}
