/**
 * A stand-in for what JSR's registry for npm delivers: this package as JavaScript, installed with
 * what it depends on.
 *
 * @module
 */

import config from "../../deno.json" with { type: "json" };

const ROOT = new URL("../../", import.meta.url).pathname;

/** A folder in which programs can import the package by its name. */
export class NpmProject implements AsyncDisposable {
  /** The folder. */
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Makes a folder with nothing in it but the package. */
  static async make(): Promise<NpmProject> {
    const project = new NpmProject(await Deno.makeTempDir());
    try {
      await project.#install();
      return project;
    } catch (error) {
      await project[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #install(): Promise<void> {
    const archive = `${this.path}/package.tgz`;
    const folder = `${this.path}/node_modules/${config.name}`;
    // Without the types, which cost half of the time: no runtime reads them.
    await run(ROOT, Deno.execPath(), "pack", "--allow-dirty", "--allow-slow-types", "-o", archive);
    await run(this.path, "mkdir", "-p", folder);
    await run(this.path, "tar", "-xzf", archive, "-C", folder, "--strip-components=1");
    // JSR delivers the JSON modules that are imported, which `deno pack` forgets.
    await Deno.copyFile(`${ROOT}/deno.json`, `${folder}/deno.json`);

    const { dependencies } = JSON.parse(await Deno.readTextFile(`${folder}/package.json`));
    await Deno.writeTextFile(
      `${this.path}/package.json`,
      JSON.stringify({ type: "module", dependencies: exactly(dependencies) }),
    );
    // Not npm's: it would download what Deno has in its cache.
    await run(this.path, Deno.execPath(), "install");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

/** The versions that deno.json names, which `deno pack` has made ranges of, as JSR does not. */
function exactly(dependencies: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(dependencies).map(([name, range]) => [name, range.replace(/^\^/, "")]),
  );
}

async function run(cwd: string, program: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args, cwd }).output();
  if (!success) {
    throw new Error(`Cannot run ${program} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  }
}
