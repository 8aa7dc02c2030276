/**
 * A stand-in for CouchDB, for tests: PouchDB's server, whose revisions, conflicts and lists are those
 * of CouchDB.
 *
 * @module
 */

import { LineProgram } from "../peers/line_program.ts";
import { freePort } from "../peers/process.ts";

const PACKAGE = "npm:pouchdb-server@4.2.0";

/** A running server, which keeps everything in memory, or in a folder. */
export class PouchDb implements AsyncDisposable {
  readonly url: string;
  readonly #program: LineProgram;
  readonly #folder: string;

  private constructor(url: string, program: LineProgram, folder: string) {
    this.url = url;
    this.#program = program;
    this.#folder = folder;
  }

  /** Starts it, and makes its databases. */
  static async start(...databases: string[]): Promise<PouchDb> {
    const port = freePort();
    const folder = await Deno.makeTempDir(); // it writes a log and its settings where it is started
    const program = LineProgram.start(
      Deno.execPath(),
      ["run", "-A", "--no-lock", PACKAGE, "-p", `${port}`, "-o", "127.0.0.1", "-m"],
      undefined,
      { cwd: folder },
    );
    const server = new PouchDb(`http://127.0.0.1:${port}/`, program, folder);
    await program.until(/has started/);
    for (const name of databases) await server.put(name);
    return server;
  }

  /** What is there, as JSON; `undefined` if nothing is. */
  async get(path: string): Promise<Record<string, unknown> | undefined> {
    const response = await fetch(this.url + path, { headers: { accept: "application/json" } });
    const body = await response.json();
    return response.ok ? body : undefined;
  }

  /** Puts a document, or makes a database. */
  async put(path: string, document?: object): Promise<void> {
    const response = await fetch(this.url + path, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: document === undefined ? null : JSON.stringify(document),
    });
    if (!response.ok) throw new Error(`Cannot put ${path}: ${await response.text()}`);
    await response.body?.cancel();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
    await Deno.remove(this.#folder, { recursive: true });
  }
}
