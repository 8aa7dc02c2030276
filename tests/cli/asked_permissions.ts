/**
 * A program that tells what its command line has asked the runtime.
 *
 * @module
 */

import { command } from "../../src/cli/mod.ts";

let asked = 0;
let looked = 0;
const { querySync } = Deno.permissions;
Deno.permissions.querySync = (permission) => {
  asked++;
  return querySync.call(Deno.permissions, permission);
};
const { has } = Deno.env;
Deno.env.has = (name) => {
  looked++;
  return has.call(Deno.env, name);
};

await command({ defaultToken: "source-test" }, async () => {
  await Promise.resolve();
  Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify({ asked, looked })));
});
