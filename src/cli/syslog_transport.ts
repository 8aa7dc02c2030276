/**
 * The ways to a syslog server: UDP, TCP, and Unix sockets of both kinds.
 *
 * @module
 */

import { isIP } from "node:net";
import { addressText } from "../address.ts";
import type { SyslogAddress } from "./syslog_address.ts";

/** Something that carries encoded messages to a syslog server. */
export interface SyslogTransport {
  /** Sends one message; rejects if it is lost. */
  send(message: string): Promise<void>;
  /** Closes the connection. */
  close(): void;
}

/**
 * Prepares to send to a syslog server. The server may be away: messages are lost then.
 *
 * @throws {TypeError} If Deno cannot use that kind of socket, or a permission is missing; the message
 * names the flag.
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
  else {
    const remote = addressText({ hostname: host, port });
    await requireNet(remote, ipVersion === 6 ? "[::]:0" : "0.0.0.0:0");
  }

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
  await requireNet(addressText({ hostname: host, port }));
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

/** Deno has it with `--unstable-net` only; its stable types lack it. */
interface UnixDatagramSocket {
  send(bytes: Uint8Array, to: UnixDatagramAddress): Promise<number>;
  close(): void;
}

interface UnixDatagramAddress {
  readonly transport: "unixpacket";
  readonly path: string;
}

// Such as /dev/log. node:dgram and Deno's stable interface have datagrams over IP only.
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

// --syslog was given on purpose, so a prompt for its permission is in order.
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
