/**
 * Folders for the files of tests.
 *
 * @module
 */

/** What tests of spools need. */
export const NEEDS: readonly Deno.PermissionDescriptor[] = [{ name: "read" }, { name: "write" }];

/** A folder that is removed at the end of the test. */
export class SpoolFolder implements AsyncDisposable {
  /** Where a spool can be made. */
  readonly file: string;
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.file = `${folder}/spool.db`;
  }

  /** Makes a folder. */
  static async make(): Promise<SpoolFolder> {
    return new SpoolFolder(await Deno.makeTempDir({ prefix: "metricq-spool-" }));
  }

  /** Removes the folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#folder, { recursive: true });
  }
}
