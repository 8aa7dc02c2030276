/**
 * One RabbitMQ for a whole test run.
 *
 * Deno gives every test module a thread and globals of its own, and ends what a module has started
 * when it is through; so a node that all of them use cannot belong to any. The first test that asks
 * starts a helper process, `shared_broker_host.ts`, which keeps the node until the test run's process
 * is gone. The modules find it through a file named after that process.
 *
 * @module
 */

import { linesOf } from "./lines.ts";
import { evaluate, rabbitmqctl, type RabbitMqNode } from "./rabbitmq.ts";

/** A new vhost of the shared RabbitMQ. It need not be removed: it ends with the node. */
export interface Vhost {
  /** The vhost's name. */
  readonly name: string;
  /** Its AMQP URL, with the password. */
  readonly url: string;
  /** Runs `rabbitmqctl` on the shared node, which takes a third of a second. */
  ctl(...args: string[]): Promise<string>;
}

/**
 * Makes a vhost on the test run's shared RabbitMQ, which is started by the first call. Tests that run
 * at the same time do not see each other there; whoever stops the broker uses `RabbitMq.start`.
 */
export async function sharedVhost(): Promise<Vhost> {
  const node = await sharedNode();
  const name = crypto.randomUUID();
  await evaluate(
    node,
    `ok = rabbit_vhost:add(<<"${name}">>, <<"test">>),
     ok = rabbit_auth_backend_internal:set_permissions(
       <<"guest">>, <<"${name}">>, <<".*">>, <<".*">>, <<".*">>, <<"test">>)`,
  );
  return {
    name,
    url: node.url + name,
    ctl: (...args) => rabbitmqctl(node, ...args),
  };
}

async function sharedNode(): Promise<RabbitMqNode> {
  const path = `${Deno.env.get("TMPDIR") ?? "/tmp"}/metricq-shared-broker-${Deno.pid}.json`;
  // Modules may run in parallel: the first to get the lock starts the node, the others wait for it.
  using lock = await Deno.open(path, { create: true, read: true, write: true });
  await lock.lock(true);
  const known = await Deno.readTextFile(path);
  if (known) return JSON.parse(known);
  const started = await startHost(path);
  await Deno.writeTextFile(path, started);
  return JSON.parse(started);
}

async function startHost(path: string): Promise<string> {
  const host = new URL("shared_broker_host.ts", import.meta.url).href;
  // A shell that ends at once stands between, as what is not our child is not ended with the module
  // that happened to start it. A new session (setsid) also keeps Ctrl-C away from it.
  await using shell = new Deno.Command("sh", {
    args: ["-c", 'setsid "$@" &', "sh", Deno.execPath(), "run", "-A", host, `${Deno.pid}`, path],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  for await (const line of linesOf(shell.stdout)) return line;
  throw new Error(
    "Cannot start the shared RabbitMQ: its host ended, see the standard error output",
  );
}
