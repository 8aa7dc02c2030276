/**
 * How a broker answers, case by case. The same cases are run against the embedded broker and against
 * RabbitMQ, which has the last word on what is expected.
 *
 * @module
 */

import type { AmqplibSession } from "../amqplib_session.ts";

/**
 * One case, with a session of its own; names of what stays after it are used in no other case.
 * What it returns must be what is expected, where `VHOST` stands for the vhost's name.
 */
export interface BehaviourCase {
  readonly name: string;
  run(session: AmqplibSession): Promise<unknown>;
  readonly expected: unknown;
}
