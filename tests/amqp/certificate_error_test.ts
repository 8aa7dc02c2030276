/** What is reported of a broker with an unacceptable certificate. */

import assert from "node:assert/strict";
import { createServer } from "node:tls";
import { AmqpSocket } from "../../src/amqp/amqp_socket.ts";
import { ServerAddress } from "../../src/amqp/server_address.ts";
import { systemTransport } from "../../src/amqp/transport.ts";
import { AmqpError } from "../../src/errors.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { needing } from "../support/needing.ts";
import { concat, OPEN_OK, RudeServer, START, tune } from "./rude_server.ts";

const needs = [{ name: "net" }, { name: "read" }] as const;
const CERTIFICATES = new URL("certificates/", import.meta.url);

function read(name: string): Promise<string> {
  return Deno.readTextFile(new URL(`${name}.pem`, CERTIFICATES));
}

/** A listener with a certificate, which lets every client log in. */
async function listen(certificate: string): Promise<AsyncDisposable & { readonly port: number }> {
  const pem = await read(certificate);
  const server = createServer({ cert: pem, key: pem }, (socket) => {
    socket.on("error", () => {});
    socket.write(concat([START, tune(), OPEN_OK]));
    socket.resume(); // a socket that is not read never ends
  });
  server.on("tlsClientError", () => {}); // the client has refused us, as it should
  const listening = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", () => listening.resolve());
  await listening.promise;
  const address = server.address();
  assert(typeof address === "object" && address);
  return {
    port: address.port,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

async function connect(port: number, authority?: string): Promise<AmqpSocket> {
  const tls = authority === undefined ? {} : { caCerts: [await read(authority)] };
  const socket = new AmqpSocket(ServerAddress.parse(`amqps://localhost:${port}/`), {
    name: "test",
    tls,
    clock: new ManualClock(),
    transport: systemTransport,
  });
  return await socket.connect();
}

Deno.test(needing({ permissions: needs }, {
  name: "AmqpSocket.connect() takes a certificate of the given authority",
  fn: async () => {
    await using server = await listen("valid");
    const socket = await connect(server.port, "authority");
    socket.destroy();
  },
}));

const refusals: Record<
  string,
  readonly [certificate: string, authority: string | undefined, message: RegExp]
> = {
  "from an authority that is not the given one": [
    "valid",
    "stranger",
    /^Connection failed: the broker's certificate is from no trusted authority: /,
  ],
  "from an authority that the system does not know": [
    "valid",
    undefined,
    /^Connection failed: the broker's certificate is from no trusted authority: /,
  ],
  "for another host": [
    "elsewhere",
    "authority",
    /^Connection failed: the broker's certificate is for another host: .*localhost.*broker\.example\.org/,
  ],
  "that has expired": [
    "expired",
    "authority",
    /^Connection failed: the broker's certificate has expired: /,
  ],
  "that is not valid yet": [
    "future",
    "authority",
    /^Connection failed: the broker's certificate is not valid yet: /,
  ],
};

for (const [what, [certificate, authority, message]] of Object.entries(refusals)) {
  Deno.test(needing({ permissions: needs }, {
    name: `AmqpSocket.connect() refuses a certificate ${what}, and says so`,
    fn: async () => {
      await using server = await listen(certificate);
      await assert.rejects(connect(server.port, authority), (error) => {
        assert(error instanceof AmqpError);
        assert.match(error.message, message);
        return true;
      });
    },
  }));
}

Deno.test(needing({ permissions: needs }, {
  name: "AmqpSocket.connect() tells that TLS is missing on the port",
  fn: async () => {
    await using server = new RudeServer(async (connection) => {
      await connection.write(new TextEncoder().encode("AMQP\x00\x00\x09\x01"));
      await connection.silence();
    });
    const port = Number(new URL(server.url()).port);
    await assert.rejects(
      connect(port),
      /^AmqpError: Connection failed: the broker speaks no TLS on this port: /,
    );
  },
}));
