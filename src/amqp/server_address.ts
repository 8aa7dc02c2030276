/**
 * Where a broker is and how to log in there. The password is held so that no print, log line, error
 * message or `Deno.inspect` can show it.
 *
 * @module
 */

import { unbracketed } from "../address.ts";
import { ConnectFailed } from "../errors.ts";
import { logger } from "../log.ts";
import type { Credentials } from "./credentials.ts";

/** Files that a TLS connection needs, as the address names them. */
export interface TlsFiles {
  /** File with the certificates of the authorities to trust, PEM. */
  readonly caFile?: string;
  /** File with the client's certificate, PEM. */
  readonly certFile?: string;
  /** File with the client's private key, PEM. */
  readonly keyFile?: string;
}

/** Seconds between heartbeats if the address does not say otherwise. */
export const DEFAULT_HEARTBEAT_SECONDS = 10;

const VHOST_PREFIX = "vhost:";
const MAX_SHOWN_CHARACTERS = 200;

// The spelling of RabbitMQ's URI parameters first, then those that the reference's library reads.
const CA_FILE = ["cacertfile", "cafile"];
const ALLOW_PLAIN_DATA = "allow_plain_data";
const KNOWN_PARAMETERS = [...CA_FILE, "certfile", "keyfile", "heartbeat", ALLOW_PLAIN_DATA];

/** The address of an AMQP broker: `amqp[s]://[user:password@]host[:port][/vhost][?parameters]`. */
export class ServerAddress {
  readonly #url: URL;

  private constructor(url: URL) {
    this.#url = url;
  }

  /**
   * Reads an address.
   *
   * @throws {SyntaxError} If the text is not an `amqp:` or `amqps:` URL, or one that may be read in two
   * ways, of which one shows a part of the password.
   * @throws {RangeError} If a parameter has a value that it cannot have.
   */
  static parse(text: string | URL): ServerAddress {
    const address = ServerAddress.#checked(parseUrl(String(text)));
    for (const name of address.#url.searchParams.keys()) {
      if (!KNOWN_PARAMETERS.includes(name)) {
        logger("amqp").warn('Ignoring parameter "{name}" of {address}: known are {known}', {
          name,
          address: address.toString(),
          known: KNOWN_PARAMETERS.join(", "),
        });
      }
    }
    return address;
  }

  // Reading every part refuses bad values now rather than at the first reconnect.
  static #checked(url: URL): ServerAddress {
    const address = new ServerAddress(url);
    void [address.vhost, address.username, address.password];
    void [address.heartbeatSeconds, address.allowsPlainData];
    return address;
  }

  /**
   * The address that a manager's answer means, seen from this (the management) address:
   * `vhost:name` is another virtual host of the same broker; a URL gets this address's user,
   * password, and those of its parameters that the URL does not set.
   *
   * @throws {SyntaxError} If the text is neither.
   * @throws {ConnectFailed} If it would take away the encryption that this address has, and this address
   * does not allow that.
   */
  derive(text: string): ServerAddress {
    if (text.startsWith(VHOST_PREFIX)) {
      const url = new URL(this.#url);
      const name = text.slice(VHOST_PREFIX.length).replace(/^\//, "");
      // JSON can carry half of a surrogate pair, which cannot be encoded.
      url.pathname = `/${encodeURIComponent(name.toWellFormed())}`;
      return ServerAddress.#checked(url);
    }
    const url = parseUrl(text);
    url.username = this.#url.username;
    url.password = this.#url.password;
    for (const [name, value] of this.#url.searchParams) {
      if (!url.searchParams.has(name)) url.searchParams.set(name, value);
    }
    const derived = ServerAddress.#checked(url);
    if (this.tls && !derived.tls && !this.allowsPlainData) {
      throw new ConnectFailed(
        `Cannot connect to ${derived}: the manager names an address without TLS, and the management network has it; amqps: or vhost: is required, or the parameter ${ALLOW_PLAIN_DATA}=true of the server URL`,
      );
    }
    return derived;
  }

  /** The same address for another user. */
  withCredentials({ username, password }: Credentials): ServerAddress {
    const url = new URL(this.#url);
    url.username = encodeURIComponent(username);
    url.password = encodeURIComponent(password);
    return ServerAddress.#checked(url);
  }

  /** Whether the connection is encrypted (`amqps:`). */
  get tls(): boolean {
    return this.#url.protocol === "amqps:";
  }

  /** Host name or IP address, an IPv6 address without its brackets. */
  get hostname(): string {
    return unbracketed(this.#url.hostname);
  }

  /** TCP port; 5672, or 5671 with TLS, unless the address says otherwise. */
  get port(): number {
    return Number(this.#url.port) || (this.tls ? 5671 : 5672);
  }

  /** Virtual host, `"/"` unless the address says otherwise. */
  get vhost(): string {
    return decode(this.#url.pathname.slice(1), "virtual host") || "/";
  }

  /** User name, `"guest"` unless the address says otherwise. */
  get username(): string {
    return decode(this.#url.username, "user name") || "guest";
  }

  /** Password, `"guest"` unless the address says otherwise. */
  get password(): string {
    return decode(this.#url.password, "password") || "guest";
  }

  /** Seconds between heartbeats, parameter `heartbeat`; 0 switches them off. */
  get heartbeatSeconds(): number {
    const text = this.#url.searchParams.get("heartbeat");
    if (text === null) return DEFAULT_HEARTBEAT_SECONDS;
    const seconds = Number(text);
    if (text === "" || !Number.isInteger(seconds) || seconds < 0 || seconds > 0xffff) {
      throw new RangeError(
        `Cannot use server URL: heartbeat "${text}" is given, a whole number of seconds from 0 to 65535 is required`,
      );
    }
    return seconds;
  }

  /**
   * Whether the data network may do without TLS although this address has it: parameter
   * `allow_plain_data`.
   */
  get allowsPlainData(): boolean {
    const text = this.#url.searchParams.get(ALLOW_PLAIN_DATA) ?? "false";
    if (text === "true" || text === "false") return text === "true";
    throw new RangeError(
      `Cannot use server URL: ${ALLOW_PLAIN_DATA} "${text}" is given, true or false is required`,
    );
  }

  /** The files named by the parameters `cacertfile`, `certfile` and `keyfile`. */
  get tlsFiles(): TlsFiles {
    const parameters = this.#url.searchParams;
    const caFile = CA_FILE.map((name) => parameters.get(name)).find((file) => file !== null);
    const certFile = parameters.get("certfile");
    const keyFile = parameters.get("keyfile");
    return {
      ...caFile && { caFile },
      ...certFile && { certFile },
      ...keyFile && { keyFile },
    };
  }

  /** The address with the password replaced by asterisks. */
  toString(): string {
    return redact(this.#url);
  }

  /** The same as {@linkcode ServerAddress.toString}, so that JSON shows no password either. */
  toJSON(): string {
    return this.toString();
  }

  /** What `Deno.inspect` and `console.log` show: the address without its password. */
  [Symbol.for("Deno.customInspect")](): string {
    return `ServerAddress(${this})`;
  }
}

function redact(url: URL): string {
  const shown = new URL(url);
  if (shown.password) shown.password = "******";
  for (const name of url.searchParams.keys()) {
    if (!KNOWN_PARAMETERS.includes(name)) shown.searchParams.set(name, "******");
  }
  return shown.href;
}

function parseUrl(text: string): URL {
  const [, behindAuthority] = /^amqps?:\/\/[^/?#]*([^]*)$/i.exec(text) ?? [];
  if (behindAuthority === undefined || !URL.canParse(text)) throw unreadable(text);
  const url = new URL(text);
  // A password with a /, ? or # in it ends the authority, and the rest of it would be shown as a path,
  // a parameter or a fragment.
  const isAmbiguous = behindAuthority.includes("@") || url.hash !== "" ||
    url.search.slice(1).split("&").some((part) => part !== "" && !part.includes("="));
  if (isAmbiguous) throw unreadable(text);
  if (url.hostname === "") url.hostname = "localhost";
  return url;
}

function unreadable(text: string): SyntaxError {
  const [scheme = ""] = /^[a-z]+:\/\//i.exec(text) ?? [];
  const rest = text.slice(scheme.length);
  // Without a host, or with one at the wrong place, anything behind the scheme may be the password.
  const isHidden = /[:@?#]/.test(rest);
  const shown = scheme + (isHidden ? "******" : rest.slice(0, MAX_SHOWN_CHARACTERS));
  const hint = isHidden
    ? '; within user, password and virtual host "@" is written as %40, ":" as %3A, "/" as %2F, "?" as %3F and "#" as %23'
    : "";
  return new SyntaxError(
    `Cannot use server URL: "${shown}" is given, amqp://[user:password@]host[:port][/vhost] or amqps://… is required${hint}`,
  );
}

function decode(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // The text itself may be the password and is not shown.
    throw new SyntaxError(
      `Cannot use server URL: its ${what} holds a "%" that does not begin percent-encoded UTF-8, write it as "%25"`,
    );
  }
}
