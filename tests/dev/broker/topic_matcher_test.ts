import assert from "node:assert/strict";
import fc from "fast-check";
import { TopicMatcher } from "../../../src/dev/broker/topic_matcher.ts";

const word = fc.constantFrom("a", "b", "", "*", "#");
const key = fc.array(word, { maxLength: 6 }).map((words) => words.join("."));
const patterns = fc.uniqueArray(key, { maxLength: 8 });

Deno.test("TopicMatcher.match() finds the patterns that a naive matcher finds", () => {
  fc.assert(
    fc.property(patterns, key, (patterns, key) => {
      const matcher = new TopicMatcher<string>();
      for (const pattern of patterns) matcher.add(pattern, pattern);
      const expected = patterns.filter((pattern) => naiveMatch(pattern, key));
      assert.deepEqual([...matcher.match(key)].sort(), expected.sort());
    }),
    { numRuns: 2000 },
  );
});

Deno.test("TopicMatcher.delete() leaves the other patterns as they were", () => {
  fc.assert(fc.property(patterns, patterns, key, (kept, deleted, key) => {
    const matcher = new TopicMatcher<string>();
    for (const pattern of [...kept, ...deleted]) matcher.add(pattern, pattern);
    for (const pattern of deleted) matcher.delete(pattern, pattern);
    const expected = kept.filter((pattern) =>
      !deleted.includes(pattern) && naiveMatch(pattern, key)
    );
    assert.deepEqual([...matcher.match(key)].sort(), expected.sort());
  }));
});

Deno.test("TopicMatcher.match() takes no exponential time over many #", () => {
  const matcher = new TopicMatcher<string>();
  matcher.add(new Array(60).fill("#").join(".a."), "pattern");
  assert.equal(matcher.match(new Array(125).fill("a").join(".")).size, 1);
  assert.equal(matcher.match(new Array(125).fill("b").join(".")).size, 0);
});

/** The words of both, one by one, trying every length for each `#`. */
function naiveMatch(pattern: string, key: string): boolean {
  const split = (text: string) => text === "" ? [] : text.split(".");
  const match = ([first, ...rest]: string[], words: string[]): boolean => {
    if (first === undefined) return words.length === 0;
    if (first === "#") {
      return [...words, ""].some((_, count) => match(rest, words.slice(count)));
    }
    return words.length > 0 && (first === "*" || first === words[0]) &&
      match(rest, words.slice(1));
  };
  return match(split(pattern), split(key));
}
