/**
 * An HTTP server that plays a device, for tests.
 *
 * @module
 */

/** A server on loopback whose answers a test sets. */
export class DeviceServer implements AsyncDisposable {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #stopping = new AbortController();
  /** Answers a request; `undefined`: never. */
  answer: (request: Request) => Response | Promise<Response> | undefined = () => new Response("{}");

  /** Begins to listen, on a free port unless one is given. */
  constructor(port = 0) {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port, onListen: () => {}, signal: this.#stopping.signal },
      (request) => this.answer(request) ?? this.#silence(),
    );
  }

  /** Where it is, without a slash at the end. */
  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /** Stops, whatever is still asked. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await this.#server.finished;
  }

  #silence(): Promise<Response> {
    return new Promise((resolve) =>
      this.#stopping.signal.addEventListener("abort", () => resolve(new Response()))
    );
  }
}
