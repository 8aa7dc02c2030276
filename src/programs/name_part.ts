/**
 * What devices call things, in the names of metrics.
 *
 * @module
 */

/**
 * A text of a device's as a part of the name of a metric: characters other than letters, digits and
 * `_` become `_`. A dot would begin a new part: of "/var/lib", "0.99" and "eth0.5" each is one thing.
 */
export function namePart(text: string): string {
  return text.replaceAll(/[^a-zA-Z0-9_]/g, "_");
}
