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

// Each with a secret in it, as programs write and read them.
const SECRETS = [
  "amqp://joe:my s3cret@h/",
  "http://joe:my\ts3cret@h/",
  "http://joe:a\ns3cret@h/",
  "amqp://a@b:s3cret@h",
  "//joe:s3cret@h/",
  "http:joe:s3cret@h",
  "http:/joe:s3cret@h",
  "http:\\\\joe:s3cret@h/",
  "amqp://[::1]:s3cret@h",
  "http://[u:s3cret@h",
  "http://u[x:s3cret@h/",
  "https://s3cret@h/",
  "http:\\\\h/?key=s3cret",
  "https:/h/?key=s3cret",
  "wss://h/?token=s3cret",
  "mqtt://h/?password=s3cret",
  "amqp://h/?heartbeat=5&password=s3cret&x",
  "ftp://h/?key=s3cret",
  "https://h/#access_token=s3cret",
];

for (const secret of SECRETS) {
  Deno.test(`redactUrl() hides the secret in ${JSON.stringify(secret)}`, () => {
    for (const text of [secret, `Invalid URL: '${secret}'`, `(${secret}), and amqp://u:p@h2`]) {
      assert.doesNotMatch(redactUrl(text), /s3cret/, text);
    }
  });
}

Deno.test("redactUrl() leaves what holds no secret as it is", () => {
  const texts = [
    "http:status:404",
    "https://h/page#place",
    "file:///home/joe/a.ts:10:5",
    "at https://jsr.io/@metricq/source/1.0.0/mod.ts:12:3",
    "amqp://h:1 and joe@h",
    "amqp://h/?heartbeat=5#a",
    "// a comment: of code",
    "amqps://joe@h/",
  ];
  for (const text of texts) assert.equal(redactUrl(text), text);
});
