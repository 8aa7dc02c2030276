/**
 * Whether a source comes back to the address that it was connected to, and then tries the others in turn,
 * at the pace that it should.
 *
 * @module
 */

import type { Transport } from "../../src/amqp/transport.ts";
import type { AgentEvent, ConnectionOfEvent } from "../../src/observe/events.ts";
import { ROUNDED_MS } from "./clock.ts";

type Connection = ConnectionOfEvent["connection"];

/** What an {@linkcode AddressWatch} is made with. */
export interface AddressWatchOptions {
  /** How many addresses there are for a connection. */
  readonly count: (connection: Connection) => number;
  readonly nowMs: () => number;
  readonly violate: (text: string) => void;
}

/** A connection that was open. */
interface Session {
  /** Where it was; one of those that were opened, of the first. */
  readonly host: string | undefined;
  readonly sinceMs: number;
}

interface Outage {
  readonly connection: Connection;
  readonly count: number;
  /** `undefined` if nothing is known of it. */
  readonly session: Session | undefined;
  readonly lastedMs: number;
  readonly tried: string[];
  /** When it began, or the last attempt did. */
  latestMs: number;
}

// What ends earlier counts as ended at once: another address is tried first.
const SHORT_SESSION_MS = 1000;
// Between attempts, of which a half at most is taken off.
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 800;
// What it has opened may be closed behind that, for up to 2 s.
const LONGEST_ATTEMPT_MS = 12_000;
// Between an event and what it tells of.
const TOLERANCE_MS = 100;

/** Looks at one run. */
export class AddressWatch {
  readonly #options: AddressWatchOptions;
  readonly #opened = new Set<string>();
  readonly #lost = new Set<Connection>();
  readonly #sessions = new Map<Connection, Session>();
  #isRunning = false;
  // The outage that all attempts belong to, if that is known.
  #outage: Outage | undefined;

  /** Nothing was opened yet. */
  constructor(options: AddressWatchOptions) {
    this.#options = options;
  }

  /** A transport that tells it of attempts, and is otherwise the same. */
  following(transport: Transport): Transport {
    return (address, tls, onOpen) => {
      this.#attempt(address.hostname);
      return transport(address, tls, () => {
        this.#opened.add(address.hostname);
        onOpen();
      });
    };
  }

  /** The next event. */
  note(event: AgentEvent): void {
    if (event.kind === "running") this.#begin();
    if (!("connection" in event)) return;
    if (event.kind === "connection-lost") this.#lose(event.connection);
    else this.#comeBack(event.connection);
  }

  #begin(): void {
    this.#isRunning = true;
    const first = { host: undefined, sinceMs: this.#options.nowMs() };
    for (const connection of ["management", "data"] as const) {
      if (!this.#lost.has(connection)) this.#sessions.set(connection, first);
    }
  }

  #lose(connection: Connection): void {
    const session = this.#sessions.get(connection);
    const lastedMs = this.#options.nowMs() - (session?.sinceMs ?? 0);
    this.#sessions.delete(connection);
    this.#lost.add(connection);
    // Where both are lost, or one is opened for the first time, an attempt may be that of the other.
    const isAlone = this.#isRunning && this.#lost.size === 1;
    const count = this.#options.count(connection);
    const latestMs = this.#options.nowMs();
    this.#outage = isAlone
      ? { connection, count, session, lastedMs, tried: [], latestMs }
      : undefined;
  }

  #comeBack(connection: Connection): void {
    const outage = this.#outage;
    const host = outage?.connection === connection ? outage.tried.at(-1) : undefined;
    this.#outage = undefined;
    this.#lost.delete(connection);
    if (host !== undefined) {
      this.#sessions.set(connection, { host, sinceMs: this.#options.nowMs() });
    }
  }

  #attempt(hostname: string): void {
    const outage = this.#outage;
    if (outage === undefined) return;
    this.#checkPace(outage);
    const { tried, count } = outage;
    if (tried.length === 0) this.#checkFirst(outage, hostname);
    else if (count > 1 && tried.slice(1 - count).includes(hostname)) {
      this.#options.violate(`${hostname} is tried again before each of ${count} addresses was`);
    }
    tried.push(hostname);
  }

  #checkFirst({ session, lastedMs, count }: Outage, hostname: string): void {
    const { violate } = this.#options;
    if (session === undefined || count === 1) return;
    const { host } = session;
    const isSame = host === undefined ? this.#opened.has(hostname) : host === hostname;
    if (lastedMs > SHORT_SESSION_MS + TOLERANCE_MS && !isSame) {
      violate(`an outage begins with ${hostname}, where it was not connected`);
    }
  }

  #checkPace(outage: Outage): void {
    const nowMs = this.#options.nowMs();
    const waitedMs = nowMs - outage.latestMs;
    outage.latestMs = nowMs;
    const leastMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** outage.tried.length) / 2;
    if (waitedMs >= leastMs - ROUNDED_MS && waitedMs <= LONGEST_ATTEMPT_MS + LONGEST_PAUSE_MS) {
      return;
    }
    this.#options.violate(`attempt ${outage.tried.length} in an outage comes after ${waitedMs} ms`);
  }
}
