import assert from "node:assert/strict";
import { refuseHost, refuseOrigin } from "../../../src/watch/dashboard/request_guard.ts";

const LOOPBACK = { hostname: "127.0.0.1", port: 8000 };
const EVERYWHERE = { hostname: "0.0.0.0", port: 8000 };

function request(headers: Record<string, string>): Request {
  return new Request("http://127.0.0.1:8000/", { headers });
}

Deno.test("refuseHost() accepts the machine's own names with the right port only", () => {
  for (const host of ["127.0.0.1:8000", "localhost:8000", "LocalHost:8000", "[::1]:8000"]) {
    assert.equal(refuseHost(request({ host }), LOOPBACK), undefined, host);
  }
  const refused = [
    "127.0.0.1:8001",
    "localhost",
    "",
    "evil.example:8000",
    "127.0.0.1.evil.example:8000",
    "localhost.evil.example:8000",
    "192.168.0.7:8000",
    "evil.example:8000@127.0.0.1:8000",
    "127.0.0.1:8000:8000",
  ];
  for (const host of refused) {
    assert.equal(
      refuseHost(request({ host }), LOOPBACK),
      `Cannot answer: the host is "${host}", "127.0.0.1:8000" is required`,
    );
  }
});

Deno.test("refuseHost() accepts any address, but no foreign name, where others may connect", () => {
  for (const host of ["192.168.0.7:8000", "[fe80::1]:8000", "localhost:8000"]) {
    assert.equal(refuseHost(request({ host }), EVERYWHERE), undefined, host);
  }
  assert.equal(
    refuseHost(request({ host: "evil.example:8000" }), EVERYWHERE),
    'Cannot answer: the host is "evil.example:8000", an IP address with port 8000 is required',
  );
  const named = { hostname: "Box.Example", port: 8000 };
  assert.equal(refuseHost(request({ host: "box.example:8000" }), named), undefined);
});

Deno.test("refuseOrigin() accepts the page's own origin only", () => {
  const host = "localhost:8000";
  assert.equal(refuseOrigin(request({ host, origin: "http://localhost:8000" })), undefined);
  const refused = ["null", "http://localhost", "https://localhost:8000", "http://127.0.0.1:8000"];
  for (const origin of refused) {
    assert.equal(
      refuseOrigin(request({ host, origin })),
      `Cannot answer: the origin is "${origin}", "http://localhost:8000" is required`,
    );
  }
  assert.match(refuseOrigin(request({ host })) ?? "", /there is no origin/);
});
