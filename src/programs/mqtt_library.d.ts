/**
 * As much of the MQTT library as is used here. Its own types bring those of Node along, which change
 * what this package's other modules, and its users', are checked against.
 *
 * @module
 */

/** How to connect. */
export interface ClientOptions {
  readonly clientId?: string;
  readonly username?: string;
  readonly password?: string;
  readonly ca?: string;
  readonly reconnectPeriod?: number;
  readonly connectTimeout?: number;
  readonly keepalive?: number;
  readonly reconnectOnConnackError?: boolean;
  readonly resubscribe?: boolean;
}

/** A client. */
export interface MqttClient {
  on(event: "connect" | "close", listener: () => void): this;
  on(event: "error", listener: (error: Error) => void): this;
  on(
    event: "message",
    listener: (topic: string, body: Uint8Array, packet: { readonly retain: boolean }) => void,
  ): this;
  subscribeAsync(
    filters: string[],
    options: { readonly qos: 0 | 1 | 2 },
  ): Promise<readonly { readonly topic: string; readonly qos: number }[]>;
  publishAsync(
    topic: string,
    message: string,
    options: { readonly qos?: 0 | 1 | 2; readonly retain?: boolean },
  ): Promise<unknown>;
  end(force: boolean): this;
  endAsync(): Promise<void>;
}

/** Begins to connect. */
export function connect(url: string, options: ClientOptions): MqttClient;

/** Connects. */
export function connectAsync(url: string, options?: ClientOptions): Promise<MqttClient>;
