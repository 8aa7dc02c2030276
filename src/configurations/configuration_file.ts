/**
 * One configuration as a JSON file, which other programs may read and write at any time.
 *
 * @module
 */

import { dirname, join, resolve } from "node:path";
import { systemRandomness } from "../randomness.ts";
import { isJsonObject, type JsonObject, kindOf } from "../rpc/json.ts";
import { AGENT_REQUEST_LIMITS, excessOf } from "../rpc/request_size.ts";

const EXTENSION = ".json";
const NAME_MAX_BYTES = 200; // 255 on usual file systems, less what a temporary name adds
const TEMPORARY = /^\.[0-9a-f]{32}\.tmp$/;
const MAX_LINKS = 40; // as Linux has it
const PERMISSION_BITS = 0o777;

/** Whether a file's name is that of a configuration, be its token possible or not. */
export function isConfigurationFile(name: string): boolean {
  return name.endsWith(EXTENSION);
}

/** Whether a file was left by a process that was killed while it wrote a configuration. */
export function isTemporaryFile(name: string): boolean {
  return TEMPORARY.test(name);
}

/**
 * The name of a token's file. What is special in file names is percent-encoded.
 *
 * @throws {RangeError} If the token makes no name that file systems take.
 */
export function fileNameOf(token: string): string {
  const requirement = `one of 1 to ${NAME_MAX_BYTES} bytes is required`;
  if (!token.isWellFormed() || token === "") {
    throw new RangeError(
      `Cannot keep configuration: "${token}" makes no file name, ${requirement}`,
    );
  }
  // What encodeURIComponent leaves and Windows does not take, and a dot that would hide the file.
  const name =
    encodeURIComponent(token).replace(/^\.|\*/g, (character) => character === "." ? "%2E" : "%2A") +
    EXTENSION;
  if (name.length <= NAME_MAX_BYTES) return name;
  throw new RangeError(
    `Cannot keep configuration of "${
      token.slice(0, 40)
    }…": its file name has ${name.length} bytes, ${requirement}`,
  );
}

/** The token whose file has a name, if there can be one. */
export function tokenOf(name: string): string | undefined {
  if (!isConfigurationFile(name)) return undefined;
  try {
    const token = decodeURIComponent(name.slice(0, -EXTENSION.length));
    return fileNameOf(token) === name ? token : undefined;
  } catch {
    return undefined; // no percent-encoding, or too long
  }
}

/**
 * The configuration in a file; `undefined` if there is no file.
 *
 * @throws {TypeError | RangeError | SyntaxError} If it is not a file with a JSON object of a size that
 * agents take.
 * @throws {Error} If it cannot be read.
 */
export async function readConfigurationFile(path: string): Promise<JsonObject | undefined> {
  let body: Uint8Array;
  try {
    // Reading a pipe or a device may never end.
    const { isFile, size } = await Deno.stat(path);
    if (!isFile) throw new TypeError("it is not a regular file");
    const { maxBytes } = AGENT_REQUEST_LIMITS;
    if (size > maxBytes) {
      throw new RangeError(`it has ${size} bytes, at most ${maxBytes} are allowed`);
    }
    body = await Deno.readFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  const excess = excessOf(body, AGENT_REQUEST_LIMITS);
  if (excess !== undefined) throw new RangeError(excess);
  // A decoder, and not readTextFile, because it drops the byte order mark of some editors.
  const config: unknown = JSON.parse(new TextDecoder().decode(body));
  if (isJsonObject(config)) return config;
  throw new TypeError(`it holds ${kindOf(config)}, an object is required`);
}

/**
 * Writes a configuration as a whole or not at all, also if the machine fails meanwhile. A symbolic
 * link stays one: the file that it names is written. Permissions stay as they are, and so does the owner
 * where root writes.
 *
 * @throws {TypeError} If there is something else than a file, such as a pipe or a device.
 */
export async function writeConfigurationFile(path: string, config: JsonObject): Promise<void> {
  const target = await targetOf(path);
  const replaced = await fileInfo(target);
  // A rename would put a file in its place, a device's included.
  if (replaced?.isFile === false) {
    throw new TypeError(`Cannot write "${path}": it is not a regular file`);
  }
  const temporary = join(dirname(target), `.${systemRandomness.identifier()}.tmp`);
  try {
    await writeThrough(temporary, JSON.stringify(config, null, 2) + "\n", replaced);
    await Deno.rename(temporary, target);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {}); // it may not be there
    throw error;
  }
}

async function writeThrough(
  path: string,
  text: string,
  replaced: Deno.FileInfo | undefined,
): Promise<void> {
  using file = await Deno.open(path, { write: true, createNew: true });
  if (replaced !== undefined) await takeOver(path, replaced);
  let rest = new TextEncoder().encode(text);
  while (rest.byteLength > 0) rest = rest.subarray(await file.write(rest));
  await file.sync(); // a rename that reaches the disk before the text would leave an empty file
}

/** Gives a file the owner and the permissions of the one that it is to replace. */
async function takeOver(path: string, { uid, gid, mode }: Deno.FileInfo): Promise<void> {
  const own = await Deno.stat(path);
  if (uid !== own.uid || gid !== own.gid) {
    try {
      await Deno.chown(path, uid, gid);
    } catch (error) {
      // Only root may give files away; for others it becomes theirs, as with editors that rename.
      if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
    }
  }
  // Last, as another owner takes bits away; and the mode of open is less what umask takes.
  if (mode !== null) await Deno.chmod(path, mode & PERMISSION_BITS);
}

async function fileInfo(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** The file that a path names in the end, be it there or not. */
async function targetOf(path: string): Promise<string> {
  let target = path;
  for (let links = 0; links < MAX_LINKS; links++) {
    try {
      if (!(await Deno.lstat(target)).isSymlink) return target;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return target;
      throw error;
    }
    target = resolve(dirname(target), await Deno.readLink(target));
  }
  throw new RangeError(`Cannot write "${path}": it has over ${MAX_LINKS} symbolic links`);
}
