/** How TypeScript sees the options of a command line; that this file compiles is most of it. */

import assert from "node:assert/strict";
import { command, type CommandOptions } from "../../mod.ts";

/** What `command` would be called with, without running it. */
function define(...given: Parameters<typeof command>): CommandOptions {
  return given[0];
}

Deno.test("command() infers an option's value from its parser, whose parameter needs no type", () => {
  const run = () =>
    command({
      defaultToken: "source-x",
      options: { limit: { description: "At most", default: 1, parse: (text) => Number(text) } },
    }, ({ limit }) => {
      limit satisfies number;
      // @ts-expect-error: it is a number
      limit satisfies string;
    });
  assert.equal(typeof run, "function");
});

Deno.test("command() takes options that are declared elsewhere, or nowhere", () => {
  const OPTIONS = {
    period: { description: "Period", default: "1s" },
    "dry-run": { description: "Only show", flag: true },
  } as const;
  const run = () =>
    command(
      { defaultToken: "source-x", options: OPTIONS },
      ({ period, dryRun, server, token }) => {
        [period, server, token] satisfies string[];
        dryRun satisfies boolean;
      },
    );
  const runWithout = () =>
    // @ts-expect-error: there is no such option
    command({ defaultToken: "source-x" }, ({ period }) => void period);
  assert.equal(typeof run, typeof runWithout);
});

Deno.test("command() takes undefined where an option of its definition may be missing", () => {
  const version: string | undefined = undefined;
  assert.ok(define({ defaultToken: "source-x", version, description: undefined }, () => {}));
});

Deno.test("command() refuses a misspelt field of an option, also where nothing checks types", async () => {
  await assert.rejects(
    command({
      defaultToken: "source-x",
      // @ts-expect-error: it is called required
      options: { limit: { description: "At most", requird: true } },
    }, () => {}),
    {
      name: "TypeError",
      message:
        'Cannot declare option "limit": "requird" is given, which an option does not have: ' +
        'did you mean "required"?',
    },
  );
});

Deno.test("command() refuses the default of a flag, which would be ignored", async () => {
  await assert.rejects(
    command({
      defaultToken: "source-x",
      // @ts-expect-error: a flag is given or not
      options: { fast: { description: "Be fast", flag: true, default: true } },
    }, () => {}),
    {
      name: "TypeError",
      message:
        'Cannot declare option "fast": "default" is given, which an option with flag: true does not have',
    },
  );
});
