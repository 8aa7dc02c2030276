import assert from "node:assert/strict";
import { redactUrl } from "../src/redact_url.ts";

Deno.test("redactUrl() hides the password of every URL in a text", () => {
  assert.equal(
    redactUrl("from amqp://u:p@ss:w/rd@h/ to amqps://a:b@c, not amqp://h:1/"),
    "from amqp://u:******@h/ to amqps://a:******@c, not amqp://h:1/",
  );
  const hint = "amqp://[user:password@]host is required";
  assert.equal(redactUrl(hint), hint);
});
