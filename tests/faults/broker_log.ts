/**
 * What brokers have noted of a source's connections.
 *
 * @module
 */

import type { RabbitMq } from "../peers/rabbitmq.ts";

/** A connection that a broker has accepted. */
export interface Login {
  readonly connection: "management" | "data";
  readonly timeMs: number;
}

const LOGIN = /^(\S+ \S+) \[info\] .*? - (management|data) connection (\S+)\): user .* granted/;

// Erlang writes what it logs seconds later.
const SYNC =
  "[rabbit_logger_std_h:filesync(Id) || Id <- logger:get_handler_ids(), Id =/= ssl_handler]";

/** The connections of one agent, as the nodes have logged them, in order. A node may be dead. */
export async function loginsOf(token: string, nodes: readonly RabbitMq[]): Promise<Login[]> {
  const logins: Login[] = [];
  for (const broker of nodes) {
    const { folder, name } = broker.node;
    await broker.evaluate(SYNC).catch(() => {});
    const text = await Deno.readTextFile(`${folder}/log/${name}@localhost.log`);
    for (const line of text.split("\n")) {
      const [, time = "", connection, agent] = LOGIN.exec(line) ?? [];
      if (agent !== token) continue;
      const timeMs = Date.parse(time.replace(" ", "T"));
      logins.push({ connection: connection === "data" ? "data" : "management", timeMs });
    }
  }
  return logins.sort((a, b) => a.timeMs - b.timeMs);
}
