/**
 * The rules for tokens, the names of agents.
 *
 * @module
 */

// What AMQP allows for the name of a queue.
const QUEUE_NAME_MAX_BYTES = 255;
const TOKEN_MAX_BYTES = QUEUE_NAME_MAX_BYTES - "-rpc".length;

/**
 * Refuses what cannot be an agent's token: its queue `<token>-rpc` must have a name that AMQP allows
 * and that the broker does not reserve for itself.
 *
 * @throws {TypeError} If the token is not a string.
 * @throws {RangeError} If it is empty, longer than 251 bytes, or begins with `amq.`.
 */
export function checkToken(token: string): void {
  const requirement =
    `a text of 1 to ${TOKEN_MAX_BYTES} bytes that does not begin with "amq." is required`;
  if (typeof token !== "string") {
    throw new TypeError(`Cannot use token: ${String(token)} is given, ${requirement}`);
  }
  const bytes = new TextEncoder().encode(token).byteLength;
  if (bytes === 0 || bytes > TOKEN_MAX_BYTES || token.startsWith("amq.")) {
    const shown = token.length > 40 ? `${token.slice(0, 40)}…` : token;
    throw new RangeError(`Cannot use token: "${shown}" (${bytes} bytes) is given, ${requirement}`);
  }
}
