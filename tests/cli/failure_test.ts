import assert from "node:assert/strict";
import { exitStatus } from "../../src/cli/failure.ts";
import { UsageError } from "../../src/cli/usage_error.ts";
import { ConnectFailed, ReceivedSignal } from "../../src/errors.ts";

Deno.test("exitStatus() is 2 for wrong use, 128 and its number for a signal, else 1", () => {
  assert.equal(exitStatus(new UsageError("…")), 2);
  assert.equal(exitStatus(new ReceivedSignal("SIGTERM")), 143);
  assert.equal(exitStatus(new ReceivedSignal("SIGHUP")), 129);
  assert.equal(exitStatus(new ConnectFailed("…")), 1);
  assert.equal(exitStatus("anything"), 1);
});
