import assert from "node:assert/strict";
import { asAmqpError } from "../../src/amqp/amqp_error.ts";
import { type PublishRefusal, readPublishRefusal } from "../../src/amqp/publish_refusal.ts";
import { AmqpError } from "../../src/errors.ts";

function read(text: string, code: number, what = "channel 1"): PublishRefusal | undefined {
  return readPublishRefusal(asAmqpError(new Error(`${what} closed: ${text} (${code})`)));
}

Deno.test("readPublishRefusal() reads the size and the limit of a message that is too large", () => {
  for (
    const reason of [
      "message size 70000 is larger than configured max size 65536",
      "message size 70000 is larger than max size 65536",
      "message size 70000 larger than max size 65536",
    ]
  ) {
    assert.deepEqual(read(`PRECONDITION_FAILED - ${reason}`, 406), {
      kind: "too-large",
      bodyBytes: 70_000,
      maxBodyBytes: 65_536,
      reason,
    });
  }
});

const TOPIC = (key: string, access = "access") =>
  `ACCESS_REFUSED - ${access} to topic '${key}' in exchange 'metricq.data' in vhost '/' refused for user 'u'`;

Deno.test("readPublishRefusal() knows the routing key that is forbidden, whatever is in it", () => {
  for (const access of ["access", "write access"]) { // RabbitMQ 3 and 4
    for (const key of ["a.b", "it's", "ü€😀", "x' in exchange 'y", "a.*'"]) {
      const refusal = read(TOPIC(key, access), 403);
      assert(refusal?.kind === "forbidden");
      assert(refusal.reason.startsWith(`${access} to topic `));
      for (const other of ["a", "a.b", "it's", "ü€😀", `${key}x`, key.slice(0, -1)]) {
        assert.equal(refusal.mayBe(other), other === key, `${other} for ${key}`);
      }
    }
  }
});

Deno.test("readPublishRefusal() takes every key for possible that a text which is cut short allows", () => {
  const long = "n".repeat(250);
  const refusal = read(`${TOPIC(long).slice(0, 252)}...`, 403);
  assert(refusal?.kind === "forbidden");
  const possible = [long, `${long}x`, "n".repeat(240)];
  assert.deepEqual(possible.map(refusal.mayBe), [true, true, true]);
  assert.deepEqual(["n", "n".repeat(200), "other"].map(refusal.mayBe), [false, false, false]);
  // Cut within a letter, and behind the key.
  const cut = read("ACCESS_REFUSED - access to topic 'üü\ufffd...", 403);
  assert(cut?.kind === "forbidden" && cut.mayBe("üüü") && !cut.mayBe("ü"));
  const behind = read("ACCESS_REFUSED - access to topic 'a.b' in exch...", 403);
  assert(behind?.kind === "forbidden" && behind.mayBe("a.b") && !behind.mayBe("a.bc"));
});

Deno.test("readPublishRefusal() tells what may be a message, and what is an outage", () => {
  const kind = (text: string, code: number, what?: string) => {
    const refusal = read(text, code, what);
    return refusal?.kind === "unknown" ? [refusal.isCertain, refusal.reason] : refusal?.kind;
  };
  assert.deepEqual(kind("PRECONDITION_FAILED - invalid", 406), [true, "invalid"]);
  assert.deepEqual(kind("FRAME_ERROR - type 2", 501, "connection"), [false, "type 2"]);
  assert.equal(kind("NOT_FOUND - no exchange 'metricq.data' in vhost '/'", 404), undefined);
  assert.equal(
    kind("ACCESS_REFUSED - access to exchange 'metricq.data' in vhost '/' refused", 403),
    undefined,
  );
  assert.equal(kind("CONNECTION_FORCED - maintenance", 320, "connection"), undefined);
  assert.equal(readPublishRefusal(new AmqpError("Connection lost")), undefined);
});
