/**
 * A stand-in for the JSR registry: it serves this package as it would be after publishing.
 *
 * @module
 */

const ROOT = new URL("../../", import.meta.url);

interface PackageConfig {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly imports: Readonly<Record<string, string>>;
}

/** A running registry. */
export class Registry implements AsyncDisposable {
  /** The package's `deno.json`. */
  readonly config: PackageConfig;
  /** The files of the package that were asked for. */
  readonly asked = new Set<string>();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

  private constructor(config: PackageConfig, files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>) {
    this.config = config;
    this.#files = files;
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      ({ url }) => this.#answer(new URL(url).pathname),
    );
  }

  /** Starts a registry on loopback with the files that `deno publish` would send now. */
  static async start(): Promise<Registry> {
    const config: PackageConfig = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
    const files = new Map<string, Uint8Array<ArrayBuffer>>();
    for (const path of await publishedFiles()) {
      const bytes = await Deno.readFile(new URL(path, ROOT));
      files.set(`/${path}`, path.endsWith(".ts") ? applyImportMap(bytes, config.imports) : bytes);
    }
    return new Registry(config, files);
  }

  /** What `JSR_URL` has to be. */
  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}/`;
  }

  /** Stops serving. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #answer(path: string): Promise<Response> {
    const { name, version, exports } = this.config;
    switch (path) {
      case `/${name}/meta.json`:
        return Response.json({ latest: version, versions: { [version]: {} } });
      case `/${name}/${version}_meta.json`:
        return Response.json({ exports, manifest: await this.#manifest() });
    }
    const folder = `/${name}/${version}`;
    const file = path.startsWith(folder) ? this.#files.get(path.slice(folder.length)) : undefined;
    if (file) this.asked.add(path.slice(folder.length));
    return file ? new Response(file) : new Response("not found", { status: 404 });
  }

  async #manifest(): Promise<Record<string, unknown>> {
    const entries = [...this.#files].map(async ([path, bytes]) => {
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
      return [path, { size: bytes.length, checksum: `sha256-${digest.toHex()}` }] as const;
    });
    return Object.fromEntries(await Promise.all(entries));
  }
}

/** The paths, from the root of the project, of what would be published. */
export async function publishedFiles(): Promise<string[]> {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["publish", "--dry-run", "--allow-dirty", "--no-check"],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  const paths = text.matchAll(/^ +file:\/\/(\S+) \(/gm);
  const root = ROOT.pathname;
  return [...paths].map(([, path = ""]) => decodeURI(path).slice(root.length));
}

/** Writes the packages' addresses in the place of their names, as publishing does. */
function applyImportMap(
  bytes: Uint8Array,
  imports: PackageConfig["imports"],
): Uint8Array<ArrayBuffer> {
  const text = new TextDecoder().decode(bytes);
  // Not in the examples of comments, which stand behind an asterisk.
  const rewritten = text.replaceAll(
    /^(?!\s*\*)(.*?(?:from|import)\s*\(?\s*")([^"./][^":]*)(?=")/gm,
    (whole, before: string, specifier: string) => {
      const name = Object.keys(imports).find((name) =>
        specifier === name || specifier.startsWith(`${name}/`)
      );
      if (name === undefined) return whole;
      return `${before}${imports[name]}${specifier.slice(name.length)}`;
    },
  );
  return new TextEncoder().encode(rewritten);
}
