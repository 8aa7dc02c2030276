import assert from "node:assert/strict";
import { listenAt } from "../../src/dev/listen_at.ts";
import { permittedTest } from "../support/permissions.ts";

permittedTest({
  name: "listenAt() names the address that another program listens on",
  needs: [{ name: "net" }],
}, () => {
  using other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { hostname, port } = other.addr;
  assert.throws(() => listenAt("broker", other.addr, () => Deno.listen({ hostname, port })), {
    name: "AddrInUse",
    message: `Cannot start broker: another program listens on 127.0.0.1:${port}, ` +
      "a free port is required",
  });
});

Deno.test("listenAt() passes on other errors as they are", () => {
  const address = { hostname: "127.0.0.1", port: 1 };
  const error = new Deno.errors.PermissionDenied("no");
  assert.throws(() =>
    listenAt("broker", address, () => {
      throw error;
    }), error);
});
