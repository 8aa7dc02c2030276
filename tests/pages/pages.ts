/**
 * The pages that people read: every Markdown file, and the documentation at the head of every module
 * that `deno.json` exports.
 *
 * @module
 */

import { dirname } from "node:path/posix";
import config from "../../deno.json" with { type: "json" };

/** The folder of the project. */
export const ROOT: URL = new URL("../../", import.meta.url);

/** Something to read. */
export interface Page {
  /** Its file, from the root of the project. */
  readonly path: string;
  /** Its text in Markdown; of a module, that of its head without asterisks. */
  readonly text: string;
}

// Folders that hold what others have written, or what tests have made.
const NOT_OURS = ["node_modules", "coverage", "results"];

/** All pages; none where reading is not permitted, so that tests can be named without it. */
export async function readPages(): Promise<readonly Page[]> {
  if (Deno.permissions.querySync({ name: "read", path: ROOT }).state !== "granted") return [];
  const doors = Object.values(config.exports).map((path) => path.replace("./", ""));
  return await Promise.all([
    ...(await markdownFiles("")).map(async (path) => ({ path, text: await readText(path) })),
    ...doors.map(async (path) => ({ path, text: headOf(await readText(path)) })),
  ]);
}

/** The text of a file of the project. */
export async function readText(path: string): Promise<string> {
  return await Deno.readTextFile(new URL(path, ROOT));
}

/** The blocks of a language between fences. */
export function blocksOf({ text }: Page, language: string): string[] {
  const blocks = text.matchAll(new RegExp(`^\`\`\`${language}\\b.*\n([^]*?)^\`\`\`$`, "gm"));
  return [...blocks].map(([, block = ""]) => block);
}

/** A page without what is between fences. */
export function proseOf({ text }: Page): string {
  return text.replaceAll(/^```[^]*?^```$/gm, "");
}

/** The targets of the links and pictures of a page. */
export function linksOf(page: Page): string[] {
  return [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
}

/** What can stand behind `#` in a link to a page: GitHub makes it from the headings. */
export function anchorsOf(page: Page): string[] {
  return [...proseOf(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading.toLowerCase().replaceAll(/[^\w -]/g, "").replaceAll(" ", "-")
  );
}

/** The path, from the root of the project, of a file that a page names. */
export function resolvePath(page: Page, target: string): string {
  return new URL(target, new URL(`${dirname(page.path)}/`, ROOT)).href.slice(ROOT.href.length);
}

async function markdownFiles(folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory, isFile } of Deno.readDir(new URL(folder, ROOT))) {
    if (name.startsWith(".") || NOT_OURS.includes(name)) continue;
    if (isDirectory) files.push(...await markdownFiles(`${folder}${name}/`));
    else if (isFile && name.endsWith(".md")) files.push(`${folder}${name}`);
  }
  return files.sort();
}

function headOf(source: string): string {
  const [, head = ""] = /^(?:#!.*\n)?\/\*\*\n([^]*?)\n \*\/$/m.exec(source) ?? [];
  return head.replaceAll(/^ \* ?/gm, "");
}
