/**
 * A pair of sockets of this process's own, which brings Deno to look at all its sockets.
 *
 * @module
 */

import { clearTimeout, setTimeout } from "node:timers";

const HOSTNAME = "127.0.0.1";
// Other programs may connect first, until the listener is closed; more than one is already a wonder.
const MOST_STRANGERS = 8;
// Opening takes a millisecond, and a byte some microseconds; more where the processors are busy. What a
// firewall swallows never comes.
const OPENING_LIMIT_MS = 2000;
const BYTE_LIMIT_MS = 200;
const BYTE = new Uint8Array(1);

/** What is written to the first is read from the second. */
export type Pair = readonly [Deno.TcpConn, Deno.TcpConn];

/**
 * Two sockets that are connected to each other. A byte that is written to one and read from the other
 * comes by way of the poller, which finds on the same occasion what all other sockets have. That takes
 * 10 µs; without it Deno looks at its sockets once in 61 turns of its event loop, after 40 to 60 µs.
 *
 * It keeps no program alive, but for the moment of a look, and never throws: a pair that cannot be
 * opened, or breaks, does not look any more.
 */
export class LoopbackPair implements AsyncDisposable {
  readonly #closing = new AbortController();
  readonly #ended: Promise<void>;
  #sender: Deno.TcpConn | undefined;
  #receiver: Deno.TcpConn | undefined;
  #onLook: (() => void) | undefined;
  #looks = 0;
  #watch: ReturnType<typeof setTimeout> | undefined;

  /**
   * Begins to open a pair, if that is permitted; nobody is asked for the permission.
   *
   * @param connect How; tests put what breaks in its place.
   */
  constructor(connect: (signal: AbortSignal) => Promise<Pair> = connectPair) {
    this.#ended = isPermitted() ? this.#run(connect) : Promise.resolve();
  }

  /**
   * Calls `onLook` when the event loop has looked at its sockets, before the turn in which it does
   * what it has found. One look at a time.
   *
   * @returns Whether it will: `false` while the pair is being opened, and when it is broken.
   */
  look(onLook: () => void): boolean {
    if (this.#sender === undefined || this.#receiver === undefined) return false;
    this.#looks++;
    this.#onLook = onLook;
    this.#receiver.ref();
    this.#sender.write(BYTE).catch(this.#break);
    this.#watch ??= this.#startWatch();
    return true;
  }

  /** Closes the pair, also one that is being opened; a look that is under way ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#receiver?.ref(); // whose reading ends now, and is waited for
    this.#break();
    await this.#ended;
  }

  async #run(connect: (signal: AbortSignal) => Promise<Pair>): Promise<void> {
    try {
      const [sender, receiver] = await connect(this.#closing.signal);
      receiver.unref();
      this.#sender = sender;
      this.#receiver = receiver;
      if (this.#closing.signal.aborted) return this.#break(); // while it was accepted
      const bytes = new Uint8Array(8);
      while (await receiver.read(bytes) !== null) {
        receiver.unref();
        this.#endLook();
      }
    } catch {
      // It could not be opened, or was closed: either way there are no looks.
    }
    this.#break();
  }

  #endLook(): void {
    const onLook = this.#onLook;
    this.#onLook = undefined;
    onLook?.();
  }

  readonly #break = (): void => {
    this.#closing.abort();
    clearTimeout(this.#watch);
    close(this.#sender);
    close(this.#receiver);
    this.#sender = this.#receiver = undefined;
    this.#endLook();
  };

  // One timer for many looks: setting one for each would cost a fifth of what a look does.
  #startWatch(missing?: number): ReturnType<typeof setTimeout> {
    return setTimeout(() => {
      this.#watch = undefined;
      if (this.#onLook === undefined) return;
      if (this.#looks === missing) this.#break();
      else this.#watch = this.#startWatch(this.#looks);
    }, BYTE_LIMIT_MS).unref();
  }
}

function isPermitted(): boolean {
  if (globalThis.Deno === undefined) return false; // in other runtimes each turn looks at the sockets
  return Deno.permissions.querySync({ name: "net", host: HOSTNAME }).state === "granted";
}

/**
 * Connects two sockets, and closes the listener at once.
 *
 * @throws {Error} If that fails, is aborted, or takes longer than it may.
 */
export async function connectPair(
  signal: AbortSignal,
  listener: Deno.TcpListener = Deno.listen({ hostname: HOSTNAME, port: 0 }),
): Promise<Pair> {
  using _ = listener;
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), OPENING_LIMIT_MS);
  const sender = await Deno.connect({
    hostname: HOSTNAME,
    port: listener.addr.port,
    signal: AbortSignal.any([signal, patience.signal]),
    autoSelectFamily: false,
  }).finally(() => clearTimeout(timer));
  try {
    sender.setNoDelay(true);
    return [sender, await acceptFrom(listener, sender.localAddr.port)];
  } catch (error) {
    sender.close();
    throw error;
  }
}

/** Accepts the connection from one port, and turns away what comes from others. */
async function acceptFrom(listener: Deno.TcpListener, port: number): Promise<Deno.TcpConn> {
  for (let strangers = 0; strangers <= MOST_STRANGERS; strangers++) {
    const receiver = await listener.accept();
    if (receiver.remoteAddr.port === port) return receiver;
    receiver.close();
  }
  throw new Error("Cannot connect a pair: other programs connected again and again");
}

function close(connection: Deno.TcpConn | undefined): void {
  try {
    connection?.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error; // already closed
  }
}
