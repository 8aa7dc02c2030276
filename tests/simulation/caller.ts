/**
 * Another program on the management network. It writes its calls itself, so that faults of the code
 * under test do not make up for each other.
 *
 * @module
 */

import { ReconnectingConnection } from "../../src/amqp/reconnecting_connection.ts";
import { ServerAddress } from "../../src/amqp/server_address.ts";
import type { Process } from "./process.ts";
import type { Random } from "./random.ts";

const NAME = "caller";
const QUEUE = `${NAME}-rpc`;
// It calls in the name of the one that configures sources.
const TOKEN = "manager";

/** What a {@linkcode Caller} is made with. */
export interface CallerOptions {
  readonly url: string;
  readonly process: Process;
  readonly random: Random;
  readonly violate: (text: string) => void;
}

/** What has come back of a call. */
export interface Answer {
  readonly body: Readonly<Record<string, unknown>>;
  readonly atMs: number;
}

/** A call, which may have been sent several times. */
export interface SentCall {
  readonly answers: readonly Answer[];
}

/** Calls agents, and collects what they answer. */
export class Caller {
  readonly #options: CallerOptions;
  readonly #connection: ReconnectingConnection;
  readonly #answers = new Map<string, { readonly times: number; readonly answers: Answer[] }>();

  private constructor(options: CallerOptions) {
    this.#options = options;
    const { url, process, random } = options;
    this.#connection = new ReconnectingConnection({
      name: NAME,
      addresses: [ServerAddress.parse(url)],
      tls: {},
      clock: process,
      randomness: random,
      transport: process.transport,
      reconnectTimeoutMs: Infinity,
      setUp: async (session) => {
        await session.declareExclusiveQueue(QUEUE);
        await session.consume(QUEUE, ({ body, correlationId }) => this.#take(body, correlationId));
      },
      onGiveUp: () => {},
    });
  }

  /** Connects. */
  static async connect(options: CallerOptions): Promise<Caller> {
    const caller = new Caller(options);
    await caller.#connection.connect();
    return caller;
  }

  /** Leaves the network. */
  async close(): Promise<void> {
    await this.#connection.close();
  }

  /** Sends a call as it is, so often. */
  async send(token: string, text: string, times = 1): Promise<SentCall> {
    const session = await this.#connection.established();
    const correlationId = `${NAME} ${this.#answers.size}`;
    const answers: Answer[] = [];
    this.#answers.set(correlationId, { times, answers });
    const body = new TextEncoder().encode(text);
    const properties = { contentType: "application/json", appId: TOKEN, correlationId };
    for (let sent = 0; sent < times; sent++) {
      void session.publish("", `${token}-rpc`, body, { ...properties, replyTo: QUEUE });
    }
    return { answers };
  }

  #take(body: Uint8Array, correlationId: string | undefined): void {
    const { process, violate } = this.#options;
    const { times = 0, answers = [] } = this.#answers.get(correlationId ?? "") ?? {};
    const text = new TextDecoder().decode(body);
    if (answers.length >= times) violate(`an answer to no call has come: ${text}`);
    answers.push({ body: JSON.parse(text), atMs: process.nowMs() });
  }
}
