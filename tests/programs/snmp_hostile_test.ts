/** SNMP devices that answer what no device should: bounded, one line, "no reading", and back. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { SnmpConnection } from "../../src/programs/snmp_connection.ts";
import { SnmpSource } from "../../src/programs/snmp_source.ts";
import { readTable } from "../../src/programs/snmp_table.ts";
import { TestNetwork } from "../../src/testing/test_network.ts";
import { LogRecords } from "../support/log_records.ts";
import { needing } from "../support/needing.ts";
import {
  answerOf,
  type Cell,
  integer,
  SnmpAgent,
  type SnmpRequest,
  text,
  tlv,
  unprotectedOf,
} from "./snmp_agent.ts";

const token = "source-test";
const permissions = [{ name: "net" }] as const;
const never = new AbortController().signal;
const VALUE = "1.3.6.1.4.1.9.1.0";
const COLUMN = "1.3.6.1.4.1.9.2.1";
const LABEL = "1.3.6.1.4.1.9.2.2";
const ROWS = ["1", "2.5", "10"];
const PATIENT = { timeoutSeconds: 60 };

type Answer = SnmpAgent["answer"];

/** What comes behind an object of the table of a good device. */
function nextOf(oid: string): Cell {
  const all = [COLUMN, LABEL].flatMap((column) =>
    ROWS.map((row): Cell => [
      `${column}.${row}`,
      column === LABEL ? text(`port ${row}`) : integer(Number(row.replace(".", ""))),
    ])
  );
  const at = all.findIndex(([name]) => name === oid || name === `${oid}.1`);
  const isColumn = oid === COLUMN || oid === LABEL;
  return all[isColumn ? at : at + 1] ?? ["1.3.6.1.4.1.9.3.0", integer(0)];
}

const good: Answer = (request) => [
  answerOf(
    request,
    request.oids.map((oid): Cell => request.isBulk ? nextOf(oid) : [oid, integer(7)]),
  ),
];

/** The one object or cell that is asked for, with another value. */
function valued(value: Uint8Array): Answer {
  return (request) => [
    answerOf(
      request,
      request.oids.map((oid): Cell => [request.isBulk ? nextOf(oid)[0] : oid, value]),
    ),
  ];
}

const EVERYWHERE: Readonly<Record<string, Answer>> = {
  silence: () => [],
  "what is not SNMP": () => [new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n")],
  "no bytes": () => [new Uint8Array()],
  "an id that was not asked": (request) => good({ ...request, id: request.id ^ 1 }),
  "another community": (request) => [answerOf(request, [], { community: "hush" })],
  "another version": (request) => [answerOf(request, [], { version: 0 })],
  "no objects": (request) => [answerOf(request, [])],
  "an error": (request) => [answerOf(request, [], { status: 5 })],
  "an error that there is not": (request) => [answerOf(request, [], { status: 4711 })],
  "a request": (request) => [answerOf(request, [], { pdu: 0xa0 })],
  "a trap of v1": (request) => [answerOf(request, [], { pdu: 0xa4 })],
  "v3, signed by nobody": (request) => [unprotectedOf(request, { flags: 1, pdu: 0xa2 })],
  "v3, encrypted by nobody": (request) => [unprotectedOf(request, { flags: 3, pdu: 0xa2 })],
  "a report": (request) => [unprotectedOf(request)],
  "the half of it": (request) => good(request).map((bytes) => bytes.subarray(0, bytes.length / 2)),
};

const VALUES: Readonly<Record<string, Answer>> = {
  ...EVERYWHERE,
  "another object": (request) => [answerOf(request, [["1.3.6.1.4.1.9.1.1", integer(7)]])],
  "too many objects": (
    request,
  ) => [answerOf(request, Array.from({ length: 1000 }, () => [VALUE, integer(7)] as const))],
  "a long text": valued(text("x".repeat(50_000))),
  "a text of control characters": valued(text("\x1b[2J\n\0\x07")),
  "nothing": valued(tlv(5)),
  "no such object": valued(tlv(0x80)),
  "an address": valued(tlv(0x40, [10, 0, 0, 1])),
  "an Opaque of nothing": valued(tlv(0x44)),
  "a type that there is not": valued(tlv(0x5f, [1])),
  "an integer of 1000 bytes": valued(tlv(2, new Uint8Array(1000).fill(0x7f))),
};

let endless = 0;
const TABLES: Readonly<Record<string, Answer>> = {
  ...EVERYWHERE,
  "the same row again and again": (request) => [
    answerOf(request, request.oids.map(() => [`${COLUMN}.1`, integer(1)] as const)),
  ],
  "rows that go down": (request) => [
    answerOf(
      request,
      [9, 8, 7].flatMap((row) =>
        request.oids.map((oid): Cell => [`${oid.slice(0, COLUMN.length)}.${row}`, integer(1)])
      ),
    ),
  ],
  "rows without an end": (request) => [
    answerOf(
      request,
      request.oids.map((oid) =>
        [`${oid.slice(0, COLUMN.length)}.${++endless}`, integer(1)] as const
      ),
    ),
  ],
  "no rows": (request) => [
    answerOf(request, request.oids.map(() => ["1.3.6.1.4.1.9.3.0", integer(1)] as const)),
  ],
  "rows of long names": valued(text("x".repeat(5000))),
};

/** Plays each, with a good device between them, and looks at the log and the points. */
async function play(
  episodes: Readonly<Record<string, Answer>>,
  device: object,
  { metric, value }: { metric: string; value: number },
): Promise<void> {
  await using logged = await LogRecords.capture();
  await using agent = await SnmpAgent.start();
  agent.answer = good;
  const address = `127.0.0.1:${agent.port}`;
  const rude = { address, interval: "50ms", timeout: "1s", resend: "500ms", ...device };
  await using network = await TestNetwork.start({ config: { devices: { rude } } });
  await using source = new SnmpSource({ token, url: network.url });
  await source.connect();
  await network.points(metric, 1, PATIENT);
  for (const [at, [name, answer]] of Object.entries(episodes).entries()) {
    agent.answer = answer;
    await logged.logged("warning", /^No reading of rude: /, at + 1).catch((error) => {
      throw new Error(`nothing is told of ${name}`, { cause: error });
    });
    agent.answer = good;
    await logged.logged("info", /^rude is read again, after \d+ failures?$/, at + 1);
  }
  await source.stop();
  const told = logged.messages("warning").filter((line) => /^No reading/.test(line));
  assert.equal(told.length, Object.keys(episodes).length, told.join("\n"));
  for (const line of told) {
    assert(line.length < 1000, line);
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(line, /hush|[\x00-\x1f]/);
  }
  const { pointsSent } = source.stats;
  const points = await network.points(metric, pointsSent, PATIENT);
  const numbers = new Set(points.map(({ value }) => value));
  assert.deepEqual([...numbers].filter((one) => !Number.isNaN(one)), [value]);
  assert(numbers.has(NaN));
}

Deno.test(needing({ permissions }, {
  name: "SnmpSource tells in one line what a device answers that is no answer",
  fn: () =>
    play(
      VALUES,
      { values: { "test.value": { oid: VALUE } } },
      { metric: "test.value", value: 7 },
    ),
}));

Deno.test(needing({ permissions }, {
  name: "SnmpSource tells in one line what is wrong with a table",
  fn: () =>
    play(
      TABLES,
      {
        tables: {
          ports: {
            labels: { port: LABEL },
            rows: { port: "port 2*" },
            values: { "test.{port}": { oid: COLUMN } },
          },
        },
      },
      { metric: "test.port_2_5", value: 25 },
    ),
}));

Deno.test(needing({ permissions }, {
  name: "SnmpSource reads the first of several rows with the same name, and tells of the others",
  fn: async () => {
    await using logged = await LogRecords.capture();
    await using agent = await SnmpAgent.start();
    agent.answer = (request) => [
      answerOf(
        request,
        request.oids.map((oid): Cell => {
          const [next, value] = nextOf(oid);
          return [next, next.startsWith(LABEL) ? text("same") : value];
        }),
      ),
    ];
    const tables = {
      ports: { labels: { port: LABEL }, values: { "test.{port}": { oid: COLUMN } } },
    };
    const device = { address: `127.0.0.1:${agent.port}`, interval: "50ms", tables };
    await using network = await TestNetwork.start({ config: { devices: { device } } });
    await using source = new SnmpSource({ token, url: network.url });
    await source.connect();
    const points = await network.points("test.same", 3, PATIENT);
    assert.deepEqual(points.map(({ value }) => value), [1, 1, 1]);
    await source.stop();
    assert.deepEqual(logged.messages("warning").filter((line) => /^No reading/.test(line)), [
      'No reading of device: row "2.5" of table ports: test.same is the name of another; ' +
      'row "10" of table ports: test.same is the name of another',
    ]);
  },
}));

Deno.test(needing({ permissions }, {
  name: "SnmpConnection survives an answer that is cut, or changed, anywhere",
  fn: async () => {
    await using agent = await SnmpAgent.start();
    const address = { hostname: "127.0.0.1", port: agent.port };
    const connection = new SnmpConnection({
      address,
      login: { community: "public" },
      resendMs: 10_000,
    });
    const ask = () =>
      connection.get([VALUE], AbortSignal.timeout(20)).then(
        ([one]) => one?.value,
        (error: Error) => error,
      );
    const fuzz = fc.asyncProperty(fc.nat(), fc.nat(), fc.nat(255), async (cut, at, byte) => {
      agent.answer = (request) => {
        const [answer = new Uint8Array()] = good(request);
        const changed = Uint8Array.from(answer);
        changed[at % changed.length] = byte;
        return [changed.subarray(0, cut % 3 === 0 ? cut % changed.length : undefined)];
      };
      await ask();
    });
    await fc.assert(fuzz, { numRuns: 300 });
    agent.answer = good;
    assert.equal((await connection.get([VALUE], never))[0]?.value, 7);
    connection.close();
  },
}));

Deno.test(needing({ permissions }, {
  name: "SnmpConnection does not follow reports for ever",
  fn: async () => {
    await using agent = await SnmpAgent.start();
    agent.answer = (request) => [unprotectedOf(request)];
    const address = { hostname: "127.0.0.1", port: agent.port };
    const user = { name: "mq", auth: "sha256", authPassword: "auth-password" } as const;
    const ask = async (options: Parameters<typeof unprotectedOf>[1]) => {
      agent.answer = (request) => [unprotectedOf(request, options)];
      agent.asked = 0;
      const connection = new SnmpConnection({ address, login: { user }, resendMs: 10_000 });
      const failure = await connection.get([VALUE], never).then(() => "", String);
      return { failure, asked: agent.asked };
    };
    const { failure, asked } = await ask({});
    assert.match(failure, /20 messages have brought no answer/);
    assert.equal(asked, 20);
    assert.match((await ask({ boots: 1 })).failure, /does not know itself/);
    // Signed by nobody, as if it could be read.
    assert.match((await ask({ pdu: 0xa2 })).failure, /protected|another request/);
  },
}));

Deno.test("readTable() reads columns of any lengths, whatever of them an answer has room for", async () => {
  const number = fc.nat(20);
  const column = fc.uniqueArray(number, { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(column, { minLength: 1, maxLength: 4 }),
      fc.nat(30),
      async (columns, room) => {
        const names = columns.map((_, at) => `1.3.${at + 1}`);
        const cells = columns.flatMap((rows, at) =>
          rows.toSorted((one, other) => one - other).map((row) => `1.3.${at + 1}.${row}`)
        );
        const all = [...cells, "1.4.0"].map((oid) => ({ oid, type: 2, value: 1 }));
        const rows = await readTable(names, (oids, repetitions) => {
          let left = room + 1;
          return Promise.resolve(oids.map((oid) => {
            const after = all.findIndex((one) =>
              one.oid.startsWith(`${oid}.`) && !cells.includes(oid)
            );
            const start = cells.includes(oid)
              ? cells.indexOf(oid) + 1
              : after >= 0
              ? after
              : all.length - 1;
            const some = all.slice(start, start + Math.min(repetitions, left));
            left -= some.length;
            return some;
          }));
        });
        const found = [...rows].flatMap(([row, of]) =>
          [...of.keys()].map((name) => `${name}.${row}`)
        );
        assert.deepEqual(found.sort(), cells.sort());
      },
    ),
  );
});

Deno.test(needing({ permissions }, {
  name: "SnmpSource makes rates of counters that begin again, and none of a device's that does",
  fn: async () => {
    await using agent = await SnmpAgent.start();
    const UP_TIME = "1.3.6.1.2.1.1.3.0";
    let [upTime, count] = [1000, 2 ** 32 - 500];
    agent.answer = (request: SnmpRequest) => [
      answerOf(
        request,
        request.oids.map((oid): Cell => {
          if (oid === UP_TIME) return [oid, integer(upTime += 10, 0x43)];
          if (oid === VALUE) return [oid, integer((count += 100) % 2 ** 32, 0x41)];
          return [oid, integer(2n ** 64n - 1n, 0x46)];
        }),
      ),
    ];
    const values = {
      "test.narrow": { oid: VALUE, scale: 8 },
      "test.wide": { oid: "1.3.6.1.4.1.9.1.1" },
      "test.total": { oid: "1.3.6.1.4.1.9.1.1", counter: "total" },
    };
    const device = { address: `127.0.0.1:${agent.port}`, interval: "100ms", values };
    await using network = await TestNetwork.start({ config: { devices: { device } } });
    await using source = new SnmpSource({ token, url: network.url });
    await source.connect();
    const narrow = (await network.points("test.narrow", 10, PATIENT)).map(({ value }) => value);
    // About 100 in 100 ms, also where it has begun again, in bits.
    assert(narrow.every((rate) => rate > 0 && rate < 100_000), `${narrow}`);
    assert.equal((await network.points("test.wide", 1, PATIENT))[0]?.value, 0);
    assert.equal((await network.points("test.total", 1, PATIENT))[0]?.value, 2 ** 64);
    // As far below its end as if it had begun again by counting.
    count = 2 ** 32 * 3 - 1000;
    await network.points("test.narrow", 14, PATIENT);
    [upTime, count] = [0, 1000];
    const more = (await network.points("test.narrow", 30, PATIENT)).map(({ value }) => value);
    assert(more.some((rate) => Number.isNaN(rate)), `${more}`);
    await source.stop();
  },
}));
