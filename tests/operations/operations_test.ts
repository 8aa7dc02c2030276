/** What examples/operations says, as far as it can be done without being root. */

import assert from "node:assert/strict";
import { TestNetwork } from "../../src/testing/test_network.ts";
import { DatagramSocket } from "../cli/datagram_socket.ts";
import { EmptyFolder } from "../jsr/empty_folder.ts";
import { Registry } from "../jsr/registry.ts";
import { DeviceServer } from "../programs/device_server.ts";
import { needing } from "../support/needing.ts";

const UNIT = "metricq-sysinfo.service";
// Where the unit has Deno; here it is elsewhere.
const UNIT_DENO = "/usr/local/bin/deno";
const MAX_EXPOSURE = 2.0;

async function read(name: string): Promise<string> {
  const text = await Deno.readTextFile(
    new URL(`../../examples/operations/${name}`, import.meta.url),
  );
  return text.replaceAll(/\\\n\s*/g, "");
}

/** Waits for what a program is to do; should it end instead, that fails with what it has printed. */
async function whileRunning(output: Promise<Deno.CommandOutput>, done: Promise<unknown>) {
  const early = output.then(({ stderr }) => assert.fail(new TextDecoder().decode(stderr)));
  await Promise.race([done, early]);
  early.catch(() => {}); // it ends later, as it should
}

Deno.test(needing({ peers: ["systemd-analyze"] }, {
  name: `${UNIT} is a valid unit that exposes little`,
  fn: async () => {
    const folder = await Deno.makeTempDir();
    const path = `${folder}/${UNIT}`;
    await Deno.writeTextFile(path, (await read(UNIT)).replace(UNIT_DENO, Deno.execPath()));
    const analyze = async (...args: string[]) => {
      const { code, stdout, stderr } = await new Deno.Command("systemd-analyze", { args }).output();
      const output = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
      assert.equal(code, 0, output);
      return output;
    };
    assert.equal(await analyze("verify", path), "");
    const threshold = `--threshold=${MAX_EXPOSURE * 10}`;
    await analyze("security", "--offline=true", "--no-pager", threshold, path);
    await Deno.remove(folder, { recursive: true });
  },
}));

Deno.test(needing({ peers: ["systemd-analyze"] }, {
  name: `${UNIT} starts a source that tells systemd when it is ready`,
  fn: async () => {
    const text = await read(UNIT);
    const [, command = ""] = /^ExecStart=(.*)$/m.exec(text) ?? [];
    // systemd makes the folder, and puts the path of those of all services in the place of %S.
    const states = await Deno.makeTempDir();
    const [, state = ""] = /^StateDirectory=(.*)$/m.exec(text) ?? [];
    await Deno.mkdir(`${states}/${state}`);
    const [program, ...args] = command.replaceAll("%S", states).split(/\s+/);
    assert.equal(program, UNIT_DENO);

    await using registry = await Registry.start();
    await using folder = new EmptyFolder(registry);
    await using systemd = await DatagramSocket.open();
    await using network = await TestNetwork.start();
    const source = folder.deno(args, {
      METRICQ_SERVER: network.url,
      METRICQ_TOKEN: "source-sysinfo-$HOST",
      NOTIFY_SOCKET: systemd.path,
      WATCHDOG_USEC: "200000",
    }).spawn();
    const output = source.output();
    await whileRunning(output, systemd.waitFor("READY=1"));
    await whileRunning(output, systemd.waitFor("WATCHDOG=1"));
    await network.rpc("source.register", { from: `source-sysinfo-${Deno.hostname()}` });
    source.kill("SIGTERM");
    await systemd.waitFor("STOPPING=1");
    const { code, stderr } = await output;
    const log = new TextDecoder().decode(stderr);
    assert.equal(String(code), /^SuccessExitStatus=(.*)$/m.exec(text)?.[1], log);
    assert.match(log, /^time=\S+ level=info /m);
    assert.doesNotMatch(log, /level=(warning|error)/);
    assert((await Deno.stat(`${states}/${state}/spool`)).isFile);
    await Deno.remove(states, { recursive: true });
  },
}));

Deno.test(needing({ peers: [] }, {
  name: "Containerfile's commands start a source that needs no registry",
  fn: async () => {
    const text = await read("Containerfile");
    const [, prepare = ""] = /^RUN deno (.*?) && /m.exec(text) ?? [];
    const list = (instruction: string): string[] => {
      const [, json = "[]"] = new RegExp(`^${instruction} (\\[.*\\])$`, "m").exec(text) ?? [];
      return JSON.parse(json);
    };
    const [program, ...args] = [...list("ENTRYPOINT"), ...list("CMD")];
    assert.equal(program, "deno");

    await using device = new DeviceServer();
    device.answer = () => new Response("42");
    const values = { power: { regex: "\\d+" } };
    const config = {
      prefix: "example",
      rate: 50,
      requests: { meter: { url: device.url, values } },
    };
    await using network = await TestNetwork.start({ config });
    const registry = await Registry.start();
    await using folder = new EmptyFolder(registry);
    const { success, stderr: problems } = await folder.deno(prepare.split(" ")).output();
    await registry[Symbol.asyncDispose]();
    assert(success, new TextDecoder().decode(problems));

    const source = folder.deno(args, { METRICQ_SERVER: network.url }).spawn();
    const output = source.output();
    await whileRunning(output, network.points("example.power", 1, { timeoutSeconds: 30 }));
    source.kill("SIGTERM");
    const { code, stderr } = await output;
    assert.equal(code, 143, new TextDecoder().decode(stderr));
  },
}));
