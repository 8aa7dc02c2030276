/**
 * A manager that breaks the protocol where a test says so, on the AMQP client alone.
 *
 * @module
 */

import { AMQPClient } from "@cloudamqp/amqp-client";
import { Events } from "../support/events.ts";

const ENCODER = new TextEncoder();

/** What the manager is asked. */
export interface ScriptedRequest {
  /** The sender's token. */
  readonly from: string;
  /** The function. */
  readonly function: string;
  /** All that it was called with. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** The bodies of answers, by function; functions without one are never answered. */
export type Answers = Readonly<Record<string, unknown>>;

/** What a manager answers to `source.register`, with an empty configuration. */
export function registrationAnswer(vhostName: string): Record<string, unknown> {
  return { dataServerAddress: `vhost:${vhostName}`, dataExchange: "metricq.data", config: {} };
}

/** A participant that can say anything. */
export class ScriptedManager implements AsyncDisposable {
  /** What has been asked. */
  readonly requests: Events<ScriptedRequest> = new Events();
  /** What it answers from now on. */
  answers: Answers;
  readonly #client: AMQPClient;

  private constructor(client: AMQPClient, answers: Answers) {
    this.#client = client;
    this.answers = answers;
  }

  /** Starts on a vhost. Answers that are texts are sent as they are, others as JSON. */
  static async start(url: string, answers: Answers = {}): Promise<ScriptedManager> {
    const client = new AMQPClient(url);
    await client.connect();
    const manager = new ScriptedManager(client, answers);
    const channel = await client.channel();
    for (
      const [name, type] of [["management", "topic"], ["broadcast", "fanout"], ["data", "topic"]]
    ) {
      await channel.exchangeDeclare(`metricq.${name}`, type ?? "", { durable: true });
    }
    await channel.queueDeclare("management", { durable: true });
    await channel.queueBind("management", "metricq.management", "#");
    await channel.basicConsume("management", { noAck: true }, async (message) => {
      const request = JSON.parse(message.bodyString() ?? "");
      const { appId = "", replyTo = "", correlationId = "" } = message.properties;
      manager.requests.add({ from: appId, function: request.function, body: request });
      const answer = manager.answers[request.function];
      if (answer === undefined) return;
      const body = typeof answer === "string" ? answer : JSON.stringify(answer);
      await channel.basicPublish("", replyTo, body, { correlationId, appId: "manager" });
    });
    return manager;
  }

  /** Puts a message into an agent's queue, whatever it is, and waits until the broker has it. */
  async tell(
    token: string,
    body: string | Uint8Array,
    properties: { correlationId?: string; replyTo?: string; appId?: string } = {},
  ): Promise<void> {
    const channel = await this.#client.channel();
    await channel.confirmSelect();
    const bytes = typeof body === "string" ? ENCODER.encode(body) : body;
    await channel.basicPublish("", `${token}-rpc`, bytes, properties);
    await channel.close();
  }

  /** Calls a function of an agent, and returns the body of the answer, errors included. */
  async call(token: string, request: object): Promise<Record<string, unknown>> {
    const channel = await this.#client.channel();
    const { name } = await channel.queueDeclare("", { exclusive: true });
    const answered = Promise.withResolvers<string>();
    await channel.basicConsume(name, { noAck: true }, (message) => {
      answered.resolve(message.bodyString() ?? "");
    });
    await channel.basicPublish("", `${token}-rpc`, JSON.stringify(request), {
      appId: "tester",
      correlationId: "call",
      replyTo: name,
    });
    const body = await answered.promise;
    await channel.close();
    return JSON.parse(body);
  }

  /** Disconnects. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.close();
  }
}
