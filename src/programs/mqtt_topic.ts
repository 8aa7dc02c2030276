/**
 * Filters of MQTT topics, and what their wildcards stand for.
 *
 * @module
 */

import { quote } from "../quote.ts";

/** What the wildcards of a filter stand for in a topic, by the names of their placeholders. */
export type TopicParts = Readonly<Record<string, string>>;

// Of MQTT: a topic's bytes are counted by two of its own.
const MAX_FILTER_BYTES = 65_535;

/**
 * Refuses what is not a filter by MQTT 4.7.
 *
 * @throws {SyntaxError} If it is empty, too long, or has a wildcard where none may stand.
 */
export function requireFilter(filter: string): void {
  const levels = filter.split("/");
  const isWrong = levels.some((level, at) =>
    level.includes("#") && (level !== "#" || at < levels.length - 1) ||
    level.includes("+") && level !== "+"
  );
  const bytes = new TextEncoder().encode(filter).length;
  if (filter !== "" && !filter.includes("\0") && bytes <= MAX_FILTER_BYTES && !isWrong) return;
  throw new SyntaxError(
    `topic ${quote(filter)} is given, one such as "room/+/power" or "room/#" is required`,
  );
}

/**
 * What the wildcards of a filter stand for in a topic; `undefined` if the topic is another. `{1}`, `{2}`
 * … are the levels in the places of each `+`, `{rest}` those of `#`, and `{topic}` is all of it, levels
 * being joined by dots as the parts of a metric's name are.
 */
export function matchTopic(filter: string, topic: string): TopicParts | undefined {
  const wanted = filter.split("/");
  const levels = topic.split("/");
  // By MQTT 4.7.2: what begins so is of the broker itself, and not of devices.
  if (topic.startsWith("$") && /^[+#]/.test(filter)) return undefined;
  const parts: Record<string, string> = { topic: levels.join(".") };
  let count = 0;
  for (const [at, level] of wanted.entries()) {
    if (level === "#") return { ...parts, rest: levels.slice(at).join(".") };
    const given = levels[at];
    if (given === undefined || level !== "+" && level !== given) return undefined;
    if (level === "+") parts[++count] = given;
  }
  return wanted.length === levels.length ? parts : undefined;
}
