import assert from "node:assert/strict";
import { fillTemplate, metricName } from "../../src/source/metric_template.ts";

Deno.test("metricName() fills in values as they are", () => {
  const values = { prefix: "example.rack1", host: "node-7.example", port: 4 };
  assert.equal(
    metricName("{prefix}.{host}.port{port}.power", values),
    "example.rack1.node-7.example.port4.power",
  );
  assert.equal(metricName("example.power", {}), "example.power");
});

Deno.test("metricName() refuses unknown placeholders, and names that cannot be carried", () => {
  assert.throws(() => metricName("{prefix}.{hots}.power", { prefix: "a", host: "b" }), {
    name: "RangeError",
    message:
      'Cannot make metric name: "{hots}" of "{prefix}.{hots}.power" is given, one of {prefix}, {host} is required',
  });
  assert.throws(() => metricName("{toString}.power", {}), RangeError);
  assert.throws(() => metricName("{host}.power", { host: "*" }), /"\*\.power" is given/);
  assert.throws(() => metricName("{x}", { x: "a\nb" }), RangeError);
});

Deno.test("fillTemplate() fills in values as they are, and refuses unknown placeholders", () => {
  assert.equal(
    fillTemplate("{host} in {rack}: {host}", { host: "node-7", rack: 3 }),
    "node-7 in 3: node-7",
  );
  assert.throws(() => fillTemplate("{rack}", { host: "a" }), {
    name: "RangeError",
    message: 'Cannot fill template: "{rack}" of "{rack}" is given, one of {host} is required',
  });
  assert.throws(() => fillTemplate("{rack}", {}), /no placeholder is known/);
});
