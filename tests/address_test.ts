import assert from "node:assert/strict";
import { addressText, bracketed, parseAddress, unbracketed } from "../src/address.ts";

const FALLBACK = { hostname: "::1", port: 9464 };

Deno.test("parseAddress() takes a host, a port or both, and the rest from the fallback", () => {
  const addresses = {
    "": ["::1", 9464],
    "80": ["::1", 80],
    "0": ["::1", 0],
    "host.example": ["host.example", 9464],
    "10.0.0.1:80": ["10.0.0.1", 80],
    "[fe80::1]": ["fe80::1", 9464],
    "[fe80::1]:65535": ["fe80::1", 65_535],
  };
  for (const [text, [hostname, port]] of Object.entries(addresses)) {
    assert.deepEqual(parseAddress(text, FALLBACK), { hostname, port }, text);
  }
});

Deno.test("parseAddress() returns undefined for anything else", () => {
  const texts = [
    ...[":80", "host:", "host:65536", "123456", "host:-1", "host:1.5", "::1", "a b", "a:b"],
    ...["[::1", "[a]", "[]:80", "[::1]80", "[[::1]]", "http://host", "host/", "host:80 "],
  ];
  for (const text of texts) assert.equal(parseAddress(text, FALLBACK), undefined, text);
});

Deno.test("addressText() writes what parseAddress() reads", () => {
  for (const text of ["host:80", "127.0.0.1:0", "[::1]:65535"]) {
    const address = parseAddress(text, FALLBACK);
    assert(address);
    assert.equal(addressText(address), text);
  }
});

Deno.test("bracketed() puts IPv6 addresses in brackets, and unbracketed() takes them off", () => {
  for (const [bare, inUrl] of [["::1", "[::1]"], ["127.0.0.1", "127.0.0.1"], ["host", "host"]]) {
    assert.equal(bracketed(bare ?? ""), inUrl);
    assert.equal(unbracketed(inUrl ?? ""), bare);
    assert.equal(unbracketed(bare ?? ""), bare);
  }
});
