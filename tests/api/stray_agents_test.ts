/** Sources that the options of a program do not reach: each is told in one line. */

import assert from "node:assert/strict";
import { userProgram } from "./user_program.ts";

const ROOT = new URL("../../", import.meta.url).href;

// Of a library, say, that asks for another version of the package.
const OTHER_COPY = `
  import { cpSync } from "node:fs";
  const folder = await Deno.makeTempDir();
  for (const name of ["deno.json", "mod.ts", "src"]) {
    cpSync(new URL(name, "${ROOT}"), \`\${folder}/\${name}\`, { recursive: true });
  }
  const other = await import(\`file://\${folder}/mod.ts\`);
  class S extends other.Source {
    async task() {
      await this.declareMetrics(["lab.power"]);
      await this.send("lab.power", other.Timestamp.now(), 5); void this.stop();
    }
  }
  addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
  await command({ defaultToken: "source-x" }, ({ server, token }) =>
    new S({ token, url: server }).run());
`;

const REASON = "it belongs to another copy of @metricq/source: load one version of the package";

Deno.test(userProgram({
  name: "command() tells of a source of another copy of the package, which runs all the same",
  text: OTHER_COPY,
  check: async ({ status, stderr }, network) => {
    assert.ok(
      stderr.endsWith(
        ` WARNING metricq.cli: The options of this program do not reach source-x: ${REASON}\n`,
      ),
      stderr,
    );
    assert.equal(stderr.trimEnd().split("\n").length, 1, stderr);
    assert.equal((await network.points("lab.power"))[0]?.value, 5);
    assert.equal(status, 0);
  },
}));

Deno.test(userProgram({
  name: "command() refuses to check a source of another copy of the package, which would run",
  text: OTHER_COPY,
  args: ["--check"],
  check: async ({ status, stderr }, network) => {
    assert.equal(stderr, `error: Cannot check source-x: ${REASON} (-v debug tells where)\n`);
    assert.equal(status, 1);
    await assert.rejects(network.points("lab.power", 1, { timeoutSeconds: 0.1 }), /0 have come/);
  },
}));

Deno.test(userProgram({
  name: "command() tells of a source that was made before its main was called",
  text: `
    class S extends Source {
      task() { void this.stop(); }
    }
    const source = new S({ token: "source-x", url: server });
    await command({ defaultToken: "source-x" }, () => source.run());
  `,
  check: ({ status, stderr }) => {
    assert.match(
      stderr,
      / WARNING metricq\.cli: The options of this program do not reach source-x: it was made before main was called: make it in main\n$/,
    );
    assert.equal(stderr.trimEnd().split("\n").length, 1, stderr);
    assert.equal(status, 0);
  },
}));
