/**
 * The rules for the names of metrics.
 *
 * @module
 */

const NAME_MAX_BYTES = 255;
const NAME = /^[a-zA-Z][a-zA-Z0-9_]+(\.[a-zA-Z][a-zA-Z0-9_]+)+$/;

/**
 * Refuses what cannot be the name of a metric: at least two parts joined by dots, each a letter
 * followed by letters, digits or underscores, at most 255 bytes in all.
 *
 * @throws {TypeError} If the name is no string.
 * @throws {RangeError} If it breaks the rules.
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
