import assert from "node:assert/strict";
import { misspeltSettings } from "../../src/cli/misspelt_settings.ts";
import { nameOption } from "../../src/cli/options.ts";
import { programTest } from "./run_program.ts";

const OPTIONS = ["server", "spool", "on-full"].map((name) =>
  nameOption(name, { description: "…" })
);

/** What is misspelt in an environment and a file, listed or not. */
function misspelt(names: readonly string[], { isListed = true, file = [] as string[] } = {}) {
  const found = misspeltSettings(OPTIONS, {
    environment: () => undefined,
    file: () => ({
      path: "/home/ada/.metricq",
      settings: new Map(file.map((name) => [name, "…"])),
    }),
    names: (_, guesses) => isListed ? names : [...guesses()].filter((one) => names.includes(one)),
  });
  return found.map(({ name, label, meant }) => `${name} of ${label}: ${meant}`);
}

Deno.test("misspeltSettings() finds what is almost an option, and leaves other names alone", () => {
  const names = [
    "METRICQ_SPOOOL",
    "METRICQ_ONFULL",
    "METRICQ_FOO",
    "METRICQ_SPOOL",
    "SPOL",
    "HOME",
  ];
  assert.deepEqual(misspelt(names, { file: ["METRICQ_SEVER", "METRICQ_SERVER"] }), [
    "METRICQ_SPOOOL of the environment: METRICQ_SPOOL",
    "METRICQ_ONFULL of the environment: METRICQ_ON_FULL",
    "METRICQ_SEVER of /home/ada/.metricq: METRICQ_SERVER",
  ]);
});

Deno.test("misspeltSettings() finds one slip of any kind where names may not be listed", () => {
  const slips = {
    METRICQ_SPOL: "METRICQ_SPOOL",
    METRICQ_SPOOLS: "METRICQ_SPOOL",
    METRICQ_XSPOOL: "METRICQ_SPOOL",
    METRICQ_SPOIL: "METRICQ_SPOOL",
    METRICQ_SOPOL: "METRICQ_SPOOL",
    METRICQ_ONFULL: "METRICQ_ON_FULL",
    METRICQ_SERVRE: "METRICQ_SERVER",
  };
  for (const [name, meant] of Object.entries(slips)) {
    assert.deepEqual(misspelt([name, "HOME"], { isListed: false }), [
      `${name} of the environment: ${meant}`,
    ]);
  }
  assert.deepEqual(misspelt(["METRICQ_SPOOL", "METRICQ_FOO"], { isListed: false }), []);
});

Deno.test(programTest(
  "./asked_permissions.ts",
  "command() asks once whether it may look for misspelt variables, however many it looks at",
  async (run) => {
    const permissions = ["--allow-env=METRICQ_*", "--allow-read"];
    const env = { METRICQ_SERVER: "amqp://broker.example" };
    const { code, stdout, stderr } = await run([], { env, permissions });
    assert.equal(code, 0, stderr);
    const { asked, looked } = JSON.parse(stdout);
    assert(looked > 1000, `${looked} variables were looked at`);
    assert(asked < 100, `${asked} questions for permissions were asked`);
  },
));

for (const permissions of [["-A"], ["--allow-env=METRICQ_*", "--allow-read"]]) {
  Deno.test(programTest(
    "./program.ts",
    `command() tells of a misspelt variable with ${permissions[0]}`,
    async (run) => {
      const env = {
        METRICQ_SERVER: "amqp://broker.example",
        METRICQ_SPOL: "/tmp/x",
        METRICQ_FOO: "1",
      };
      const { code, stderr } = await run([], { env, permissions });
      assert.equal(code, 0, stderr);
      assert.match(
        stderr,
        /^\S+ WARNING \S+ METRICQ_SPOL of the environment is not an option: did you mean METRICQ_SPOOL\?\n$/,
      );
    },
  ));
}
