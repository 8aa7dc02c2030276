import assert from "node:assert/strict";
import { allOptions } from "../../src/cli/built_in_options.ts";

const description = "Its own";

Deno.test("allOptions() gives every program the built-in options", () => {
  const { builtIn, own, replaced } = allOptions({ defaultToken: "source-x" });
  assert.deepEqual(
    builtIn.map(({ name }) => name),
    [
      ...["server", "token", "syslog", "health"],
      ...["spool", "on-full", "delivery", "connection-timeout", "chunk-age"],
      ...["verbosity", "log-format", "check", "completion"],
    ],
  );
  assert.deepEqual([own, replaced], [[], []]);
});

Deno.test("allOptions() leaves out those of a network for a program without one", () => {
  const { builtIn, own } = allOptions({
    defaultToken: "source-x",
    requireServer: "never",
    options: { server: { description } },
  });
  assert.deepEqual(
    builtIn.map(({ name }) => name),
    ["syslog", "verbosity", "log-format", "completion"],
  );
  assert.deepEqual(own.map(({ name }) => name), ["server"]);
});

Deno.test("allOptions() leaves out those of sources for a program that sends nothing", () => {
  const { builtIn } = allOptions({ defaultToken: "sink-x", sends: false });
  assert.deepEqual(
    builtIn.map(({ name }) => name),
    [
      ...["server", "token", "syslog", "connection-timeout"],
      ...["verbosity", "log-format", "completion"],
    ],
  );
});

Deno.test("allOptions() lets a program's own option take the place of a built-in one", () => {
  const { builtIn, own, replaced } = allOptions({
    defaultToken: "source-x",
    options: { health: { description }, logFormat: { description } },
  });
  assert.deepEqual(replaced, ["--health", "--log-format"]);
  assert.deepEqual(own.map(({ name }) => name), ["health", "log-format"]);
  assert.ok(builtIn.every(({ name }) => name !== "health" && name !== "log-format"));
});

Deno.test("allOptions() lets a program's own short form take the place of a built-in one", () => {
  const options = { volume: { description, short: "v" } };
  const { builtIn, replaced } = allOptions({ defaultToken: "source-x", options });
  assert.deepEqual(replaced, ["-v"]);
  assert.equal(builtIn.find(({ name }) => name === "verbosity")?.option.short, undefined);
});
