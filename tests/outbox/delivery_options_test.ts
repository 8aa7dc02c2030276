import assert from "node:assert/strict";
import { checkDeliveryOptions, type DeliveryOptions } from "../../src/outbox/delivery_options.ts";
import { openSpoolFile } from "../../src/outbox/open_spool.ts";

Deno.test("checkDeliveryOptions() has a default for each option", () => {
  assert.deepEqual(checkDeliveryOptions({}), {
    outboxMaxBytes: 64 * 1024 * 1024,
    onFull: "drop-oldest",
    delivery: "confirmed",
    persistent: true,
    spool: undefined,
    openSpool: openSpoolFile,
    spoolMaxBytes: 1024 * 1024 * 1024,
    onPointsLost: undefined,
  });
});

Deno.test("checkDeliveryOptions() makes messages persistent with confirms, unless told otherwise", () => {
  const persistentWith = (options: DeliveryOptions) => checkDeliveryOptions(options).persistent;
  assert.equal(persistentWith({ delivery: "at-most-once" }), false);
  assert.equal(persistentWith({ delivery: "at-most-once", persistent: true }), true);
  assert.equal(persistentWith({ persistent: false }), false);
});

Deno.test("checkDeliveryOptions() takes a spool as path or file URL", () => {
  assert.equal(checkDeliveryOptions({ spool: "/tmp/a b.db" }).spool, "/tmp/a b.db");
  const spool = new URL("file:///tmp/a%20b.db");
  assert.equal(checkDeliveryOptions({ spool }).spool, "/tmp/a b.db");
});

Deno.test("checkDeliveryOptions() lets no name be one of SQLite's own", () => {
  assert.match(checkDeliveryOptions({ spool: ":memory:" }).spool ?? "", /[\\/]:memory:$/);
  assert.match(checkDeliveryOptions({ spool: "file:x?mode=memory" }).spool ?? "", /[\\/]file:x/);
});

const bad: readonly (readonly [options: unknown, name: string, message: string])[] = [
  [
    { outboxMaxBytes: 0 },
    "RangeError",
    "Cannot use outboxMaxBytes: 0 is given, a positive integer is required",
  ],
  [{ outboxMaxBytes: 1.5 }, "RangeError", "1.5 is given"],
  [{ outboxMaxBytes: NaN }, "RangeError", "NaN is given"],
  [{ outboxMaxBytes: Infinity }, "RangeError", "Infinity is given"],
  [{ outboxMaxBytes: "64" }, "TypeError", '"64" is given'],
  [{ spoolMaxBytes: -1 }, "RangeError", "Cannot use spoolMaxBytes: -1 is given"],
  [
    { onFull: "drop" },
    "RangeError",
    'Cannot use onFull: "drop" is given, "drop-oldest" or "wait" or "fail" is required',
  ],
  [{ onFull: null }, "TypeError", "null is given"],
  [{ delivery: "exactly-once" }, "RangeError", '"confirmed" or "at-most-once" is required'],
  [
    { persistent: 2 },
    "TypeError",
    "Cannot use persistent: 2 is given, true or false is required",
  ],
  [{ onPointsLost: "log" }, "TypeError", '"log" is given, a function is required'],
  [{ spool: "" }, "RangeError", 'Cannot use spool: "" is given, a path or a file URL is required'],
  [{ spool: 7 }, "TypeError", "7 is given"],
  [{ spool: new URL("https://x.org/") }, "RangeError", '"https://x.org/" is given'],
  [{ spool: "x", delivery: "at-most-once" }, "TypeError", "as a spool repeats"],
];

for (const [options, name, message] of bad) {
  Deno.test(`checkDeliveryOptions() refuses ${Deno.inspect(options)}`, () => {
    assert.throws(
      () => Reflect.apply(checkDeliveryOptions, undefined, [options]),
      (error) => error instanceof Error && error.name === name && error.message.includes(message),
    );
  });
}
