/** Passwords that change while a source runs. */

import assert from "node:assert/strict";
import { ConnectFailed } from "../../src/errors.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { Network } from "../e2e/network.ts";
import { METRIC, TestSource } from "../e2e/test_source.ts";
import { needing } from "../support/needing.ts";

const needs = ["rabbitmq", "metricq"] as const;

Deno.test(needing({ peers: needs }, {
  name: "Source logs in with a password that has changed, when credentials gives it",
  fn: async () => {
    await using network = await Network.start();
    const { ctl, name } = network.vhost;
    const username = `user-${name}`;
    let password = "first";
    await ctl("add_user", username, password);
    await ctl("set_permissions", "--vhost", name, username, ".*", ".*", ".*");
    const sink = await network.sink(METRIC);
    await using source = new TestSource({
      url: network.url,
      credentials: () => Promise.resolve({ username, password }),
    });
    await source.connect();
    await source.send(METRIC, Timestamp.fromPosixNs(1n), 1);
    await sink.waitForPoints(METRIC, 1);
    await source.flush(); // or it may be sent again, when its confirm is lost with the connection

    await ctl("change_password", username, "second");
    password = "second";
    // Not those of the manager and the sink, which have another user.
    await ctl("close_all_user_connections", username, "maintenance");
    await source.send(METRIC, Timestamp.fromPosixNs(2n), 2);
    const points = await sink.waitForPoints(METRIC, 2);
    assert.deepEqual(points.map(({ timeNs }) => timeNs), [1n, 2n]);
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "Source.connect() rejects when credentials gives the wrong password",
  fn: async () => {
    await using network = await Network.start();
    const source = new TestSource({
      url: network.url,
      credentials: () => ({ username: "guest", password: "s3cr3t" }),
    });
    await assert.rejects(source.connect(), (error) => {
      assert(error instanceof ConnectFailed);
      assert.match(error.message, /ACCESS_REFUSED/);
      assert.doesNotMatch(Deno.inspect([error, source], { depth: 20, showHidden: true }), /s3cr3t/);
      return true;
    });
  },
}));
