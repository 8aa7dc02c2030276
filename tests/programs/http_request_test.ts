/** What is told of servers that misbehave, and what they are told. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { fetchText, requireHeaders } from "../../src/programs/http_request.ts";
import { OtlpReceiver } from "../observe/otlp_receiver.ts";
import { boundCommand } from "../peers/process.ts";
import { needing } from "../support/needing.ts";
import { DeviceServer } from "./device_server.ts";
import { RudeServer } from "./rude_server.ts";

const net = [{ name: "net" }] as const;
const KEY = "S3CRETKEY";
const never = new AbortController().signal;

/** What servers answer, byte by byte. */
const RUDE_ANSWERS: Readonly<Record<string, string>> = {
  nothing: "",
  "what is not HTTP": "hello\r\n\r\n",
  "an error with the key": `HTTP/1.1 404 No ${KEY}\r\ncontent-length: 9\r\n\r\n${KEY}`,
  "half a body": "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc",
  "a chunk without a length": "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nabc",
  "what is not gzip":
    "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 6\r\n\r\nabcdef",
  "a header that is none": `HTTP/1.1 200 OK\r\n${KEY}\r\n\r\n`,
  ...Object.fromEntries(
    [
      `http://127.0.0.1:2/${KEY}?key=${KEY}`,
      `http://${KEY}:${KEY}@127.0.0.1:2/`,
      `http://[${KEY}/`,
      `//[${KEY}/`,
      `ftp://127.0.0.1/${KEY}`,
      `data:text/plain,${KEY}`,
      `/again?key=${KEY}`,
      `http://${KEY.toLowerCase()}.invalid:99999/`,
    ].map((location) => [
      `a redirection to ${location}`,
      `HTTP/1.1 302 Found\r\nlocation: ${location}\r\ncontent-length: 0\r\n\r\n`,
    ]),
  ),
};

const NAME = /^Cannot (reach|read) 127\.0\.0\.1:\d+: ./;

for (const [what, answer] of Object.entries(RUDE_ANSWERS)) {
  Deno.test(needing({ permissions: net }, {
    name: `fetchText() tells the server's name, and no key, when it answers ${what}`,
    fn: async () => {
      await using server = new RudeServer(answer);
      const request = {
        url: `http://${KEY}:${KEY}@${server.host}/${KEY}?auth_key=${KEY}#${KEY}`,
        headers: { "x-key": KEY },
      };
      await assert.rejects(fetchText(request, never), (error: Error) => {
        assert.match(error.message, NAME);
        assert.doesNotMatch(Deno.inspect(error), new RegExp(KEY, "i"));
        return true;
      });
    },
  }));
}

Deno.test(needing({ permissions: net }, {
  name: "fetchText() tells no key of a server that is not there",
  fn: async () => {
    for (const address of ["http://127.0.0.1:1", "https://nowhere.invalid", "http://127.0.0.1:2"]) {
      const request = { url: `${address}/${KEY}?k=${KEY}`, headers: { "x-key": KEY } };
      await assert.rejects(fetchText(request, never), (error: Error) => {
        assert.match(error.message, /^Cannot reach (127\.0\.0\.1:[12]|nowhere\.invalid): ./);
        assert.doesNotMatch(Deno.inspect(error), new RegExp(KEY, "i"));
        return true;
      });
    }
  },
}));

Deno.test("requireHeaders() refuses what cannot be sent by its name alone", () => {
  for (
    const headers of [{ "x-key": `${KEY}\n` + "a: b" }, { "x-key": `${KEY}π` }, { "x key": KEY }]
  ) {
    assert.throws(() => requireHeaders(headers), (error: Error) => {
      assert.match(error.message, /^header "x.key" is given, /);
      assert.doesNotMatch(Deno.inspect(error), new RegExp(KEY));
      return true;
    });
  }
  requireHeaders({ "x-key": KEY, authorization: `Bearer ${KEY}` });
});

Deno.test(needing({ permissions: net }, {
  name: "fetchText() sends user and password of a URL in a header, unless one is given",
  fn: async () => {
    await using server = new DeviceServer();
    server.answer = ({ headers, url }) => Response.json([headers.get("authorization"), url]);
    const host = new URL(server.url).host;
    const told = async (user: string, headers: Record<string, string> = {}) =>
      JSON.parse((await fetchText({ url: `http://${user}@${host}/`, headers }, never)).text);
    const basic = (text: string) => `Basic ${new TextEncoder().encode(text).toBase64()}`;
    assert.deepEqual(await told("ada:p%40ss"), [basic("ada:p@ss"), `${server.url}/`]);
    assert.deepEqual(await told("ada"), [basic("ada:"), `${server.url}/`]);
    assert.deepEqual(await told("ada:100%"), [basic("ada:100%"), `${server.url}/`]);
    assert.deepEqual(await told("ada:%C3%BC"), [basic("ada:ü"), `${server.url}/`]);
    assert.equal((await told("ada:b", { Authorization: "Bearer x" }))[0], "Bearer x");
  },
}));

Deno.test(needing({ permissions: net }, {
  name: "fetchText() follows a redirection, and tells another server no key",
  fn: async () => {
    await using other = new DeviceServer();
    other.answer = ({ headers, url }) =>
      Response.json([new URL(url).pathname, headers.get("x-key")]);
    await using server = new DeviceServer();
    server.answer = ({ url, headers }) => {
      const { pathname } = new URL(url);
      if (pathname === "/away") return Response.redirect(`${other.url}/there`);
      if (pathname === "/moved") return Response.redirect(`${server.url}/here`, 308);
      return Response.json([pathname, headers.get("x-key")]);
    };
    const ask = async (path: string) =>
      JSON.parse(
        (await fetchText({ url: server.url + path, headers: { "x-key": "1" } }, never)).text,
      );
    assert.deepEqual(await ask("/moved"), ["/here", "1"]);
    assert.deepEqual(await ask("/away"), ["/there", null]);
  },
}));

Deno.test(needing({ permissions: [...net, { name: "run" }, { name: "read" }] }, {
  name: "fetchText() leaves user and password out of the spans of OpenTelemetry",
  fn: async () => {
    await using server = new DeviceServer();
    await using receiver = new OtlpReceiver();
    const url = server.url.replace("//", `//ada:${KEY}@`);
    const module = fileURLToPath(new URL("../../src/programs/http_request.ts", import.meta.url));
    const code = `import { fetchText } from ${JSON.stringify(`file://${module}`)};
    await fetchText({ url: ${JSON.stringify(url)}, headers: {} }, new AbortController().signal);`;
    const args = ["eval", "--no-check", "--no-lock", code];
    const { code: status, stderr } = await boundCommand(Deno.execPath(), args, {
      cwd: fileURLToPath(new URL("../..", import.meta.url)),
      env: receiver.environment,
      stdout: "null",
      stderr: "piped",
    }).output();
    assert.equal(status, 0, new TextDecoder().decode(stderr));
    for (let count = 1;; count++) {
      const { kind, attributes } = await receiver.spans.nth(count);
      assert.doesNotMatch(JSON.stringify(attributes), new RegExp(KEY));
      if (kind === "client" && attributes["url.full"] === `${server.url}/`) break;
    }
  },
}));
