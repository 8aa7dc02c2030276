import assert from "node:assert/strict";
import { Condition } from "../../src/observe/condition.ts";
import { logEvent } from "../../src/observe/event_log.ts";
import type { AgentEvent, AgentEventKind, AgentEvents } from "../../src/observe/events.ts";
import { INSTRUMENTS } from "../../src/observe/instruments.ts";
import { prometheusName } from "../../src/observe/exposition.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { LogRecords } from "../support/log_records.ts";
import { needing } from "../support/needing.ts";

const GUIDE = new URL("../../examples/operations/README.md", import.meta.url);

const EVENTS = new URL("../../src/observe/events.ts", import.meta.url);

type Samples = { readonly [Kind in AgentEventKind]: readonly AgentEvents[Kind][] };

const error = new Error("gone");
const REASON = { reason: "why" };
// One for each level at which a kind can be logged, in the order in which the guide has them.
const SAMPLES: Samples = {
  "connecting": [{ url: "amqp://localhost/" }],
  "registered": [{ again: false }],
  "unconfigured": [REASON],
  "configured": [{ keys: ["a"], tookSeconds: 1 }],
  "configuration-refused": [
    { ...REASON, from: undefined, hasEarlier: true },
    { ...REASON, from: "wizard", hasEarlier: true },
  ],
  "declared": [{ metrics: 1, total: 1, again: false }],
  "running": [{}],
  "connection-lost": [{ connection: "data", ...REASON }],
  "connection-back": [{ connection: "data", outageSeconds: 1 }],
  "stalled": [{ reason: "blocked" }],
  "moving": [{ stalledSeconds: 1 }],
  "hanging": [{ activity: "update", since: new Timestamp(1, 0), seconds: 1 }],
  "hanging-over": [{ activity: "update", hangingSeconds: 1 }],
  "losing-points": [{ reason: "full" }],
  "points-refused": [
    { metric: "a", points: 1, ...REASON, metrics: 1 },
    { metric: "a", points: 1, ...REASON, metrics: 21 },
  ],
  "points-lost": [{ points: 1, metrics: 1, reasons: ["full"], total: 1 }],
  "disk-full": [{ spool: "spool.db", ...REASON }],
  "disk-free": [{ spool: "spool.db", fullSeconds: 1 }],
  "points-recovered": [{ points: 1 }],
  "points-kept": [{ points: 1, spool: "spool.db" }],
  "data-missing": [{ metrics: ["a"], since: new Timestamp(1, 0), until: new Timestamp(2, 0) }],
  "chunk-unreadable": [{ metric: "a", ...REASON }],
  "stopping": [{ error: undefined }, { error }],
  "stopped": [{ error }],
  "missed": [{ events: 1 }],
};

// The cast: the table has their data by kind.
const TOLD = Object.entries(SAMPLES)
  .map(([kind, [data]]) => ({ kind, time: new Timestamp(0, 0), ...data }) as AgentEvent)
  .filter((event) => event.kind !== "missed");

Deno.test(needing({ permissions: [{ name: "read", path: GUIDE }] }, {
  name: "The guide for operators lists every kind of event, its data and the level of its line",
  fn: async () => {
    const text = await Deno.readTextFile(GUIDE);
    const [, section = ""] = /^## Events\n([^]*?)^## /m.exec(text) ?? [];
    const rows = section.split("\n")
      .filter((line) => line.startsWith("| `"))
      .map((line) => line.split("|").slice(1, 4).map((cell) => cell.trim()));
    const expected = [];
    for (const [kind, samples] of Object.entries(SAMPLES)) {
      await using logged = await LogRecords.capture();
      const time = new Timestamp(0, 0);
      for (const sample of samples) {
        const event = { kind, time, ...sample } as AgentEvent; // the cast: the table has them by kind
        if (event.kind !== "missed") logEvent("source-test", event, false);
      }
      const data = Object.keys(samples[0] ?? {}).map((name) => `\`${name}\``).join(", ");
      const levels = logged.records.map(({ level }) => level).join(", ");
      expected.push([`\`${kind}\``, data, levels]);
    }
    assert.deepEqual(rows, expected);
  },
}));

Deno.test(needing({ permissions: [{ name: "read", path: EVENTS }] }, {
  name: "The table of AgentEvents tells which kinds are in force, and until when",
  fn: async () => {
    const text = await Deno.readTextFile(EVENTS);
    const rows = [...text.matchAll(/^ \* \| (`.+?) \| (.+) \|$/gm)]
      .map(([, kinds = "", ends = ""]) => [namesIn(kinds), namesIn(ends)] as const);
    assert(rows.length > 0);
    for (const first of TOLD) {
      const [kinds, ends] = rows.find(([kinds]) => kinds.includes(first.kind)) ?? [[], []];
      // "the next of them" names none.
      const enders = ends.length > 0 ? ends : kinds;
      for (const next of TOLD.filter(({ kind }) => kind !== first.kind)) {
        const condition = new Condition();
        condition.apply(first, 0);
        assert.equal(condition.events.includes(first), kinds.length > 0, first.kind);
        condition.apply(next, 1);
        const isInForce = kinds.length > 0 && !enders.includes(next.kind);
        assert.equal(condition.events.includes(first), isInForce, `${first.kind}, ${next.kind}`);
      }
    }
  },
}));

Deno.test(needing({ permissions: [{ name: "read", path: GUIDE }] }, {
  name: "The guide for operators lists every metric under its names, and no other",
  fn: async () => {
    const text = await Deno.readTextFile(GUIDE);
    const [, section = ""] = /^## Health and metrics\n([^]*?)^## /m.exec(text) ?? [];
    const rows = section.split("\n")
      .filter((line) => line.startsWith("| `metricq."))
      .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
    assert.deepEqual(
      rows,
      INSTRUMENTS.map((instrument) => [
        `\`${instrument.name}\``,
        `\`${prometheusName(instrument)}\``,
        instrument.kind,
        instrument.description,
      ]),
    );
  },
}));

function namesIn(cell: string): string[] {
  return [...cell.matchAll(/`([\w-]+)`/g)].map(([, name = ""]) => name);
}
