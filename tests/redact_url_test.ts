import assert from "node:assert/strict";
import { redactUrl } from "../src/redact_url.ts";

Deno.test("redactUrl() hides the password of every URL in a text", () => {
  assert.equal(
    redactUrl("from amqp://u:p@ss:w/rd@h/ to amqps://a:b@c, not amqp://h:1/"),
    "from amqp://u:******@h/ to amqps://a:******@c, not amqp://h:1/",
  );
  assert.equal(redactUrl("to amqp://u:/p@h: lost"), "to amqp://u:******@h: lost");
  const hint = "amqp://[user:password@]host is required";
  assert.equal(redactUrl(hint), hint);
});

Deno.test("redactUrl() hides what stands in the place of a port and is none", () => {
  assert.equal(redactUrl("Invalid URL: 'amqp://u:p4ss'"), "Invalid URL: 'amqp://u:******");
  assert.equal(redactUrl("amqp://u:12ab amqp://u:123456"), "amqp://u:****** amqp://u:******");
  for (const host of ["h:1", "h:65535/v", "h:", "[::1]:80/", "h:1?a=b", "h:1: refused", "(h:1),"]) {
    assert.equal(redactUrl(`at amqp://${host}`), `at amqp://${host}`);
  }
});

Deno.test("redactUrl() hides the query of every URL of HTTP in a text", () => {
  assert.equal(
    redactUrl(
      'for "https://h:1/a/b?key=S3&x=1#y". Or (http://u:p@h/?S3), not amqp://h/?heartbeat=5',
    ),
    'for "https://h:1/a/b?******". Or (http://u:******@h/?******), not amqp://h/?heartbeat=5',
  );
});
