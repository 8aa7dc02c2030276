import assert from "node:assert/strict";
import { hideRequest, hideRequestIn } from "../../src/programs/repeated_request.ts";
import { readSamples } from "../../src/programs/prometheus_text.ts";
import { findValues } from "../../src/programs/values.ts";

const KEY = 'S3"K y/1234567890';
const encoded = encodeURIComponent(KEY);
const REQUESTS = {
  "its query": { url: `http://h/rpc?id=0&auth_key=${encoded}`, headers: {} },
  "a path": { url: `http://h/api/${encoded}/power`, headers: {} },
  "a password": { url: `http://ada:${encoded}@h/`, headers: {} },
  "a header": { url: "http://h/", headers: { "x-key": KEY } },
  "a login": { url: "http://h/", headers: {} },
};

for (const [where, request] of Object.entries(REQUESTS)) {
  Deno.test(`hideRequest() shows nothing of a key in ${where} that a device repeats`, () => {
    const more = where === "a login" ? [KEY] : [];
    for (const repeated of [KEY, encoded, request.url, KEY.slice(0, 9)]) {
      // The message is cut after 80 characters, perhaps within the key.
      for (const length of [0, 20, 60, 70]) {
        const text = JSON.stringify({
          a: `${"x".repeat(length)} ${repeated} is given, refused`,
          b: 1,
        });
        const readings = findValues({ "lab.a": { json: "a" }, "lab.b": { json: "b" } }, text);
        const { "lab.a": a, "lab.b": b } = hideRequest(readings, request, more);
        assert.equal(b, 1);
        assert(a instanceof Error);
        if (a.message.includes("a text with parts of the request")) {
          assert.match(a.message, /^lab\.a: a text .* is given, a number is required$/);
        } else assert.doesNotMatch(a.message, /S3.{0,2}"K|S3%22K/);
      }
    }
  });
}

Deno.test("hideRequestIn() shows no line that repeats something of the request, and others as they are", () => {
  const request = { url: `http://h/metrics?token=${encoded}`, headers: { "x-key": KEY } };
  const errorOf = (text: string) => {
    try {
      readSamples(text, "text/plain");
    } catch (error) {
      return error;
    }
    assert.fail("it was read");
  };
  for (const repeated of [encoded, request.url, `a 1 ${encoded}`]) {
    const error = hideRequestIn(errorOf(`a 1\nbad request ${repeated}\n`), request);
    assert(error instanceof SyntaxError);
    assert.match(error.message, /^Cannot read metrics: line 2 has parts of the request, /);
    assert.doesNotMatch(error.message, /S3/);
  }
  for (const error of [errorOf("<html>"), new Error("Cannot reach h")]) {
    assert.equal(hideRequestIn(error, request), error);
  }
});

Deno.test("hideRequest() leaves messages alone that hold nothing of the request", () => {
  const request = { url: "http://h/temperature?id=0", headers: { accept: "*/*" } };
  const readings = findValues(
    {
      "lab.temperature": { json: "a" },
      "lab.none": { json: "temperature" },
      "lab.large": { json: "c" },
    },
    '{"a": "N/A, sensor 0", "c": 1e400}',
  );
  assert.deepEqual(hideRequest(readings, request), readings);
});
