/** SNMP: names of objects, the cipher, and a real agent (snmpd) on a real network. */

import assert from "node:assert/strict";
import { createDecipheriv, randomBytes } from "node:crypto";
import fc from "fast-check";
import * as v from "valibot";
import { decryptCfb, encryptCfb } from "../../src/programs/snmp_cipher.ts";
import { SnmpConnection } from "../../src/programs/snmp_connection.ts";
import { type SnmpLogin, UserConfig } from "../../src/programs/snmp_login.ts";
import { compareOids, parseOid, rowOf } from "../../src/programs/snmp_oid.ts";
import { SnmpSource } from "../../src/programs/snmp_source.ts";
import { plainValue } from "../../src/programs/snmp_value.ts";
import { TestNetwork } from "../../src/testing/test_network.ts";
import { LogRecords } from "../support/log_records.ts";
import { needing } from "../support/needing.ts";
import { freeUdpPort } from "./snmp_agent.ts";
import { startSnmpd } from "./snmpd.ts";

const token = "source-test";
const peers = ["snmpd"] as const;
const permissions = [{ name: "net" }] as const;
const never = new AbortController().signal;
const PATIENT = { timeoutSeconds: 60 };
const UP_TIME = "1.3.6.1.2.1.1.3.0";
const CONTACT = "1.3.6.1.2.1.1.4.0";
// Where nothing of Net-SNMP's own is: what `override` of its configuration puts there.
const OWN = "1.3.6.1.4.1.8072.9999.9999";

Deno.test("parseOid() takes numbers as they are written, and nothing else", () => {
  assert.equal(parseOid(".1.3.6.1"), "1.3.6.1");
  assert.equal(parseOid("2.999.4294967295"), "2.999.4294967295");
  const bad = ["", "1", "1..3", "1.3.", "3.1", "1.3.x", "IF-MIB::ifInOctets.1", "1.4294967296"];
  for (const text of [...bad, `1${".1".repeat(128)}`]) {
    assert.throws(() => parseOid(text), { name: "SyntaxError", message: /snmptranslate/ });
  }
});

Deno.test("compareOids() orders as a walk does", () => {
  const oid = fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 5 });
  const byNumbers = (one: number[], other: number[]): number => {
    const at = one.findIndex((number, index) => number !== other[index]);
    if (at < 0) return one.length - other.length;
    return (one[at] ?? 0) - (other[at] ?? -1);
  };
  fc.assert(fc.property(oid, oid, (one, other) => {
    assert.equal(
      Math.sign(compareOids(one.join("."), other.join("."))),
      Math.sign(byNumbers(one, other)),
    );
  }));
  assert.equal(rowOf("1.3.6", "1.3.6.7.8"), "7.8");
  assert.equal(rowOf("1.3.6", "1.3.61"), undefined);
  assert.equal(rowOf("1.3.6", "1.3.6"), undefined);
});

Deno.test("encryptCfb() is the CFB of AES, as NIST has it, and decryptCfb() undoes it", () => {
  const key = Uint8Array.fromHex("2b7e151628aed2a6abf7158809cf4f3c");
  const iv = Uint8Array.fromHex("000102030405060708090a0b0c0d0e0f");
  const plain = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51";
  const secret = "3b3fd92eb72dad20333449f8e83cfb4ac8a64537a0b3a93fcde3cdad9f1ce58b";
  for (const length of [1, 15, 16, 17, 31, 32]) {
    const cut = (hex: string) => hex.slice(0, 2 * length);
    const encrypted = encryptCfb(key, iv, Uint8Array.fromHex(cut(plain)));
    assert.equal(encrypted.toString("hex"), cut(secret));
  }
  for (const keyBytes of [16, 32]) {
    for (let length = 0; length < 100; length++) {
      const [text, key] = [randomBytes(length), randomBytes(keyBytes)];
      assert.deepEqual(decryptCfb(key, iv, encryptCfb(key, iv, text)), text);
    }
  }
  // What it is made for: when Deno has it, it need not be made here.
  assert.throws(() => createDecipheriv("aes-128-cfb", key, iv), /Unknown cipher/);
});

/** The users of an agent, one for each way to sign and to encrypt. */
const USERS = ["MD5", "SHA", "SHA-224", "SHA-256", "SHA-384", "SHA-512"].flatMap((auth) =>
  [undefined, "AES", "AES-256", "AES-256-C"].map((privacy, at) => ({
    name: `${auth}${at}`,
    auth,
    authPassword: "auth-password",
    ...privacy && { privacy, privacyPassword: "privacy-password" },
  }))
);

Deno.test(needing({ peers }, {
  name: "SnmpConnection speaks v2c and v3 with each way to sign and encrypt, as snmpd does",
  fn: async () => {
    const port = await freeUdpPort();
    const lines = USERS.map(({ name, auth, privacy }) =>
      `createUser ${name} ${auth} auth-password ${privacy ? `${privacy} privacy-password` : ""}\n` +
      `rouser ${name} ${privacy ? "priv" : "auth"}`
    );
    await using _agent = await startSnmpd(
      port,
      ...lines,
      "sysContact somebody",
      "rouser plain noauth",
      "createUser plain",
    );
    const logins: SnmpLogin[] = [
      { community: "public" },
      { user: { name: "plain" } },
      ...USERS.map((user) => ({ user: v.parse(UserConfig, user) })),
    ];
    for (const login of logins) {
      const address = { hostname: "127.0.0.1", port };
      const connection = new SnmpConnection({ address, login, resendMs: 1000 });
      for (let turn = 0; turn < 2; turn++) {
        const [upTime, contact] = await connection.get([UP_TIME, CONTACT], never);
        assert(upTime && contact, JSON.stringify(login));
        assert(Number(plainValue(upTime)) > 0);
        assert.equal(plainValue(contact), "somebody");
      }
      connection.close();
    }
  },
}));

Deno.test(needing({ peers }, {
  name: "SnmpConnection says what a device refuses, without the passwords",
  fn: async () => {
    const port = await freeUdpPort();
    const user = { name: "mq", auth: "SHA-256", authPassword: "auth-password" };
    const secret = { privacy: "AES", privacyPassword: "privacy-password" };
    await using _agent = await startSnmpd(
      port,
      "createUser mq SHA-256 auth-password AES privacy-password",
      "rouser mq priv",
    );
    const refuses = async (login: object, message: RegExp) => {
      const address = { hostname: "localhost", port };
      const options = { address, login: { user: v.parse(UserConfig, login) }, resendMs: 1000 };
      const connection = new SnmpConnection(options);
      const error = await connection.get([UP_TIME], never).then(() => undefined, (error) => error);
      assert.match(String(error), message);
      assert.doesNotMatch(Deno.inspect(error), /password"|auth-pass|privacy-pass|other-pass/);
      connection.close();
    };
    await refuses(
      { ...user, ...secret, authPassword: "other-password" },
      /refuses auth or authPas/,
    );
    await refuses({ ...user, ...secret, auth: "SHA" }, /refuses auth or authPassword/);
    await refuses({ ...user, ...secret, name: "nobody" }, /does not know the user/);
    await refuses(user, /"AuthorizationError"/);
    assert.throws(
      () => v.parse(UserConfig, { ...user, ...secret, privacy: "DES" }),
      /DES is not supported, as it is no longer secure/,
    );
    assert.throws(() => v.parse(UserConfig, { ...user, authPassword: "short" }), /at least 8/);
    assert.throws(() => v.parse(UserConfig, { ...user, auth: "SHA-1" }), /one of MD5, SHA,/);
    assert.throws(() => v.parse(UserConfig, { name: "mq", ...secret }), /takes auth as well/);
    assert.throws(() => v.parse(UserConfig, { ...user, auth: undefined }), /together/);
  },
}));

Deno.test(needing({ peers }, {
  name: "SnmpSource reads objects and tables, sends NaN while the device is away, and comes back",
  fn: async () => {
    await using logged = await LogRecords.capture();
    const port = await freeUdpPort();
    const lines = [
      `override ${OWN}.1.0 integer -42`,
      `override ${OWN}.2.0 octet_str "831.5 mV"`,
      `override ${OWN}.3.0 octet_str on`,
      ...["eth0", "eth1/2", "lo"].flatMap((name, at) => [
        `override ${OWN}.5.1.1.${at + 1} octet_str ${name}`,
        `override ${OWN}.5.1.2.${at + 1} uinteger ${at + 10}`,
      ]),
    ];
    let agent = await startSnmpd(port, ...lines);
    const user = {
      values: {
        "{host}.integer": { oid: `.${OWN}.1.0`, scale: 0.5 },
        "{host}.text": { oid: `${OWN}.2.0`, unit: "V" },
        "{host}.word": { oid: `${OWN}.3.0` },
        "{host}.missing": { oid: `${OWN}.4.0` },
        "{host}.load": { oid: "1.3.6.1.4.1.2021.10.1.6.1" }, // an Opaque with a float
        "{host}.packets": { oid: "1.3.6.1.2.1.11.1.0" }, // those that the agent itself has got
      },
      tables: {
        ports: {
          labels: { port: `${OWN}.5.1.1` },
          rows: { port: "eth*" },
          values: {
            "{host}.{port}.gauge": {
              oid: `${OWN}.5.1.2`,
              unit: "",
              description: "{index} is {port} of {name}",
            },
          },
        },
        none: { values: { "{host}.none.{index}": { oid: `${OWN}.6.1.1` } } },
      },
    };
    const config = {
      prefix: "test",
      interval: "100ms",
      devices: {
        switch: {
          address: `{host}:${port}`,
          hosts: "localhost",
          names: "one",
          timeout: "2s",
          ...user,
        },
      },
    };
    await using network = await TestNetwork.start({ config });
    await using source = new SnmpSource({ token, url: network.url });
    await source.connect();
    const expected = {
      "integer": -21,
      "text": 0.8315,
      "word": NaN,
      "missing": NaN,
      "eth0.gauge": 10,
      "eth1_2.gauge": 11,
    };
    for (const [name, value] of Object.entries(expected)) {
      const [point] = await network.points(`test.localhost.${name}`, 1, PATIENT);
      assert.equal(point?.value, value, name);
    }
    const [load] = await network.points("test.localhost.load", 1, PATIENT);
    assert(load !== undefined && load.value >= 0, `${load?.value}`);
    const [rate] = await network.points("test.localhost.packets", 1, PATIENT);
    // It is asked ten times a second, three times each.
    assert(rate !== undefined && rate.value > 0, `${rate?.value}`);
    const metrics = await source.getMetrics({ metadata: true });
    assert.equal(metrics["test.localhost.lo.gauge"], undefined);
    assert.equal(metrics["test.localhost.eth1_2.gauge"]?.description, "2 is eth1/2 of one");

    await agent[Symbol.asyncDispose]();
    await logged.logged("warning", /^No reading of switch \(localhost\): Cannot read localhost:/);
    agent = await startSnmpd(port, ...lines);
    await logged.logged("info", /^switch \(localhost\) is read again, after \d+ failures?$/);
    await source.stop();
    await agent[Symbol.asyncDispose]();
    const lines2 = logged.messages("warning").filter((line) => /^No reading/.test(line));
    assert.equal(lines2.length, 2, lines2.join("\n"));
    assert.match(lines2[0] ?? "", /word: "on" is given, a number is required/);
    assert.match(lines2[0] ?? "", /missing: the device does not have it/);
    assert.match(lines2[0] ?? "", /table none: the device has no rows of it/);
  },
}));

Deno.test(needing({ permissions }, {
  name: "SnmpSource refuses a bad configuration by name, and shows no secrets",
  fn: async () => {
    await using network = await TestNetwork.start({ config: { devices: {} } });
    await using source = new SnmpSource({ token, url: network.url });
    await source.connect();
    const refuses = async (device: Record<string, unknown>, message: RegExp) => {
      const values = { "test.one": { oid: UP_TIME } };
      const config = { devices: { one: { address: "127.0.0.1", values, ...device } } };
      await assert.rejects(network.configure(token, config as never), (error: Error) => {
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /hush/);
        return true;
      });
    };
    await refuses(
      { values: { "test.one": { oid: "sysUpTime.0" } } },
      /test\.one\.oid.*snmptranslate/,
    );
    await refuses({ values: { "test.{port}": { oid: UP_TIME } } }, /"\{port\}"/);
    await refuses({ address: "{host}" }, /hosts are required/);
    await refuses({ address: "a b" }, /address "a b" is given, HOST or HOST:PORT is required/);
    await refuses({ address: "127.0.0.1:0" }, /HOST or HOST:PORT is required/);
    await refuses({ community: 4711 }, /devices\.one\.community.* received …/);
    await refuses({ user: { name: "a", authPassword: "hush-hush" } }, /together/);
    await refuses({ user: { name: "a", auth: "SHA", authPassword: "hush" } }, /at least 8/);
    await refuses({ community: "public", user: { name: "a" } }, /one of them is required/);
    await refuses({ comunity: "hush" }, /comunity/);
    const table = (table: object) => ({ tables: { ports: table } });
    const oid = "1.3.6.1.2.1.2.2.1.10";
    await refuses(table({ values: { "test.{port}": { oid } } }), /"\{port\}"/);
    await refuses(
      table({ values: { "test.{index}": { oid } }, rows: { port: "*" } }),
      /by labels of the table, or by index/,
    );
    await refuses(
      table({ values: { a: { oid } }, labels: { host: oid } }),
      /other than host, name, index/,
    );
    await refuses(
      table({ values: { "test.{index}": { oid, description: "{port}" } } }),
      /"\{port\}"/,
    );
  },
}));
