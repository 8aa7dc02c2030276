/**
 * An authority of the test's own, and certificates that it has signed, by openssl.
 *
 * @module
 */

/** A folder of PEM files, removed when it is disposed of. */
export class Certificates implements AsyncDisposable {
  /** Where the files are: `ca.pem`, `server.pem`, `server.key`, `client.pem`, `client.key`. */
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes an authority, a server's certificate for localhost, and a client's. */
  static async make(): Promise<Certificates> {
    const made = new Certificates(await Deno.makeTempDir({ prefix: "metricq-tls-" }));
    await made.#openssl(
      ..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2".split(" "),
      ..."-subj /CN=MetricQ-test-authority -keyout ca.key -out ca.pem".split(" "),
    );
    for (const name of ["server", "client"]) {
      await Deno.writeTextFile(
        `${made.folder}/${name}.ext`,
        `subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=${name}Auth\n`,
      );
      await made.#openssl(
        ..."req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj".split(" "),
        `/CN=${name}`,
        ...`-keyout ${name}.key -out ${name}.csr`.split(" "),
      );
      await made.#openssl(
        ...`x509 -req -days 2 -in ${name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial`.split(" "),
        ...`-extfile ${name}.ext -out ${name}.pem`.split(" "),
      );
    }
    return made;
  }

  /** The path of a file. */
  path(file: string): string {
    return `${this.folder}/${file}`;
  }

  /** The text of a file. */
  async text(file: string): Promise<string> {
    return await Deno.readTextFile(this.path(file));
  }

  /** Removes the files. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }

  async #openssl(...args: string[]): Promise<void> {
    const { success, stderr } = await new Deno.Command("openssl", { args, cwd: this.folder })
      .output();
    if (!success) throw new Error(`Cannot make certificate: ${new TextDecoder().decode(stderr)}`);
  }
}
