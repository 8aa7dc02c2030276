import assert from "node:assert/strict";
import { asAmqpError } from "../../src/amqp/amqp_error.ts";
import { AmqpError } from "../../src/errors.ts";

Deno.test("asAmqpError() reads the reply code out of the client's text", () => {
  const error = asAmqpError(
    new Error("channel 1 closed: RESOURCE_LOCKED - cannot obtain access to queue 'a (b)' (405)"),
  );
  assert(error instanceof AmqpError);
  assert.equal(error.code, 405);
  assert.equal(
    error.message,
    "Broker closed the channel 1: RESOURCE_LOCKED - cannot obtain access to queue 'a (b)'",
  );
});

Deno.test("asAmqpError() keeps the cause of other errors and hides passwords in their text", () => {
  const cause = new Error("connect ECONNREFUSED amqp://u:s3cret@h/");
  const error = asAmqpError(cause);
  assert.equal(error.code, undefined);
  assert.equal(error.cause, cause);
  assert.equal(error.message, "Connection failed: connect ECONNREFUSED amqp://u:******@h/");
});

Deno.test("asAmqpError() passes its own errors through and accepts anything that was thrown", () => {
  const own = new AmqpError("x");
  assert.equal(asAmqpError(own), own);
  assert.equal(asAmqpError(undefined).message, "Connection lost");
  assert.equal(asAmqpError("text").message, "Connection failed: text");
});
