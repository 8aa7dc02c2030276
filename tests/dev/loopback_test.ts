import assert from "node:assert/strict";
import { isLoopback, requireLoopback } from "../../src/dev/loopback.ts";

Deno.test("isLoopback() knows the names and addresses of this machine alone", () => {
  for (const own of ["127.0.0.1", "127.8.9.1", "localhost", "LOCALHOST", "::1", "[::1]"]) {
    assert.ok(isLoopback(own), own);
  }
  for (const other of ["0.0.0.0", "::", "10.0.0.1", "127.0.0.1.example.org", "localhost.example"]) {
    assert.ok(!isLoopback(other), other);
  }
});

Deno.test("requireLoopback() names what was given and what would allow it", () => {
  requireLoopback("broker", "127.0.0.1");
  assert.throws(() => requireLoopback("broker", "0.0.0.0"), {
    name: "TypeError",
    message: 'Cannot start broker: "0.0.0.0" is given, an address of this machine alone is ' +
      "required unless allowRemote is set",
  });
});
