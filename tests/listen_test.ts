import assert from "node:assert/strict";
import { isLoopback, listenAt, requireLoopback } from "../src/listen.ts";
import { needing } from "./support/needing.ts";

Deno.test(needing({ permissions: [{ name: "net" }] }, {
  name: "listenAt() names the address that another program listens on",
  fn: () => {
    using other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { hostname, port } = other.addr;
    assert.throws(() => listenAt("broker", other.addr, () => Deno.listen({ hostname, port })), {
      name: "AddrInUse",
      message: `Cannot start broker: another program listens on 127.0.0.1:${port}, ` +
        "a free port is required",
    });
  },
}));

Deno.test("listenAt() passes on other errors as they are", () => {
  const address = { hostname: "127.0.0.1", port: 1 };
  const error = new Deno.errors.PermissionDenied("no");
  assert.throws(() =>
    listenAt("broker", address, () => {
      throw error;
    }), error);
});

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
