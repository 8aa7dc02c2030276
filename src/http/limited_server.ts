/**
 * An HTTP server that gives nobody more of itself than a request needs: connections are few, and each
 * has so long for a request, for taking the answer, and for the next request.
 *
 * `Deno.serve` has no such limits: a connection that sends half a request stays as long as its peer
 * wants. Node's server, which Deno has too, closes it.
 *
 * @module
 */

import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import process from "node:process";
import type { Duplex } from "node:stream";
import { type Address, addressText, unbracketed } from "../address.ts";
import { clockOrSystem, type MonotonicClock, sleep } from "../time/clock.ts";
import { handshakeOf, refuseHandshake, ServerSocket, wantsWebSocket } from "./web_socket.ts";

/** What a server allows. */
export interface ServerLimits {
  /** How many connections there may be at once, WebSockets included. */
  readonly connections: number;
  /** How long the head of a request may take, from the connection on or from its first byte. */
  readonly headMs: number;
  /** How long a whole request may take. */
  readonly requestMs: number;
  /** How long a connection may wait for its next request. */
  readonly idleMs: number;
  /** How long a peer may take nothing of an answer that is waiting for it. */
  readonly answerMs: number;
  /** How many requests of a connection may wait for their answers. */
  readonly pipelined: number;
  /** The most bytes of a head. */
  readonly headBytes: number;
  /** The most bytes of a WebSocket's message. */
  readonly messageBytes: number;
}

/** The limits unless others are given. */
export const DEFAULT_LIMITS: ServerLimits = {
  connections: 200,
  headMs: 10_000,
  requestMs: 20_000,
  idleMs: 15_000,
  answerMs: 20_000,
  pipelined: 20,
  headBytes: 16 * 1024,
  messageBytes: 512 * 1024,
};

/** What takes a WebSocket, or why there is none. */
export type Accept = Response | ((socket: ServerSocket) => void);

/** Options of a {@linkcode LimitedServer}. */
export interface LimitedServerOptions extends Address {
  /** Answers a request, given the address that it came to. What it throws is told to `onError`. */
  readonly answer: (request: Request, address: Address) => Response | Promise<Response>;
  /**
   * Answers a request that wants a WebSocket: with a refusal, or with what takes the WebSocket.
   * @default {they are answered as others are}
   */
  readonly upgrade?: ((request: Request, address: Address) => Accept) | undefined;
  /** What is answered when `answer` has thrown. */
  readonly onError: (error: unknown) => Response;
  /**
   * The clock of WebSockets, and of answers.
   * @default {systemClock}
   */
  readonly clock?: MonotonicClock | undefined;
  /**
   * Other limits.
   * @default {DEFAULT_LIMITS}
   */
  readonly limits?: Partial<ServerLimits> | undefined;
}

/** How often connections are looked at that take too long, compared with the time they have. */
const CHECKS_PER_LIMIT = 10;

/** A server that listens until it is stopped. */
export class LimitedServer {
  readonly #server: Server;
  #address: Address;
  readonly #limits: ServerLimits;
  readonly #options: LimitedServerOptions;
  readonly #clock: MonotonicClock;
  /** How many requests of each wait for their answers. */
  readonly #connections = new Map<Duplex, number>();

  /** Settles when it listens; rejects if it cannot, such as where another program does. */
  readonly listening: Promise<void>;

  /**
   * Starts to listen, and waits until it does.
   *
   * @throws {Error} If it cannot: with the code `EADDRINUSE` if another program listens there.
   */
  static async start(options: LimitedServerOptions): Promise<LimitedServer> {
    const server = LimitedServer.begin(options);
    await server.listening;
    return server;
  }

  /** Starts to listen, which takes the next turn of the event loop: see `listening`. */
  static begin(options: LimitedServerOptions): LimitedServer {
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    // Loaded only where it is asked for: it makes a start noticeably longer.
    const { createServer } = process.getBuiltinModule("node:http");
    const server = createServer({
      headersTimeout: limits.headMs,
      requestTimeout: limits.requestMs,
      keepAliveTimeout: limits.idleMs,
      connectionsCheckingInterval: Math.min(limits.headMs, limits.requestMs) / CHECKS_PER_LIMIT,
      maxHeaderSize: limits.headBytes,
    });
    server.maxConnections = limits.connections;
    return new LimitedServer(server, limits, options);
  }

  private constructor(server: Server, limits: ServerLimits, options: LimitedServerOptions) {
    this.#server = server;
    this.#limits = limits;
    this.#options = options;
    this.#clock = clockOrSystem(options.clock);
    this.#address = options;
    server.on("connection", (socket) => {
      this.#connections.set(socket, 0);
      socket.on("close", () => this.#connections.delete(socket));
      socket.on("error", () => {}); // the peer's affair; it closes the connection
    });
    server.on("clientError", refuse);
    server.on("request", (request, response) => {
      if (this.#isOneMore(request.socket, response)) void this.#answer(request, response);
    });
    const { upgrade } = options;
    if (upgrade !== undefined) {
      server.on("upgrade", (incoming: IncomingMessage, stream: Duplex, head: Uint8Array) => {
        if (head.length > 0) stream.unshift(head);
        void this.#upgrade(incoming, stream, upgrade);
      });
    }
    this.listening = listen(server, options).then((address) => {
      this.#address = address;
    });
  }

  /** Where it listens. */
  get address(): Address {
    return this.#address;
  }

  /** Stops listening, and ends all connections but WebSockets, which their owners close. */
  async stop(): Promise<void> {
    const ended = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const connection of this.#connections.keys()) connection.destroy();
    await ended;
  }

  async #answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { onError } = this.#options;
    outgoing.on("error", () => {}); // the peer has gone while it was written to
    try {
      const request = requestOf(incoming, this.address);
      const response = request instanceof Response
        ? request
        : await this.#options.answer(request, this.address);
      await this.#send(incoming, outgoing, response);
    } catch (error) {
      // The peer has gone, or was sent away because it took too long.
      if (incoming.destroyed || outgoing.destroyed) return;
      if (outgoing.headersSent) outgoing.destroy();
      else await this.#send(incoming, outgoing, onError(error));
    }
  }

  async #send(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    response: Response,
  ): Promise<void> {
    // What is left of a request that was answered before its end is not read.
    if (!incoming.complete) outgoing.setHeader("connection", "close");
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    if (incoming.method === "HEAD") await response.body?.cancel();
    else {
      for await (const part of response.body ?? []) {
        if (outgoing.destroyed) return;
        if (!outgoing.write(part)) await drained(outgoing, this.#clock, this.#limits.answerMs);
      }
    }
    outgoing.end();
  }

  async #upgrade(
    incoming: IncomingMessage,
    stream: Duplex,
    upgrade: (request: Request, address: Address) => Accept,
  ): Promise<void> {
    // Its answer would come between those to earlier requests.
    if (this.#connections.get(stream) !== 0) return void stream.destroy();
    const answerWith = (response: Response) => this.#answerUpgrade(incoming, stream, response);
    let isUpgraded = false;
    try {
      const request = requestOf(incoming, this.address);
      if (request instanceof Response) return await answerWith(request);
      if (!wantsWebSocket(request)) {
        stream.on("end", () => stream.destroy()).resume(); // or the end of the peer is not seen
        return await answerWith(await this.#answerOffer(request));
      }
      const accept = upgrade(request, this.address);
      if (accept instanceof Response) return await answerWith(accept);
      const refusal = refuseHandshake(request);
      if (refusal !== undefined) return await answerWith(refusal);
      const handshake = await handshakeOf(request);
      this.#connections.delete(stream); // it is its owner's from now on
      stream.write(handshake);
      isUpgraded = true;
      const { messageBytes: maxMessageBytes } = this.#limits;
      accept(new ServerSocket(stream, { clock: this.#clock, maxMessageBytes }));
    } catch (error) {
      const response = this.#options.onError(error);
      if (isUpgraded) stream.destroy();
      else await answerWith(response);
    }
  }

  /** A client may offer another protocol, as `curl --http2` does, and goes on with this one. */
  async #answerOffer(request: Request): Promise<Response> {
    if (request.method === "GET" || request.method === "HEAD") {
      return await this.#options.answer(request, this.address);
    }
    // What follows the head is not read as its body any more.
    return new Response("An offer of another protocol goes with GET or HEAD", { status: 400 });
  }

  /** Answers a request that wanted an upgrade, and ends the connection. */
  async #answerUpgrade(
    incoming: IncomingMessage,
    stream: Duplex,
    response: Response,
  ): Promise<void> {
    if (stream.destroyed) return await response.body?.cancel();
    const { ServerResponse } = process.getBuiltinModule("node:http");
    const outgoing = new ServerResponse(incoming);
    outgoing.shouldKeepAlive = false;
    outgoing.assignSocket(stream as Socket); // as all of this server's streams are
    // The server has let go of the socket.
    stream.on("drain", () => outgoing.emit("drain"));
    outgoing.on("finish", () => stream.end(() => stream.destroy()));
    try {
      await this.#send(incoming, outgoing, response);
      if (!stream.destroyed) await drained(stream, this.#clock, this.#limits.answerMs);
    } catch {
      stream.destroy(); // so that the answer does not look whole
    }
  }

  /** Takes note of a request; ends its connection, and says so, if too many wait. */
  #isOneMore(connection: Duplex, response: ServerResponse): boolean {
    const waiting = this.#connections.get(connection);
    if (waiting === undefined || connection.destroyed) return false;
    if (waiting >= this.#limits.pipelined) {
      connection.destroy();
      return false;
    }
    this.#connections.set(connection, waiting + 1);
    response.once("close", () => {
      const left = this.#connections.get(connection);
      if (left !== undefined) this.#connections.set(connection, left - 1);
    });
    return true;
  }
}

async function listen(server: Server, { hostname, port }: Address): Promise<Address> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: unbracketed(hostname), port }, resolve);
  });
  const address = server.address();
  return typeof address === "object" && address !== null
    ? { hostname: address.address, port: address.port }
    : { hostname, port };
}

/** A request as the web has it, or why it is not one. */
function requestOf(incoming: IncomingMessage, address: Address): Request | Response {
  const { method = "GET", url = "/", headers } = incoming;
  if (incoming.httpVersionMajor !== 1) return new Response("HTTP/1 is required", { status: 400 });
  const target = URL.parse(url.startsWith("/") ? `http://${addressText(address)}${url}` : url);
  if (target === null) return new Response("A path is required", { status: 400 });
  try {
    const request = new Request(target, {
      method,
      ...method !== "GET" && method !== "HEAD" && { body: ReadableStream.from(incoming) },
    });
    for (const [name, value] of Object.entries(headers)) request.headers.set(name, String(value));
    return request;
  } catch {
    return new Response("This method or header is not supported", { status: 400 });
  }
}

/** Waits until a peer has taken what was written, has gone, or has taken too long. */
async function drained(
  outgoing: ServerResponse | Duplex,
  clock: MonotonicClock,
  limitMs: number,
): Promise<void> {
  const over = new AbortController();
  const done = () => over.abort();
  outgoing.on("drain", done);
  outgoing.on("close", done);
  await sleep(clock, limitMs, over.signal);
  if (!over.signal.aborted) outgoing.destroy();
  outgoing.off("drain", done);
  outgoing.off("close", done);
}

/** Answers what is not HTTP, or takes too long. */
function refuse({ code = "" }: Error & { code?: string }, stream: Duplex): void {
  const status = code === "ERR_HTTP_REQUEST_TIMEOUT"
    ? "408 Request Timeout"
    : code === "HPE_HEADER_OVERFLOW"
    ? "431 Request Header Fields Too Large"
    : "400 Bad Request";
  if (!stream.writable) stream.destroy();
  else stream.end(`HTTP/1.1 ${status}\r\nconnection: close\r\n\r\n`, () => stream.destroy());
}
