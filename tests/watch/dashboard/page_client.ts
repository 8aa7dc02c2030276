/**
 * The dashboard's client of a page, without a browser.
 *
 * @module
 */

/**
 * Sends a request with exactly these headers: `fetch` sets some of its own, and hides others.
 *
 * @returns The status, the headers with their names in lower case, and the body.
 */
export async function rawRequest(
  port: number,
  { method = "GET", path = "/", headers = {}, body = "" }: {
    method?: string;
    path?: string;
    headers?: Record<string, string>;
    body?: string;
  },
): Promise<{ status: number; headers: Map<string, string>; body: string }> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const all = {
    host: `127.0.0.1:${port}`,
    connection: "close",
    ...body && { "content-length": `${new TextEncoder().encode(body).length}` },
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  await connection.write(
    new TextEncoder().encode(`${method} ${path} HTTP/1.1\r\n${lines}\r\n${body}`),
  );
  const text = await new Response(connection.readable).text();
  const [head = "", ...rest] = text.split("\r\n\r\n");
  const [statusLine = "", ...fields] = head.split("\r\n");
  return {
    status: Number(statusLine.split(" ")[1]),
    headers: new Map(fields.map((field) => {
      const [name = "", ...value] = field.split(": ");
      return [name.toLowerCase(), value.join(": ")];
    })),
    body: rest.join("\r\n\r\n"),
  };
}

// Deno takes headers. The DOM's types, which the page's scripts bring into a check of all, do not.
const WebSocketWithHeaders = WebSocket as unknown as new (
  url: string,
  options: { headers: Record<string, string> },
) => WebSocket;

/** A WebSocket to the dashboard that reads one message after the other. */
export class PageSocket implements AsyncDisposable {
  readonly #socket: WebSocket;
  readonly #messages: (string | ArrayBuffer)[] = [];
  readonly #closed = Promise.withResolvers<CloseEvent>();
  #arrived = Promise.withResolvers<void>();

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => {
      this.#messages.push(data);
      this.#arrived.resolve();
    };
    socket.onclose = (event) => this.#closed.resolve(event);
  }

  /** Opens one as the page at `url` does. */
  static async open(url: string): Promise<PageSocket> {
    const { host, origin } = new URL(url);
    const socket = new WebSocketWithHeaders(`ws://${host}/live`, { headers: { origin } });
    const page = new PageSocket(socket);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = reject;
    });
    return page;
  }

  send(message: object | string): void {
    this.#socket.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  /** How many messages have arrived and are unread. */
  get unread(): number {
    return this.#messages.length;
  }

  async read(): Promise<string | ArrayBuffer> {
    while (this.#messages.length === 0) {
      this.#arrived = Promise.withResolvers();
      await this.#arrived.promise;
    }
    return this.#messages.shift() ?? "";
  }

  /** The code and reason with which the dashboard closes the socket. */
  closed(): Promise<CloseEvent> {
    return this.#closed.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await this.#closed.promise;
  }
}
