/** What `--check` prints. */

import assert from "node:assert/strict";
import { checkText } from "../../src/cli/check.ts";

Deno.test("checkText() leaves out what may be a key to a device", () => {
  const config = {
    requests: {
      meter: {
        url: "http://ada:hunter2@meter.example/rpc?id=hunter2",
        headers: { "x-pin": "hunter2", accept: "*/*" },
        login: { type: "bearer", token: "hunter2" },
        values: { power: { json: "apower" } },
      },
    },
  };
  const text = checkText({ token: "source-test", config, metrics: {} });
  assert.doesNotMatch(text, /hunter2/);
  const shown = JSON.parse(text);
  assert.equal(shown.token, "source-test");
  assert.equal(shown.config.requests.meter.url, "http://ada:******@meter.example/rpc?******");
  assert.deepEqual(shown.config.requests.meter.values, { power: { json: "apower" } });
  assert.deepEqual(shown.config.requests.meter.headers, { "x-pin": "…", accept: "…" });
});
