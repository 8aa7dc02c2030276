/**
 * Keeps a RabbitMQ for as long as another process lives: `shared_broker_host.ts PID FILE`. It prints
 * the node as one line of JSON when it is up; in the end it removes the node and FILE.
 *
 * @module
 */

import { RabbitMq } from "./rabbitmq.ts";

const [pid = "", file = ""] = Deno.args;

try {
  await using rabbitMq = await RabbitMq.start();
  await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(rabbitMq.node) + "\n"));
  Deno.stdout.close();
  await new Deno.Command("tail", {
    args: ["--pid", pid, "--sleep-interval", "0.1", "--follow", "/dev/null"],
  }).output();
} finally {
  await Deno.remove(file);
}
