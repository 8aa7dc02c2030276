import assert from "node:assert/strict";
import type { Login } from "./broker_log.ts";
import { EventAccount } from "./event_account.ts";

const NO_CHUNKS = { chunks: [], stats: { reconnects: 0, pointsDropped: 0, totalOutageSeconds: 0 } };
const START_MS = Date.now() + 1000;

type Told = readonly [kind: string, timeMs: number, data?: object] | string;

const OUTAGE: readonly Told[] = [
  ["connection-lost", 100, { connection: "data" }],
  "outage",
  ["connection-back", 300, { connection: "data", outageSeconds: 0.2 }],
  "connected",
];
const ONE_OUTAGE = { reconnects: 1, pointsDropped: 0, totalOutageSeconds: 0.2 };
const BACK: Login = { connection: "data", timeMs: START_MS + 290 };

/** What is found wrong with the story of a source between its start and its stop. */
function problemsOf(
  told: readonly Told[],
  { logins = [], chunks, stats }: { logins?: readonly Login[] } & {
    readonly chunks: Parameters<EventAccount["problems"]>[1];
    readonly stats: Record<string, unknown>;
  },
): readonly string[] {
  const account = new EventAccount();
  account.begin();
  const life: readonly Told[] = [
    ["connecting", -10],
    ["running", 0],
    ...told,
    ["stopping", 10_000],
    [
      "stopped",
      10_000,
    ],
  ];
  for (const one of life) {
    if (typeof one === "string") account.health(one);
    else {
      const [kind, timeMs, data] = one;
      account.event(JSON.stringify({ kind, timeMs: START_MS + timeMs, ...data }));
    }
  }
  return account.problems(logins, chunks, stats);
}

Deno.test("EventAccount finds nothing wrong with a story that others have seen, too", () => {
  assert.deepEqual(problemsOf(["connected"], NO_CHUNKS), []);
  const seen = { logins: [BACK], chunks: [], stats: ONE_OUTAGE };
  assert.deepEqual(problemsOf(OUTAGE, seen), []);
});

Deno.test("EventAccount finds an outage that is not told, told twice, or of another length", () => {
  const seen = { logins: [BACK], chunks: [], stats: ONE_OUTAGE };
  assert.deepEqual(problemsOf([], seen).length, 3); // login, reconnects, seconds
  assert.deepEqual(problemsOf([...OUTAGE.slice(0, 1), ...OUTAGE], seen), [
    "connection-lost (data) is told twice",
  ]);
  const [lost = "", outage = "", , connected = ""] = OUTAGE;
  const longer: Told = ["connection-back", 900, { connection: "data", outageSeconds: 0.2 }];
  assert.deepEqual(problemsOf([lost, outage, longer, connected], seen), [
    "connection-back (data) tells of 200 ms after 800 ms",
  ]);
  assert.deepEqual(problemsOf(OUTAGE, { ...seen, logins: [] }), [
    "a data connection is back that the broker has not seen",
  ]);
});

Deno.test("EventAccount finds what is told after the end", () => {
  const end: Told = ["stopped", 9000];
  assert.deepEqual(problemsOf([end], NO_CHUNKS), ["stopping is told after the end"]);
});

Deno.test("EventAccount finds health that does not agree", () => {
  assert.deepEqual(problemsOf(["outage"], NO_CHUNKS), [
    'health is "outage", and after the events it is "connected"',
  ]);
});

Deno.test("EventAccount finds a loss that is not told, and one that is not counted", () => {
  const losing: Told = ["losing-points", 10, { reason: "full" }];
  const lost: Told = ["points-lost", 20, { points: 5, total: 5 }];
  const counted = { ...NO_CHUNKS, stats: { ...NO_CHUNKS.stats, pointsDropped: 5 } };
  assert.deepEqual(problemsOf([losing, lost], counted), []);
  assert.deepEqual(problemsOf([], counted), ["0 are told, and pointsDropped is 5"]);
  assert.deepEqual(problemsOf([losing, losing, lost], counted), [
    "losing-points (loss) is told twice",
  ]);
  assert.deepEqual(problemsOf([losing, lost], NO_CHUNKS), ["5 are told, and pointsDropped is 0"]);
  assert.deepEqual(problemsOf([losing], NO_CHUNKS), ["a loss has begun and has no end"]);
  const reasons = (...reasons: readonly string[]): Told => {
    return ["points-lost", 20, { points: 5, total: 5, reasons }];
  };
  assert.deepEqual(problemsOf([reasons("stopped")], counted), []);
  assert.deepEqual(problemsOf([reasons("full", "stopped")], counted), ["points-lost ends nothing"]);
});

Deno.test("EventAccount finds a chunk that came twice without an outage", () => {
  const timesNs = BigInt64Array.of(BigInt(START_MS + 2000) * 1_000_000n);
  const chunk = { metric: "a", ticks: Float64Array.of(7), timesNs };
  assert.deepEqual(problemsOf([], { ...NO_CHUNKS, chunks: [chunk, chunk] }), [
    "chunk a 7 came twice, and no outage after it is told",
  ]);
});
