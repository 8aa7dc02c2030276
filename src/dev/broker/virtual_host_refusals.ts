/**
 * What a virtual host refuses. The texts follow RabbitMQ's, because people search for them.
 *
 * @module
 */

import type { Exchange, ExchangeProperties } from "./exchange.ts";
import type { MethodNamed } from "./method_decoder.ts";
import type { Queue } from "./queue.ts";
import type { QueueLimits } from "./queue_arguments.ts";
import { ReplyError } from "./reply_error.ts";

/** There is no exchange, or queue, of a name. */
export function notFound(vhost: string, kind: "exchange" | "queue", name: string): ReplyError {
  return new ReplyError(404, `no ${kind} '${name}' in vhost '${vhost}'`);
}

/** A queue is for another connection alone. */
export function locked(vhost: string, queue: string): ReplyError {
  return new ReplyError(
    405,
    `cannot obtain exclusive access to locked queue '${queue}' in vhost '${vhost}'. ` +
      "It could be originally declared on another connection or the exclusive property value " +
      "does not match that of the original declaration.",
  );
}

/** A queue is neither durable nor exclusive, where it has to be. */
export function transientQueueForbidden(vhost: string, queue: string): ReplyError {
  return new ReplyError(
    541,
    "Feature `transient_nonexcl_queues` is deprecated. Its use is not permitted: " +
      `queue '${queue}' in vhost '${vhost}' is neither durable nor exclusive`,
  );
}

/** Refuses to change the default exchange. */
export function refuseDefaultExchange(name: string): void {
  if (name === "") throw new ReplyError(403, "operation not permitted on the default exchange");
}

/** Refuses the names that are for the broker itself. */
export function refuseReservedName(kind: string, name: string): void {
  if (!name.startsWith("amq.")) return;
  throw new ReplyError(403, `${kind} name '${name}' contains reserved prefix 'amq.*'`);
}

/** Refuses to declare a queue in another way than it is there. */
export function requireSameQueue(
  vhost: string,
  { name, durable, autoDelete, limits: current }: Queue,
  wanted: MethodNamed<"queue.declare">,
  limits: QueueLimits,
): void {
  const what = `queue '${name}' in vhost '${vhost}'`;
  requireSame(what, "durable", wanted.durable, durable);
  requireSame(what, "auto_delete", wanted.autoDelete, autoDelete);
  requireSame(what, "x-expires", limits.expiresMs, current.expiresMs);
  requireSame(what, "x-message-ttl", limits.messageTtlMs, current.messageTtlMs);
  requireSame(what, "x-max-length", limits.maxLength, current.maxLength);
}

/** Refuses to declare an exchange in another way than it is there. */
export function requireSameExchange(
  vhost: string,
  exchange: Exchange,
  wanted: ExchangeProperties,
): void {
  const what = `exchange '${exchange.name}' in vhost '${vhost}'`;
  requireSame(what, "type", wanted.type, exchange.type);
  requireSame(what, "durable", wanted.durable, exchange.durable);
  requireSame(what, "auto_delete", wanted.autoDelete, exchange.autoDelete);
  requireSame(what, "internal", wanted.internal, exchange.internal);
}

function requireSame(what: string, argument: string, received: unknown, current: unknown): void {
  if (received === current) return;
  const quoted = (value: unknown) => value === undefined ? "none" : `'${value}'`;
  throw new ReplyError(
    406,
    `inequivalent arg '${argument}' for ${what}: ` +
      `received ${quoted(received)} but current is ${quoted(current)}`,
  );
}
