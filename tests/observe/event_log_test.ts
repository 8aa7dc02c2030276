import assert from "node:assert/strict";
import { structuredFormatter } from "../../src/cli/structured_log.ts";
import { logEvent } from "../../src/observe/event_log.ts";
import type { ToldEvent } from "../../src/observe/events.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { LogRecords } from "../support/log_records.ts";

const time = new Timestamp(1_700_000_000, 0);

/** What a program that reads the log is told of an event, with as much as it can have. */
async function fieldsOf(event: ToldEvent): Promise<Record<string, unknown>> {
  await using logged = await LogRecords.capture();
  logEvent("source-test", event, false);
  const [record] = logged.records;
  assert(record !== undefined);
  const { time: _, logger: __, ...fields } = JSON.parse(structuredFormatter("json", true)(record));
  return fields;
}

Deno.test("logEvent() gives a structured log what an event is made of, but the time", async () => {
  assert.deepEqual(
    await fieldsOf({ kind: "connection-back", time, connection: "data", outageSeconds: 1.26 }),
    {
      level: "warning",
      message: "data connection source-test is back after 1.3 s",
      token: "source-test",
      kind: "connection-back",
      connection: "data",
      outageSeconds: 1.26,
      seconds: "1.3",
    },
  );
});

Deno.test("logEvent() keeps the stacks of errors out of a structured log", async () => {
  const error = new TypeError("the sensor is gone", { cause: new Error("unplugged") });
  for (const kind of ["stopping", "stopped"] as const) {
    const fields = await fieldsOf({ kind, time, error });
    assert.equal(JSON.stringify(fields).includes("event_log_test"), false, JSON.stringify(fields));
    assert.equal("stack" in fields, false);
  }
});

Deno.test("logEvent() names some keys of a configuration, however many it has", async () => {
  const keys = Array.from({ length: 10_000 }, (_, i) => `device ${i} ${"x".repeat(i)}`);
  const fields = await fieldsOf({ kind: "configured", time, keys, tookSeconds: 0 });
  assert.deepEqual(Object.keys(fields).sort(), [
    ...["kind", "level", "message", "names", "token", "tookSeconds"],
  ]);
  assert(JSON.stringify(fields).length < 2000);
});
