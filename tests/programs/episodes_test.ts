/** A device that is stopped, closed or changed: "no reading", one line, and back by itself. */

import assert from "node:assert/strict";
import { ExecSource } from "../../src/programs/exec_source.ts";
import { HttpSource } from "../../src/programs/http_source.ts";
import { PrometheusSource } from "../../src/programs/prometheus_source.ts";
import type { Source, SourceOptions } from "../../src/source/source.ts";
import { TestNetwork } from "../../src/testing/test_network.ts";
import { LogRecords } from "../support/log_records.ts";
import { needing } from "../support/needing.ts";
import { DeviceServer } from "./device_server.ts";

const permissions = [{ name: "net" }, { name: "run" }, { name: "read" }, {
  name: "write",
}] as const;
const token = "source-test";
const PATIENT = { timeoutSeconds: 60 };

/** A kind of device, in a network of its own. */
interface Kind {
  readonly program: new (options: SourceOptions) => Source;
  /** Its configuration, for a device at an address. */
  readonly config: (url: string) => object;
  /** What it answers to a request when it is well. */
  readonly answer: (request: Request) => Response;
}

const login = { type: "cookie", path: "/in", user: "a", password: "b" };
const request = { interval: "100ms", timeout: "2s", values: { "test.value": { json: "value" } } };

const KINDS: Readonly<Record<string, Kind>> = {
  HttpSource: {
    program: HttpSource,
    config: (url) => ({ requests: { device: { url, ...request } } }),
    answer: () => Response.json({ value: 1 }),
  },
  "HttpSource with a login": {
    program: HttpSource,
    config: (url) => ({ requests: { device: { url, login, ...request } } }),
    answer: ({ method, headers }) =>
      method === "POST"
        ? new Response("", { headers: { "set-cookie": "a=1" } })
        : Response.json({ value: 1 }, { status: headers.get("cookie") === "a=1" ? 200 : 401 }),
  },
  PrometheusSource: {
    program: PrometheusSource,
    config: (url) => ({
      prefix: "test",
      targets: { device: { url, interval: "100ms", timeout: "2s" } },
    }),
    answer: () => new Response("value 1\n"),
  },
};

/** What may happen to a device. */
const EPISODES: readonly (() => Response | undefined)[] = [
  () => undefined, // stopped, as by SIGSTOP
  () => new Response("<html>It works!</html>"),
  () => new Response("oh", { status: 500 }),
  () => Response.json({ value: { is: "an object" } }),
];

for (const [name, { program: Program, config, answer }] of Object.entries(KINDS)) {
  Deno.test(needing({ permissions }, {
    name: `${name} tells each episode of a device in one line, and is back by itself`,
    fn: async () => {
      await using logged = await LogRecords.capture();
      let device = new DeviceServer();
      device.answer = answer;
      const port = Number(new URL(device.url).port);
      await using network = await TestNetwork.start({ config: config(device.url) });
      await using source = new Program({ token, url: network.url });
      await source.connect();
      await network.points("test.value", 1, PATIENT);
      let episodes = 0;
      const follow = async (begin: () => unknown, end: () => unknown) => {
        await begin();
        await logged.logged("warning", /^No reading of device: /, ++episodes);
        await end();
        await logged.logged("info", /^device is read again, after \d+ failures?$/, episodes);
      };
      for (const episode of EPISODES) {
        await follow(() => device.answer = episode, () => device.answer = answer);
      }
      await follow(() => device[Symbol.asyncDispose](), () => {
        device = new DeviceServer(port);
        device.answer = answer;
      });
      await source.stop();
      await device[Symbol.asyncDispose]();
      const told = (level: "warning" | "info") =>
        logged.messages(level).filter((line) =>
          /device/.test(line) && !/missed \d+ deadline/.test(line)
        );
      assert.equal(told("warning").length, episodes, told("warning").join("\n"));
      assert.equal(told("info").length, episodes, told("info").join("\n"));
      const { pointsSent } = source.stats;
      const values = (await network.points("test.value", pointsSent, PATIENT)).map(({ value }) =>
        value
      );
      const runs = values.filter((value, at) => !Object.is(value, values[at - 1]));
      assert.deepEqual(runs, Array.from({ length: 2 * episodes + 1 }, (_, at) => at % 2 ? NaN : 1));
    },
  }));
}

Deno.test(needing({ permissions }, {
  name: "ExecSource tells each episode of a command in one line, and is back by itself",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await using logged = await LogRecords.capture();
    const script = await Deno.makeTempFile();
    const commands = {
      device: {
        command: ["sh", script],
        interval: "100ms",
        timeout: "2s",
        values: { "test.value": { regex: "^\\d+$" } },
      },
    };
    const write = async (text: string) => {
      await Deno.writeTextFile(`${script}.new`, text);
      await Deno.rename(`${script}.new`, script);
    };
    await write("echo 1");
    await using network = await TestNetwork.start({ config: { commands } });
    await using source = new ExecSource({ token, url: network.url });
    await source.connect();
    await network.points("test.value", 1, PATIENT);
    const bad = ["sleep 1000", "echo nothing", "echo 1; exit 3", "yes"];
    for (const [episode, text] of bad.entries()) {
      await write(text);
      await logged.logged("warning", /^No reading of device: /, episode + 1);
      await write("echo 1");
      await logged.logged("info", /^device is read again, after \d+ failures?$/, episode + 1);
    }
    await source.stop();
    const warnings = logged.messages("warning").filter((line) => /No reading/.test(line));
    assert.equal(warnings.length, bad.length, warnings.join("\n"));
    await Deno.remove(script);
  },
}));
