/**
 * Sending the log to a syslog server, over UDP, TCP or a Unix socket.
 *
 * The `@logtape/syslog` package is not used: it needs LogTape 1, knows no Unix socket, and writes
 * RFC 5424. Here the header is the one that MetricQ programs in Python write, after RFC 3164, so that
 * what sorts their messages sorts these too.
 *
 * @module
 */

import { isIP, isIPv6 } from "node:net";
import type { LogLevel, LogRecord } from "@logtape/logtape";
import { describeError, oneLine } from "../error_text.ts";
import { type MonotonicClock, sleep, systemClock } from "../time/clock.ts";
import { lineFormatter } from "./log_format.ts";
import { hostName } from "./placeholders.ts";

/** Where a syslog server listens. */
export type SyslogAddress =
  | { readonly hostname: string; readonly port: number; readonly transport?: "tcp" }
  | { readonly path: string };

const DEFAULT_PORT = 514;

/**
 * Reads the address of a syslog server: `host`, `host:port`, `[IPv6 address]:port`, `tcp:` and one of
 * these, or the path of a Unix socket, which has a `/` in it; an empty text is `localhost:514`.
 *
 * @throws {SyntaxError} When the text is none of these.
 */
export function parseSyslogAddress(text: string): SyslogAddress {
  if (text === "") return { hostname: "localhost", port: DEFAULT_PORT };
  if (text.includes("/")) return { path: text };
  if (text.startsWith("tcp:")) {
    const address = parseSyslogAddress(text.slice("tcp:".length));
    if ("hostname" in address && !address.transport) return { ...address, transport: "tcp" };
  }
  const [, bracketed = "", name, portText] =
    /^(?:\[(.+)\]|([^:\s[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const hostname = isIPv6(bracketed) ? bracketed : name;
  const port = portText === undefined ? DEFAULT_PORT : Number(portText);
  if (hostname === undefined || port < 1 || port > 65535) {
    throw new SyntaxError(
      "[tcp:]HOST[:PORT], [tcp:][IPV6][:PORT] or the path of a Unix socket is required",
    );
  }
  return { hostname, port };
}

/** Something that carries encoded messages to a syslog server. */
export interface SyslogTransport {
  /** Sends one message; rejects when it is lost. */
  send(message: string): Promise<void>;
  /** Gives the connection up. */
  close(): void;
}

// More than this is only on its way when the server is stuck, and memory must not grow for it.
const MAX_WAITING = 1000;
const CLOSE_TIMEOUT_MS = 500;
// A datagram holds 65 507 bytes, and a character is at most three of them.
const MAX_MESSAGE_LENGTH = 8192;

/**
 * A log sink that hands messages to a syslog server in order. A server that is away or slow costs
 * messages, which are counted, but never time.
 */
export class SyslogSink {
  readonly #transport: SyslogTransport;
  readonly #clock: MonotonicClock;
  readonly #format: (record: LogRecord) => string;
  #tail: Promise<void> = Promise.resolve();
  #waiting = 0;
  #dropped = 0;
  #lastError: unknown;

  /** Makes a sink that sends under the name of a program. */
  constructor(transport: SyslogTransport, program: string, clock: MonotonicClock = systemClock) {
    this.#transport = transport;
    this.#clock = clock;
    this.#format = syslogFormatter(program);
  }

  /** How many messages were lost so far. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes a record. Returns at once and never throws. */
  write(record: LogRecord): void {
    if (this.#waiting >= MAX_WAITING) {
      this.#dropped++;
      return;
    }
    this.#waiting++;
    const message = this.#format(record);
    this.#tail = this.#tail
      .then(() => this.#transport.send(message))
      .catch((error) => {
        this.#dropped++;
        this.#lastError = error;
      })
      .finally(() => this.#waiting--);
  }

  /**
   * Waits a moment for messages on their way, then closes.
   *
   * @returns A sentence about the messages that were lost, if any were.
   */
  async close(): Promise<string | undefined> {
    const enough = new AbortController();
    await Promise.race([this.#tail, sleep(this.#clock, CLOSE_TIMEOUT_MS, enough.signal)]);
    enough.abort();
    const lost = this.#dropped + this.#waiting;
    this.#transport.close();
    if (lost === 0) return undefined;
    const reason = this.#lastError === undefined
      ? "the server is too slow"
      : describeError(this.#lastError);
    return `Lost ${lost} log message(s) on the way to syslog: ${reason}`;
  }
}

/**
 * Prepares to send to a syslog server. It may be away: that shows when messages are lost.
 *
 * @throws {TypeError} When Deno has no means to use the kind of socket, or a permission is missing;
 *   the message says what to give.
 */
export async function openSyslog(address: SyslogAddress): Promise<SyslogTransport> {
  if ("path" in address) return await openUnix(address.path);
  return address.transport === "tcp" ? await openTcp(address) : await openUdp(address);
}

async function openUdp(
  { hostname, port }: { hostname: string; port: number },
): Promise<SyslogTransport> {
  // Looking a name up needs permissions of its own, and this one always means the same.
  const host = hostname === "localhost" ? "127.0.0.1" : hostname;
  const ipVersion = isIP(host);
  // Deno asks the permission for the local end of a datagram socket as well, and a refusal would
  // surface as an uncaught error in node:dgram. Nor can the address of a name be known beforehand.
  if (ipVersion === 0) await requireNet();
  else if (ipVersion === 6) await requireNet(`[${host}]:${port}`, "[::]:0");
  else await requireNet(`${host}:${port}`, "0.0.0.0:0");

  // Deno.listenDatagram needs --unstable-net; node:dgram is the stable way to UDP.
  const { createSocket } = await import("node:dgram");
  const socket = createSocket(ipVersion === 6 ? "udp6" : "udp4");
  socket.on("error", () => {}); // Each send reports its own failure.
  return {
    send: (message) =>
      new Promise((resolve, reject) => {
        socket.send(message, port, host, (error) => error ? reject(error) : resolve());
      }),
    close: () => void socket.close(),
  };
}

async function openTcp(
  { hostname, port }: { hostname: string; port: number },
): Promise<SyslogTransport> {
  const host = hostname === "localhost" ? "127.0.0.1" : hostname;
  await requireNet(isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`);
  const stream = new MessageStream(() => Deno.connect({ hostname: host, port }), "\n");
  await stream.connect().catch(() => {}); // Away; perhaps not for long.
  return stream;
}

async function openUnix(path: string): Promise<SyslogTransport> {
  await requireNet(`unix:${path}`);
  const stream = new MessageStream(() => Deno.connect({ transport: "unix", path }), "\0");
  try {
    await stream.connect();
  } catch (error) {
    // EPROTOTYPE has no class and no code of its own in Deno.
    if (`${error}`.includes("wrong type for socket")) return await openUnixDatagrams(path);
    // Otherwise it is away; perhaps not for long.
  }
  return stream;
}

/** What Deno has with `--unstable-net` only, and its stable types do not know. */
interface UnixDatagramSocket {
  send(bytes: Uint8Array, to: UnixDatagramAddress): Promise<number>;
  close(): void;
}

interface UnixDatagramAddress {
  readonly transport: "unixpacket";
  readonly path: string;
}

// Such as /dev/log. Neither node:dgram nor Deno's stable interface has datagrams but over IP.
async function openUnixDatagrams(path: string): Promise<SyslogTransport> {
  const { listenDatagram } = Deno as unknown as {
    listenDatagram?: (own: UnixDatagramAddress) => UnixDatagramSocket;
  };
  if (listenDatagram === undefined) {
    throw new TypeError(
      `"${path}" is a datagram socket, for which Deno requires --unstable-net; or give HOST:PORT, or pipe the output into logger(1)`,
    );
  }
  let folder: string | undefined;
  try {
    // Deno sends from sockets with a path of their own only.
    folder = await Deno.makeTempDir({ prefix: "metricq-syslog-" });
    const socket = listenDatagram({ transport: "unixpacket", path: `${folder}/socket` });
    return unixDatagrams(socket, path, folder);
  } catch (error) {
    if (folder !== undefined) await Deno.remove(folder, { recursive: true });
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    throw new TypeError(
      `a permission is missing, --allow-read and --allow-write of "${path}" and of the folder for temporary files are required`,
      { cause: error },
    );
  }
}

function unixDatagrams(socket: UnixDatagramSocket, path: string, folder: string): SyslogTransport {
  return {
    async send(message) {
      await socket.send(new TextEncoder().encode(message), { transport: "unixpacket", path });
    },
    close() {
      socket.close();
      Deno.removeSync(folder, { recursive: true });
    },
  };
}

/** Messages over a connection that is made when there is something to send, and again after a loss. */
class MessageStream implements SyslogTransport {
  readonly #open: () => Promise<Deno.Conn>;
  readonly #end: string;
  #connection: Deno.Conn | undefined;

  /** `end` is what ends a message: RFC 6587 knows a line break for TCP, local sockets use NUL. */
  constructor(open: () => Promise<Deno.Conn>, end: string) {
    this.#open = open;
    this.#end = end;
  }

  async connect(): Promise<Deno.Conn> {
    return this.#connection ??= await this.#open();
  }

  async send(message: string): Promise<void> {
    try {
      let bytes = new TextEncoder().encode(`${message}${this.#end}`);
      const stream = await this.connect();
      while (bytes.length > 0) bytes = bytes.subarray(await stream.write(bytes));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  close(): void {
    this.#connection?.close();
    this.#connection = undefined;
  }
}

// Whoever asks for syslog may be asked for the permission in turn.
async function requireNet(...hosts: string[]): Promise<void> {
  const needs: Deno.NetPermissionDescriptor[] = hosts.length === 0
    ? [{ name: "net" }]
    : hosts.map((host) => ({ name: "net", host }));
  for (const need of needs) {
    const { state } = await Deno.permissions.request(need);
    if (state === "granted") continue;
    const flag = hosts.length === 0 ? "--allow-net" : `--allow-net=${hosts.join(",")}`;
    throw new TypeError(`a permission is missing, ${flag} is required`);
  }
}

// RFC 3164, 4.1.1: facility "user-level messages", and a severity for each level.
const FACILITY_USER = 1;
const SEVERITY: Record<LogLevel, number> = {
  fatal: 2,
  error: 3,
  warning: 4,
  info: 6,
  debug: 7,
  trace: 7,
};

function syslogFormatter(program: string): (record: LogRecord) => string {
  const host = hostName() ?? "localhost";
  const tag = `${program.replace(/[\s[\]:]/g, "_")}[${Deno.pid}]`;
  return lineFormatter({
    timestamp: "date-time",
    format: ({ timestamp, message, record }) => {
      const priority = FACILITY_USER * 8 + SEVERITY[record.level];
      const time = timestamp?.slice(0, "YYYY-MM-DD HH:MM:SS".length);
      const line = `<${priority}>${time} ${host} ${tag}: ${oneLine(message)}`;
      return line.slice(0, MAX_MESSAGE_LENGTH);
    },
  });
}
