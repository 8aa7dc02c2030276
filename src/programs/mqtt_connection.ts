/**
 * A connection with an MQTT broker, which comes back by itself.
 *
 * @module
 */

// @ts-types="./mqtt_library.d.ts"
import { connect, type MqttClient } from "mqtt";
import { errorText } from "../error_text.ts";

/** Where a broker is, and what is wanted of it. */
export interface MqttOptions {
  /** Its URL, without a password. */
  readonly url: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly clientId: string;
  /** Certificates of the authorities to trust, PEM. */
  readonly ca: string | undefined;
  /** The topics to subscribe to. */
  readonly filters: readonly string[];
  readonly qos: 0 | 1 | 2;
  /** Called with each message; must not throw. */
  readonly onMessage: (topic: string, body: Uint8Array, isRetained: boolean) => void;
}

const RECONNECT_MS = 2000;
const CONNECT_TIMEOUT_MS = 10_000;
const KEEPALIVE_SECONDS = 15;
/** What a broker answers for a topic that it does not grant. */
const REFUSED = 128;

/** A connection; it tries again until it is closed. */
export class MqttConnection {
  readonly #client: MqttClient;
  readonly #options: MqttOptions;
  readonly #tried = Promise.withResolvers<void>();
  #problem: Error | undefined = new Error("it is not connected yet");

  /** Begins to connect. */
  constructor(options: MqttOptions) {
    this.#options = options;
    const { url, username, password, clientId, ca } = options;
    this.#client = connect(url, {
      clientId,
      ...username !== undefined && { username },
      ...password !== undefined && { password },
      ...ca !== undefined && { ca },
      reconnectPeriod: RECONNECT_MS,
      connectTimeout: CONNECT_TIMEOUT_MS,
      keepalive: KEEPALIVE_SECONDS,
      // A refused login would otherwise end it: the password may be set right at the broker.
      reconnectOnConnackError: true,
      // Done below, where it is seen what is granted.
      resubscribe: false,
    });
    this.#client.on("connect", () => void this.#subscribe());
    this.#client.on("message", (topic, body, { retain }) => options.onMessage(topic, body, retain));
    // The first of an attempt tells most; that the connection is closed comes behind it.
    this.#client.on("error", (error) => this.#problem = new Error(errorText(error)));
    this.#client.on("close", () => {
      this.#problem ??= new Error("the connection is lost");
      this.#tried.resolve();
    });
  }

  /** Resolves when the first attempt to connect has ended, well or not. */
  get tried(): Promise<void> {
    return this.#tried.promise;
  }

  /** Why no messages come; `undefined` while it is subscribed. */
  get problem(): Error | undefined {
    return this.#problem;
  }

  /** Closes it, without waiting for what is on its way. */
  close(): void {
    this.#tried.resolve();
    this.#client.end(true);
  }

  async #subscribe(): Promise<void> {
    const { filters, qos } = this.#options;
    try {
      const granted = await this.#client.subscribeAsync([...filters], { qos });
      const refused = granted.find((one) => one.qos === REFUSED);
      if (refused !== undefined) throw new Error(`the broker refuses topic "${refused.topic}"`);
      this.#problem = undefined;
    } catch (error) {
      this.#problem = new Error(errorText(error));
    }
    this.#tried.resolve();
  }
}
