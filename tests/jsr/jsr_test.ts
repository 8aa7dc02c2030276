/** The package as its users get it: from a registry, in an empty folder. */

import assert from "node:assert/strict";
import { blocksOf, readPages } from "../pages/pages.ts";
import { needing } from "../support/needing.ts";
import { EmptyFolder } from "./empty_folder.ts";
import { Registry } from "./registry.ts";

/** Runs Deno in a folder to its end. */
async function run(folder: EmptyFolder, ...args: string[]) {
  const { code, stdout, stderr } = await folder.deno(args).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: decode(stdout), stderr: decode(stderr) };
}

Deno.test(
  needing({
    permissions: [{ name: "run" }, { name: "net" }, { name: "read" }, { name: "write" }, {
      name: "env",
    }],
  }, {
    name: "The published package runs, and each of its entry points can be imported",
    fn: async (t) => {
      await using registry = await Registry.start();
      await using folder = new EmptyFolder(registry);
      const { name, exports } = registry.config;

      await t.step(`deno run -A jsr:${name} --help`, async () => {
        const { code, stdout, stderr } = await run(folder, "run", "-A", `jsr:${name}`, "--help");
        assert.equal(code, 0, stderr);
        assert.match(stdout, /^Usage: source-deno-dummy/);
      });

      await t.step("import", async () => {
        const entries = Object.keys(exports).map((entry) => `jsr:${name}${entry.slice(1)}`);
        await folder.write(
          "program.ts",
          `import { IntervalSource, Timestamp, VERSION } from "jsr:${name}";
       import { ManualClock } from "jsr:${name}/testing";

       class Test extends IntervalSource {
         async update() {
           await this.send("test.jsr", Timestamp.now(), 1);
         }
       }
       const source = new Test({ token: "test", url: "amqp://localhost/", clock: new ManualClock() });
       const entries = ${JSON.stringify(entries)};
       for (const entry of entries) await import(entry);
       console.log(source.token, VERSION);`,
        );
        const { code, stdout, stderr } = await run(folder, "run", "-A", "--check", "program.ts");
        assert.equal(code, 0, stderr);
        assert.equal(stdout, `test ${registry.config.version}\n`);
      });

      await t.step("deno test, with the test at the head of ./testing", async () => {
        const page = (await readPages()).find(({ path }) => path === "src/testing/mod.ts");
        const [example = ""] = page ? blocksOf(page, "ts") : [];
        await folder.write("thermometer_test.ts", example);
        const { code, stdout, stderr } = await run(folder, "test", "-A", "thermometer_test.ts");
        assert.equal(code, 0, stdout + stderr);
        assert.match(stdout, /1 passed/);
      });

      for (const [entry, file] of Object.entries(exports)) {
        if (!file.startsWith("./src/programs/")) continue;
        await t.step(`deno run -A jsr:${name}${entry.slice(1)} --help`, async () => {
          const specifier = `jsr:${name}${entry.slice(1)}`;
          const { code, stdout, stderr } = await run(folder, "run", "-A", specifier, "--help");
          assert.equal(code, 0, stderr);
          assert.match(stdout, /^Usage: source-/);
        });
      }
    },
  }),
);
