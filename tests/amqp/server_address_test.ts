import assert from "node:assert/strict";
import fc from "fast-check";
import { ServerAddress } from "../../src/amqp/server_address.ts";
import { ConnectFailed } from "../../src/errors.ts";
import { LogRecords } from "../support/log_records.ts";

Deno.test("ServerAddress.parse() fills in AMQP's defaults", () => {
  for (const text of ["amqp://localhost", "amqp://localhost/", "amqp:///"]) {
    const address = ServerAddress.parse(text);
    assert.deepEqual(
      [address.hostname, address.port, address.vhost, address.username, address.password],
      ["localhost", 5672, "/", "guest", "guest"],
      text,
    );
  }
  assert.equal(ServerAddress.parse("amqps://broker/").port, 5671);
});

Deno.test("ServerAddress.parse() percent-decodes user, password and virtual host", () => {
  const address = ServerAddress.parse("amqp://us%40er:p%2F%3Aw%25@[::1]:1234/%2Fdata%20x");
  assert.equal(address.hostname, "::1");
  assert.equal(address.port, 1234);
  assert.equal(address.username, "us@er");
  assert.equal(address.password, "p/:w%");
  assert.equal(address.vhost, "/data x");
});

Deno.test("ServerAddress.parse() reads heartbeat and certificate files from the parameters", () => {
  const address = ServerAddress.parse(
    "amqps://h/?heartbeat=5&cacertfile=/etc/ca.pem&certfile=c.pem&keyfile=k.pem",
  );
  assert.equal(address.heartbeatSeconds, 5);
  assert.deepEqual(address.tlsFiles, {
    caFile: "/etc/ca.pem",
    certFile: "c.pem",
    keyFile: "k.pem",
  });
  assert.equal(ServerAddress.parse("amqp://h").heartbeatSeconds, 10);
  assert.equal(ServerAddress.parse("amqp://h?heartbeat=0").heartbeatSeconds, 0);
});

Deno.test("ServerAddress.parse() refuses what is not an AMQP URL and says what is required", () => {
  for (
    const text of [
      "",
      "localhost",
      "http://h/",
      "amqp:h",
      "amqp://h:99999/",
      "amqp://u:s3cret@a b/",
      "u:s3cret@host",
      "u:s3cret",
      "amqp://u:/s3cret@h",
      "amqp://u:12/s3cret@h",
      "amqp://u:p@12/s3cret@h/",
      "amqp://u:12?s3cret@h",
      "amqp://u:12#s3cret@h/v",
      "amqp://u:12?s3cret",
      "amqp://u:12#s3cret",
      "amqp://u:s3cret",
      "amqp://u:s3cret?/v",
    ]
  ) {
    assert.throws(() => ServerAddress.parse(text), (error) => {
      assert(error instanceof SyntaxError);
      assert.match(error.message, /amqp:\/\/\[user:password@\]host/);
      assert.doesNotMatch(error.message, /s3cret/);
      return true;
    }, text);
  }
  assert.throws(
    () => ServerAddress.parse("amqp://u:s3%zzcret@h/"),
    /Cannot use server URL: its password/,
  );
  for (const heartbeat of ["x", "-1", "1.5", "70000", ""]) {
    assert.throws(() => ServerAddress.parse(`amqp://h/?heartbeat=${heartbeat}`), RangeError);
  }
});

Deno.test("ServerAddress.derive() takes vhost:name as another virtual host of the same broker", () => {
  const management = ServerAddress.parse("amqps://u:p@h:1/mgmt?heartbeat=7");
  for (const [text, vhost] of [["vhost:data", "data"], ["vhost:/data", "data"], ["vhost:", "/"]]) {
    const data = management.derive(text as string);
    assert.equal(data.vhost, vhost);
    assert.deepEqual([data.hostname, data.port, data.tls], ["h", 1, true]);
    assert.deepEqual([data.username, data.password, data.heartbeatSeconds], ["u", "p", 7]);
  }
  assert.equal(management.derive("vhost:a b/ü%").vhost, "a b/ü%");
  // As in a URL, where half of a surrogate pair is replaced as well.
  assert.equal(management.derive("vhost:a\ud800").vhost, "a\ufffd");
  assert.equal(management.derive("amqps://h/a\ud800").vhost, "a\ufffd");
});

Deno.test("ServerAddress.derive() gives a URL the user and password of the management address", () => {
  const management = ServerAddress.parse("amqp://us%40er:p%2Fw@h/?heartbeat=7");
  const data = management.derive("amqps://other:ignored@data:99/v");
  assert.deepEqual([data.hostname, data.port, data.vhost, data.tls], ["data", 99, "v", true]);
  assert.deepEqual([data.username, data.password], ["us@er", "p/w"]);
  assert.equal(data.heartbeatSeconds, 7);
  assert.equal(management.derive("amqp://data/?heartbeat=3").heartbeatSeconds, 3);
  assert.throws(() => management.derive("data"), SyntaxError);
});

Deno.test("ServerAddress shows its password in no way of printing", () => {
  const address = ServerAddress.parse("amqp://user:s3cret@h/");
  for (
    const text of [
      `${address}`,
      JSON.stringify({ address }),
      Deno.inspect(address),
      String([address]),
    ]
  ) {
    assert.match(text, /user:\*{6}@h/);
    assert.doesNotMatch(text, /s3cret/);
  }
});

Deno.test("ServerAddress shows no part of a password, whatever stands in it unencoded", async () => {
  await using logged = await LogRecords.capture();
  const pieces = fc.array(
    fc.constantFrom("s3cret", "12", ..."/?#@:%=&\\ []'\"\u00fc."),
    { maxLength: 6 },
  );
  const withHost = fc.tuple(pieces, pieces, fc.constantFrom("@h", "@h:1/v?heartbeat=1", "@[::1]/"))
    .map(([before, after, host]) => [...before, "s3cret", ...after, host].join(""));
  // Not after "12/", which is a port and a path, nor before "@", which comes before a host.
  const withoutHost = pieces.map((after) => ["s3cret", ...after].join("").replaceAll("@", ""));
  fc.assert(
    fc.property(fc.oneof(withHost, withoutHost), (password) => {
      const shown: unknown[] = [];
      try {
        const address = ServerAddress.parse(`amqp://user:${password}`);
        shown.push(String(address), Deno.inspect(address), JSON.stringify(address));
      } catch (error) {
        assert(error instanceof SyntaxError || error instanceof RangeError);
        shown.push(Deno.inspect(error).split("\n    at ")[0]);
      }
      assert.doesNotMatch(shown.join(), /s3cret/);
    }),
    { numRuns: 3000 },
  );
  assert.doesNotMatch(logged.inspect(), /s3cret/);
});

Deno.test("ServerAddress hides the values of parameters that it does not know", () => {
  const address = ServerAddress.parse("amqp://h/?pass=s3cret&heartbeat=5");
  assert.match(String(address), /heartbeat=5/);
  assert.doesNotMatch(String(address), /s3cret/);
});

Deno.test("ServerAddress.derive() takes TLS away only when the management address allows it", () => {
  const text = "amqp://other:pass@data:99/v";
  const management = "amqps://u:s3cret@h/";
  assert.throws(() => ServerAddress.parse(management).derive(text), (error) => {
    assert(error instanceof ConnectFailed);
    assert.match(
      error.message,
      /^Cannot connect to amqp:\/\/u:\*{6}@data:99\/v: .*allow_plain_data/,
    );
    return true;
  });
  const allowing = ServerAddress.parse(`${management}?allow_plain_data=true`);
  assert.deepEqual([allowing.derive(text).tls, allowing.derive(text).port], [false, 99]);
  for (const other of ["amqps://data/", "vhost:data"]) {
    assert(ServerAddress.parse(management).derive(other).tls);
  }
  assert.equal(ServerAddress.parse("amqp://h/").derive(text).tls, false);
  // The manager is the one who is not trusted with this.
  assert.throws(
    () => ServerAddress.parse(management).derive(`${text}?allow_plain_data=true`),
    ConnectFailed,
  );
  assert.throws(() => ServerAddress.parse("amqps://h/?allow_plain_data=1"), RangeError);
});

Deno.test("ServerAddress round-trips any user, password and virtual host", () => {
  const text = fc.string({ minLength: 1, unit: "grapheme" });
  fc.assert(fc.property(text, text, text, (user, password, vhost) => {
    const [u, p, v] = [user, password, vhost].map(encodeURIComponent);
    const address = ServerAddress.parse(`amqp://${u}:${p}@h/${v}`);
    assert.deepEqual([address.username, address.password], [user, password]);
    // A path of one or two dots is a step in every URL, encoded or not.
    if (!/^\.{1,2}$/.test(vhost)) assert.equal(address.vhost, vhost);
  }));
});
