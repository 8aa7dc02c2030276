/**
 * A server that answers whatever it is asked with the same bytes, for tests.
 *
 * @module
 */

/** A server on loopback; it closes each connection behind its answer. */
export class RudeServer implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #serving: Promise<void>;

  /** Begins to listen. */
  constructor(answer: string) {
    this.#serving = this.#serve(new TextEncoder().encode(answer));
  }

  /** Its `HOST:PORT`. */
  get host(): string {
    return `127.0.0.1:${this.#listener.addr.port}`;
  }

  /** Stops. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#serving;
  }

  async #serve(answer: Uint8Array): Promise<void> {
    for await (const connection of this.#listener) {
      try {
        await connection.read(new Uint8Array(4096));
        if (answer.length > 0) await connection.write(answer);
      } finally {
        connection.close();
      }
    }
  }
}
