/**
 * The rules for the names of metrics and for everything else that becomes an AMQP routing key.
 *
 * @module
 */

const NAME_MAX_BYTES = 255;
const NAME = /^[a-zA-Z][a-zA-Z0-9_]+(\.[a-zA-Z][a-zA-Z0-9_]+)+$/;

/**
 * Refuses what cannot be the name of a metric: at least two parts joined by dots, each a letter
 * followed by letters, digits or underscores, at most 255 bytes in all.
 *
 * @throws {TypeError} When the name is no string.
 * @throws {RangeError} When it breaks the rules.
 */
export function checkMetricName(name: string): void {
  if (typeof name !== "string") {
    throw new TypeError(`Cannot use metric name: ${String(name)} is given, a string is required`);
  }
  if (name.length > NAME_MAX_BYTES) {
    throw new RangeError(
      `Cannot use metric name: "${
        name.slice(0, 40)
      }…" has ${name.length} bytes, at most ${NAME_MAX_BYTES} are allowed`,
    );
  }
  if (!NAME.test(name)) {
    throw new RangeError(
      `Cannot use metric name: "${name}" is given, at least two parts of two or more letters, digits and "_", each beginning with a letter, joined by "." are required, such as "example.room1.power"`,
    );
  }
}

/**
 * Refuses what cannot be an agent's token: its queue `<token>-rpc` must have a name of at most 255
 * bytes that the broker does not keep for itself.
 *
 * @throws {TypeError} When the token is no string.
 * @throws {RangeError} When it is empty, too long, or begins with `amq.`.
 */
export function checkToken(token: string): void {
  const requirement = 'a text of 1 to 251 bytes that does not begin with "amq." is required';
  if (typeof token !== "string") {
    throw new TypeError(`Cannot use token: ${String(token)} is given, ${requirement}`);
  }
  const bytes = new TextEncoder().encode(token).byteLength;
  if (bytes === 0 || bytes > NAME_MAX_BYTES - "-rpc".length || token.startsWith("amq.")) {
    const shown = token.length > 40 ? `${token.slice(0, 40)}…` : token;
    throw new RangeError(`Cannot use token: "${shown}" (${bytes} bytes) is given, ${requirement}`);
  }
}
