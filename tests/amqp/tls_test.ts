import assert from "node:assert/strict";
import { ServerAddress } from "../../src/amqp/server_address.ts";
import { readTlsCertificates } from "../../src/amqp/tls.ts";
import { needing } from "../support/needing.ts";

const needs = [{ name: "read" }, { name: "write" }] as const;

Deno.test(needing({ permissions: needs }, {
  name: "readTlsCertificates() reads the files that the address names",
  fn: async () => {
    const folder = await Deno.makeTempDir();
    try {
      for (const name of ["ca", "cert", "key"]) {
        await Deno.writeTextFile(`${folder}/${name}.pem`, `the ${name}`);
      }
      const read = (parameters: string) =>
        readTlsCertificates(ServerAddress.parse(`amqps://localhost/?${parameters}`));
      assert.deepEqual(await read(`cacertfile=${folder}/ca.pem`), { caCerts: ["the ca"] });
      assert.deepEqual(await read(`certfile=${folder}/cert.pem&keyfile=${folder}/key.pem`), {
        cert: "the cert",
        key: "the key",
      });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
}));

Deno.test("readTlsCertificates() reads nothing where no file is named", async () => {
  assert.deepEqual(await readTlsCertificates(ServerAddress.parse("amqps://localhost/")), {});
});

Deno.test(needing({ permissions: needs }, {
  name: "readTlsCertificates() rejects with the parameter and the file it cannot read",
  fn: async () => {
    for (const parameter of ["cacertfile", "certfile", "keyfile"]) {
      const address = ServerAddress.parse(`amqps://localhost/?${parameter}=/no/such.pem`);
      await assert.rejects(readTlsCertificates(address), {
        name: "AmqpError",
        message: new RegExp(`^Cannot read ${parameter} of the server URL: .*/no/such\\.pem`),
      });
    }
  },
}));
