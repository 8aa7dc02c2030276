/** Where a source connects to, and as whom. */

import assert from "node:assert/strict";
import { ConnectFailed } from "../../src/errors.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { freePort } from "../peers/process.ts";
import { RabbitMq } from "../peers/rabbitmq.ts";
import { sharedVhost } from "../peers/shared_broker.ts";
import { needing } from "../support/needing.ts";
import { Certificates } from "./certificates.ts";
import { makeDatabaseQueue, readDatabaseUntil } from "./database.ts";
import { Network } from "./network.ts";
import { METRIC, TestSource, type TestSourceOptions } from "./test_source.ts";

const needs = ["rabbitmq", "metricq"] as const;
const TIME = Timestamp.fromPosixNs(1n);

/** Connects, sends a point, and waits until the broker has it. */
async function sendOne(options: TestSourceOptions): Promise<void> {
  await using source = new TestSource(options);
  await source.connect();
  await source.send(METRIC, TIME, 1);
  await source.flush();
}

for (const slash of ["", "/"]) {
  Deno.test(needing({ peers: needs }, {
    name: `Source sends its data to "vhost:${slash}name" on the management's broker`,
    fn: async () => {
      const data = await sharedVhost();
      await makeDatabaseQueue(data.url);
      await using network = await Network.start({
        dataServerAddress: `vhost:${slash}${data.name}`,
      });
      await sendOne({ url: network.url });
      assert.deepEqual(await readDatabaseUntil(data.url, 1), [[1]]);
    },
  }));
}

Deno.test(needing({ peers: needs }, {
  name: "Source logs in to the data's address with the user of its own URL",
  fn: async () => {
    const data = await sharedVhost();
    await makeDatabaseQueue(data.url);
    const stranger = new URL(data.url);
    stranger.username = "stranger";
    stranger.password = "wrong";
    await using network = await Network.start({ dataServerAddress: stranger.href });
    await sendOne({ url: network.url });
    assert.deepEqual(await readDatabaseUntil(data.url, 1), [[1]]);
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "Source logs in with a user and password of any characters, percent-encoded",
  fn: async () => {
    await using network = await Network.start();
    const { vhost } = network;
    for (
      const [user, password] of [["us er@:/", "p@ss:w/rd?#%25ü€😀"], ["%41", "+&=%zz"]] as const
    ) {
      await vhost.ctl("add_user", "--", user, password);
      await vhost.ctl("set_permissions", "--vhost", vhost.name, user, ".*", ".*", ".*");
      const url = network.url.replace(
        "guest:guest",
        `${encodeURIComponent(user)}:${encodeURIComponent(password)}`,
      );
      await sendOne({ url });
      await sendOne({ url: new URL(url) });
    }
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "Source connects to a vhost whose name is percent-encoded",
  fn: async () => {
    const { ctl, url: sharedUrl } = await sharedVhost();
    const name = `odd /%name ${crypto.randomUUID()}`;
    await ctl("add_vhost", name);
    await ctl("set_permissions", "--vhost", name, "guest", ".*", ".*", ".*");
    const url = new URL(sharedUrl);
    url.pathname = `/${encodeURIComponent(name)}`;
    await using network = await Network.start({
      vhost: { name, url: url.href, ctl },
      dataServerAddress: `vhost:${name}`,
    });
    await sendOne({ url: network.url });
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "Source connects with amqps, and shows who it is by a certificate",
  fn: async (t) => {
    await using certificates = await Certificates.make();
    const port = freePort();
    await using broker = await RabbitMq.start({
      config: [
        "listeners.ssl.1 = " + `127.0.0.1:${port}`,
        `ssl_options.cacertfile = ${certificates.path("ca.pem")}`,
        `ssl_options.certfile = ${certificates.path("server.pem")}`,
        `ssl_options.keyfile = ${certificates.path("server.key")}`,
        "ssl_options.verify = verify_peer",
        "ssl_options.fail_if_no_peer_cert = true",
      ],
    });
    await using _network = await Network.start({
      vhost: { name: "/", url: broker.url, ctl: (...args) => broker.ctl(...args) },
      dataServerAddress: `amqps://localhost:${port}/`,
    });
    const address = `amqps://guest:guest@localhost:${port}/`;
    const [ca, cert, key] = ["ca.pem", "client.pem", "client.key"].map((file) =>
      certificates.path(file)
    );
    const files = `?cacertfile=${ca}&certfile=${cert}&keyfile=${key}`;
    const texts = {
      caCerts: [await certificates.text("ca.pem")],
      cert: await certificates.text("client.pem"),
      key: await certificates.text("client.key"),
    };
    const refuses = async (options: TestSourceOptions, message: RegExp) => {
      const source = new TestSource(options);
      await assert.rejects(source.connect(), (error) => {
        assert(error instanceof ConnectFailed);
        assert.match(error.message, message);
        assert.doesNotMatch(Deno.inspect(error, { depth: 20 }), /guest:guest|PRIVATE KEY/);
        return true;
      });
    };

    await t.step("with files that the URL names", () => sendOne({ url: address + files }));
    await t.step("with texts", () => sendOne({ url: address, tls: texts }));
    await t.step(
      "by IP address",
      () => sendOne({ url: `amqps://guest:guest@127.0.0.1:${port}/${files}` }),
    );
    await t.step("but not without the authority's certificate", () =>
      refuses(
        { url: `${address}?certfile=${cert}&keyfile=${key}` },
        /^Cannot connect to amqps:.*: Connection failed: .*(issuer|self.signed|unable to verify)/i,
      ));
    await t.step(
      "but not without a certificate of its own",
      () =>
        refuses({ url: `${address}?cacertfile=${ca}` }, /^Cannot connect to amqps:.*: Connection /),
    );
    await t.step("but not when a file is missing", () =>
      refuses(
        { url: `${address}?cacertfile=/no/such.pem` },
        /Cannot read cacertfile of the server URL: .*\/no\/such\.pem/,
      ));
    await t.step("but not to a port that speaks no TLS", () =>
      refuses(
        { url: broker.url.replace("amqp:", "amqps:") + files },
        /^Cannot connect to amqps:/,
      ));
    await t.step(
      "and not with amqp to a port that speaks TLS only",
      () => refuses({ url: address.replace("amqps:", "amqp:") }, /^Cannot connect to amqp:/),
    );
  },
}));
