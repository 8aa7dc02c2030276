/** The http source: many hosts, logins, and values with times of their own. */

import assert from "node:assert/strict";
import { HttpSession } from "../../src/programs/http_session.ts";
import { HttpSource } from "../../src/programs/http_source.ts";
import { Login, opensSession, type SessionLogin } from "../../src/programs/login.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { TestNetwork } from "../../src/testing/test_network.ts";
import * as v from "valibot";
import { LogRecords } from "../support/log_records.ts";
import { needing } from "../support/needing.ts";
import { DeviceServer } from "./device_server.ts";
import { LoginServer } from "./login_server.ts";

const permissions = [{ name: "net" }] as const;
const token = "source-test";
// Points come in chunks, ten at a time at these intervals.
const PATIENT = { timeoutSeconds: 60 };
const never = new AbortController().signal;

function sessionLogin(config: Record<string, unknown>): SessionLogin {
  const login = v.parse(Login, config);
  assert(opensSession(login));
  return login;
}

for (const type of ["cookie", "redfish"] as const) {
  Deno.test(needing({ permissions }, {
    name: `HttpSession logs in with ${type} once, and again when the session is over`,
    fn: async () => {
      await using server = new LoginServer();
      const login = sessionLogin(server.login(type));
      const session = new HttpSession(server.url, login, new ManualClock());
      const ask = async (path = "/power") =>
        JSON.parse((await session.fetchText({ url: server.url + path, headers: {} }, never)).text);
      assert.deepEqual(await Promise.all([ask(), ask(), ask()]), Array(3).fill({ power: 7 }));
      assert.equal(server.logins, 1);

      server.sessions.clear();
      assert.deepEqual(await Promise.all([ask(), ask("/page/power")]), Array(2).fill({ power: 7 }));
      assert.equal(server.logins, 2);

      await session.close();
      assert.equal(server.sessions.size, type === "redfish" ? 0 : 1);
      await assert.rejects(ask(), { message: "Cannot log in: the session is closed" });
    },
  }));

  Deno.test(needing({ permissions }, {
    name: `HttpSession does not repeat a refused login with ${type} within a minute`,
    fn: async () => {
      await using server = new LoginServer();
      const clock = new ManualClock();
      const login = sessionLogin(server.login(type, "hunter2"));
      const session = new HttpSession(server.url, login, clock);
      const refuses = async () =>
        await assert.rejects(
          session.fetchText({ url: `${server.url}/power`, headers: {} }, never),
          /^Error: Cannot log in to 127\.0\.0\.1:\d+: Cannot read .*: it answers 401 Unauthorized$/,
        );
      for (let attempt = 0; attempt < 3; attempt++) await refuses();
      assert.equal(server.logins, 1);
      await clock.advance(60);
      await refuses();
      assert.equal(server.logins, 2);
    },
  }));
}

Deno.test(needing({ permissions }, {
  name: "HttpSession is not spoilt by a request that is given up during its login",
  fn: async () => {
    await using server = new DeviceServer();
    const asked = Promise.withResolvers<void>();
    server.answer = ({ method, headers }) => {
      if (method === "GET") return Response.json(headers.get("cookie"));
      server.answer = ({ method, headers }) =>
        method === "POST"
          ? new Response("", { headers: { "set-cookie": "a=1" } })
          : Response.json(headers.get("cookie"));
      asked.resolve();
      return undefined;
    };
    const login = sessionLogin({ type: "cookie", path: "/in", user: "a", password: "b" });
    const session = new HttpSession(server.url, login, new ManualClock());
    const request = { url: server.url, headers: {} };
    const tooSlow = new AbortController();
    const first = session.fetchText(request, tooSlow.signal);
    const second = session.fetchText(request, never);
    await asked.promise;
    tooSlow.abort(new Error("too slow"));
    await assert.rejects(first, { message: "too slow" });
    assert.equal((await second).text, '"a=1"');
  },
}));

Deno.test(needing({ permissions }, {
  name: "HttpSource logs in once for all requests of a device, and out when it stops",
  fn: async () => {
    await using server = new LoginServer();
    const request = (name: string) => ({
      url: `${server.url}/${name}`,
      login: server.login("redfish"),
      values: { [`test.${name}`]: { json: "power" } },
    });
    const config = { interval: "100ms", requests: { a: request("a"), b: request("b") } };
    await using network = await TestNetwork.start({ config });
    await using source = new HttpSource({ token, url: network.url });
    await source.connect();
    for (const name of ["test.a", "test.b"]) await network.points(name, 2, PATIENT);
    assert.equal(server.logins, 1);

    // The same device in another configuration keeps its session; one that is gone loses it.
    await network.configure(token, { interval: "100ms", requests: { c: request("c") } });
    await network.points("test.c", 2, PATIENT);
    assert.equal(server.logins, 1);
    await source.stop();
    assert.equal(server.sessions.size, 0);
  },
}));

Deno.test(needing({ permissions }, {
  name: "HttpSource tells a device that refuses its login in one line, without the password",
  fn: async () => {
    await using logged = await LogRecords.capture();
    await using server = new LoginServer();
    const login = server.login("redfish", "hunter2");
    const values = { "test.power": { json: "power" } };
    const config = { interval: "100ms", requests: { bmc: { url: server.url, login, values } } };
    await using network = await TestNetwork.start({ config });
    await using source = new HttpSource({ token, url: network.url });
    await source.connect();
    const points = await network.points("test.power", 5, PATIENT);
    assert(points.every(({ value }) => Number.isNaN(value)));
    assert.equal(server.logins, 1);
    const told = logged.messages("warning").filter((message) => message.includes("No reading"));
    assert.match(told.join("\n"), /^No reading of bmc: Cannot log in to .*: it answers 401.*$/);
    assert.doesNotMatch(logged.inspect(), /hunter2/);
  },
}));

Deno.test(needing({ permissions }, {
  name: "HttpSource asks each of its hosts, and sends basic and bearer logins with each request",
  fn: async () => {
    await using server = new DeviceServer();
    server.answer = ({ url, headers }) => {
      const expected = url.includes("basic") ? `Basic ${btoa("ada:secret")}` : "Bearer secret";
      const isRight = headers.get("authorization") === expected && headers.get("x-a") === "1";
      return Response.json({ [new URL(url).pathname.slice(1)]: isRight ? 1 : 0 });
    };
    const { port } = new URL(server.url);
    const request = (type: string, login: object) => ({
      url: `http://{host}:${port}/{name}?${type}`,
      hosts: ["127.0.0.1", "localhost"],
      names: "rack[1-2]",
      headers: { "x-a": "1" },
      login: { type, ...login },
      values: {
        [`{name}.${type}`]: { regex: '"rack\\d":(\\d)', description: "Power of {name} ({host})" },
      },
    });
    const config = {
      prefix: "test",
      interval: "100ms",
      requests: {
        basic: request("basic", { user: "ada", password: "secret" }),
        bearer: request("bearer", { token: "secret" }),
      },
    };
    await using network = await TestNetwork.start({ config });
    await using source = new HttpSource({ token, url: network.url });
    await source.connect();
    for (const type of ["basic", "bearer"]) {
      for (const name of ["rack1", "rack2"]) {
        const [point] = await network.points(`test.${name}.${type}`, 1, PATIENT);
        assert.equal(point?.value, 1, `${name} ${type}`);
      }
    }
    const { description } = await network.metadata("test.rack2.basic");
    assert.equal(description, "Power of rack2 (localhost)");
  },
}));

Deno.test(needing({ permissions }, {
  name: "HttpSource sends a value with a time of its own once, with that time",
  fn: async () => {
    await using server = new DeviceServer();
    let asked = 0;
    // It measures once while it is asked three times.
    server.answer = () =>
      Response.json({ at: 1_714_564_800 + Math.floor(asked++ / 3), v: asked, w: asked });
    const values = { "test.v": { json: "v" }, "test.w": { json: "w", time: { json: "at" } } };
    const request = { url: server.url, time: { json: "at" }, values };
    await using network = await TestNetwork.start({
      config: { interval: "100ms", requests: { meter: request } },
    });
    await using source = new HttpSource({ token, url: network.url });
    await source.connect();
    for (const metric of ["test.v", "test.w"]) {
      const points = await network.points(metric, 3, PATIENT);
      assert.deepEqual(points.map(({ time, value }) => [time.seconds, value]), [
        [1_714_564_800, 1],
        [1_714_564_801, 4],
        [1_714_564_802, 7],
      ]);
    }
  },
}));

Deno.test(needing({ permissions }, {
  name: "HttpSource refuses a configuration that is not as required, and tells no secret of it",
  fn: async () => {
    await using network = await TestNetwork.start({ config: { requests: {} } });
    await using source = new HttpSource({ token, url: network.url });
    await source.connect();
    const values = { "test.a": { regex: "(.*)" } };
    const refuses = async (request: object, message: RegExp) =>
      await assert.rejects(
        network.configure(token, {
          requests: { one: { url: "http://h/hunter2?k=hunter2", values, ...request } },
        }),
        (error: Error) => {
          assert.match(error.message, message);
          assert.doesNotMatch(error.message, /hunter2/);
          return true;
        },
      );
    await refuses({ url: "h/hunter2" }, /requests\.one\.url.*: an address http:\/\/… or https/);
    await refuses({ url: "http://{host}/hunter2" }, /requests\.one\.url.*: hosts are required/);
    await refuses({ hosts: "a,b", names: "a" }, /1 name and 2 hosts are given, as many of both/);
    await refuses({ names: "a" }, /names are given, hosts are required as well/);
    await refuses({ headers: { "x-key": "hunter2\nb" } }, /headers: .*"x-key"/);
    await refuses({ headers: { "x key": "hunter2" } }, /headers: .*"x key"/);
    await refuses({ login: { type: "bearer", token: "hunter2\nb" } }, /login\.token/);
    await refuses({ login: { type: "digest", token: "hunter2" } }, /login\.type.*"basic"/);
    await refuses({ login: { type: "basic", user: "a", password: 2 } }, /login\.password/);
    await refuses({ headers: "X-Key: hunter2" }, /requests\.one\.headers/);
    await refuses({ headers: { "x-device": ["hunter2"] } }, /requests\.one\.headers\.x-device/);
    for (
      const login of [{ type: "basic", user: "a", password: "b" }, { type: "bearer", token: "c" }]
    ) {
      await refuses({ headers: { AUTHORIZATION: "hunter2" }, login }, /one of them is required/);
    }
    const url = "http://{host}/";
    await refuses({ url, hosts: ["ada:hunter2@h"] }, /hosts alone are required/);
    await refuses({ url, hosts: [] }, /no host is given, at least one is required/);
    await refuses({ url, hosts: " , " }, /no host is given, at least one is required/);
    await refuses({ login: "hunter2" }, /requests\.one\.login/);
    await refuses({ password: "hunter2" }, /requests\.one\.password/);
    await refuses({ time: "hunter" }, /requests\.one\.time/);
    await refuses({ time: { json: "a", regex: "b" } }, /one of regex, json, csv is required/);
    const named = {
      "http://ada:hunter2@h/?k=hunter2": { url: "http://h/", values, timeout: 0 },
    };
    await assert.rejects(network.configure(token, { requests: named }), ({ message }: Error) => {
      assert.match(message, /timeout|above 0/);
      assert.doesNotMatch(message, /hunter2/);
      return true;
    });
  },
}));

Deno.test(needing({ permissions }, {
  name: "HttpSource takes offset and backoff of its configuration, and refuses what does not fit",
  fn: async () => {
    await using server = new DeviceServer();
    server.answer = () => Response.json({ v: 1 });
    const requests = { meter: { url: server.url, values: { "test.v": { json: "v" } } } };
    const config = { interval: 1, align: true, offset: "250ms", backoff: "1min", requests };
    await using network = await TestNetwork.start({ config });
    await using source = new HttpSource({ token, url: network.url });
    await source.connect();
    const [point] = await network.points("test.v", 1, PATIENT);
    assert.equal(point?.time.nanoseconds, 250_000_000);
    await network.configure(token, { ...config, offset: "spread" });
    const refuses = async (change: object, message: RegExp) =>
      await assert.rejects(network.configure(token, { ...config, ...change }), message);
    await refuses({ offset: 1 }, /offset: 1 ?s is given, /);
    await refuses({ align: false }, /align is not set/);
    await refuses({ backoff: 0 }, /backoff.*above 0/);
  },
}));
