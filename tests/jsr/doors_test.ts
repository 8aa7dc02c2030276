/** What is fetched by those who import the package: no door brings what belongs to another. */

import assert from "node:assert/strict";
import { needing } from "../support/needing.ts";
import { EmptyFolder } from "./empty_folder.ts";
import { Registry } from "./registry.ts";

interface Door {
  /** The most files of ours; a few more than there are, so that a new one need not be counted here. */
  readonly files: number;
  /** All packages of npm. */
  readonly packages: readonly string[];
  /** The folders that none of the files is in. */
  readonly without: RegExp;
}

const SOURCE = ["@cloudamqp/amqp-client", "@logtape/logtape", "@opentelemetry/api"];
const NETWORK = /^\/src\/(?:dev|watch|testing|configurations)\//;
const CHECKED = [...SOURCE, "valibot", "@valibot/to-json-schema"];

const TEXT_WIDTH = ["string-width", "ansi-regex", "get-east-asian-width", "strip-ansi"];
const MQTT = (
  "@babel/runtime @types/node @types/readable-stream @types/ws abort-controller base64-js bl " +
  "broker-factory buffer buffer-from commist concat-stream debug event-target-shim events " +
  "fast-unique-numbers help-me ieee754 inherits ip-address lru-cache minimist mqtt " +
  "mqtt-packet ms process process-nextick-args readable-stream rfdc safe-buffer smart-buffer " +
  "socks split2 string_decoder tslib typedarray undici-types util-deprecate worker-factory " +
  "worker-timers worker-timers-broker worker-timers-worker ws"
).split(" ");

const DOORS: Readonly<Record<string, Door>> = {
  ".": {
    files: 215,
    packages: SOURCE,
    without: /^\/src\/(?:dev|watch|testing|programs\/(?!dummy)|sink)\//,
  },
  "./cli": {
    files: 120,
    packages: ["@logtape/logtape"],
    without: /^\/src\/(?:dev|watch|testing|programs|sink|source)\//,
  },
  "./dev": {
    files: 295,
    packages: [...SOURCE, "uplot", "re2js", ...TEXT_WIDTH],
    without: /^\/src\/(?:testing|programs)\//,
  },
  "./exec": { files: 230, packages: [...CHECKED, "csv-parse", "re2js"], without: NETWORK },
  "./http": { files: 230, packages: [...CHECKED, "csv-parse", "re2js"], without: NETWORK },
  "./modbus": { files: 225, packages: CHECKED, without: NETWORK },
  "./mqtt": { files: 230, packages: [...CHECKED, "csv-parse", "re2js", ...MQTT], without: NETWORK },
  "./prometheus": { files: 225, packages: CHECKED, without: NETWORK },
  "./sink": {
    files: 135,
    packages: SOURCE,
    without: /^\/src\/(?:dev|watch|programs|source|cli)\//,
  },
  "./snmp": {
    files: 235,
    packages: [...CHECKED, "net-snmp", "asn1-ber", "smart-buffer"],
    without: NETWORK,
  },
  "./spool": { files: 205, packages: SOURCE, without: NETWORK },
  "./sysinfo": { files: 225, packages: CHECKED, without: NETWORK },
  "./testing": {
    files: 240,
    packages: SOURCE,
    without: /^\/src\/(?:programs|cli|watch\/(?:dashboard|terminal))\//,
  },
  "./watch": {
    files: 260, // with its dashboard, which it loads when it is asked for
    packages: [...SOURCE, "uplot", "re2js", ...TEXT_WIDTH],
    without: /^\/src\/(?:dev|testing|programs|source)\//,
  },
};

/** The packages of npm that are in a cache of Deno's: their files, and not only what npm tells of them. */
async function packagesIn(folder: EmptyFolder): Promise<string[]> {
  const names: string[] = [];
  const cache = `${folder.path}/.deno/npm`;
  for (const registry of await foldersIn(cache)) {
    const scoped = (await foldersIn(`${cache}/${registry}`)).map(async (name) =>
      name.startsWith("@")
        ? (await foldersIn(`${cache}/${registry}/${name}`)).map((one) => `${name}/${one}`)
        : [name]
    );
    for (const name of (await Promise.all(scoped)).flat()) {
      if ((await foldersIn(`${cache}/${registry}/${name}`)).length > 0) names.push(name);
    }
  }
  return names;
}

async function foldersIn(path: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(path));
  return entries.filter(({ isDirectory }) => isDirectory).map(({ name }) => name);
}

Deno.test(
  needing({
    permissions: [{ name: "run" }, { name: "net" }, { name: "read" }, { name: "write" }, {
      name: "env",
    }],
  }, {
    name: "Importing an entry point of the package fetches what belongs to it, and no more",
    fn: async (t) => {
      await using registry = await Registry.start();
      const { name, exports } = registry.config;
      assert.deepEqual(Object.keys(exports).sort(), Object.keys(DOORS).sort());
      for (const [entry, door] of Object.entries(DOORS)) {
        await t.step(entry, async () => {
          await using folder = new EmptyFolder(registry);
          registry.asked.clear();
          const specifier = `jsr:${name}${entry.slice(1)}`;
          const { code, stderr } = await folder.deno(["cache", specifier]).output();
          assert.equal(code, 0, new TextDecoder().decode(stderr));
          const files = [...registry.asked];
          assert.deepEqual(files.filter((file) => door.without.test(file)), []);
          assert.ok(files.length <= door.files, `${files.length} files`);
          assert.deepEqual((await packagesIn(folder)).sort(), [...door.packages].sort());
        });
      }
    },
  }),
);
