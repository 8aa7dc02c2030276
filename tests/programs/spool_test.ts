import assert from "node:assert/strict";
import { ChunkBuilder } from "../../src/chunk/chunk_builder.ts";
import { Spool } from "../../src/outbox/spool.ts";
import type { StoredChunk } from "../../src/outbox/spool_storage.ts";
import { TestNetwork } from "../../src/testing/test_network.ts";
import { programTest } from "../cli/run_program.ts";
import { indexOf } from "../spool/damaged_spool.ts";
import { SpoolFolder } from "../outbox/spool_folder.ts";

const PROGRAM = "../../src/programs/spool.ts";
const OWNER = "source-spooled";
const METRICS = ["test.a", 'test.",b'];

/** Ten chunks of two points each, of two metrics. */
function chunks(): StoredChunk[] {
  return Array.from({ length: 10 }, (_, sequence) => {
    const builder = new ChunkBuilder();
    for (const half of [0, 1]) {
      builder.append(1_700_000_000 + sequence, half * 500_000_001, half ? sequence / 8 : NaN);
    }
    const metric = METRICS[sequence % 2] ?? "";
    return { sequence, metric, points: 2, body: builder.detach() };
  });
}

async function makeSpool(file: string): Promise<void> {
  const spool = await Spool.open(file, OWNER);
  spool.write(chunks(), []);
  spool.close();
}

/** Changes a byte of a value in the third chunk. */
async function damage(file: string): Promise<void> {
  const bytes = await Deno.readFile(file);
  const body = chunks()[2]?.body ?? assert.fail();
  const at = indexOf(bytes, body) + body.length - 2;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await Deno.writeFile(file, bytes);
}

const TIMES = "2023-11-14T22:13:2";

Deno.test(
  programTest(PROGRAM, "spool lists what is in a file, and leaves it as it is", async (run) => {
    await using folder = await SpoolFolder.make();
    const { file } = folder;
    await makeSpool(file);
    const before = await Deno.readFile(file);
    for (const args of [[file], ["list", file], [file, "list"]]) {
      const { code, stdout, stderr } = await run(args);
      assert.equal(stderr, "");
      assert.equal(code, 0);
      assert.deepEqual(stdout.split("\n"), [
        `${file} belongs to ${OWNER} and has 20 points of 2 metrics in 10 chunks`,
        `  test.",b: 10 points in 5 chunks, ${TIMES}1.000000000Z to ${TIMES}9.500000001Z`,
        `  test.a: 10 points in 5 chunks, ${TIMES}0.000000000Z to ${TIMES}8.500000001Z`,
        "",
      ]);
    }
    assert.deepEqual(await Deno.readFile(file), before);
  }),
);

Deno.test(
  programTest(PROGRAM, "spool checks a file, and tells what of it is damaged", async (run) => {
    await using folder = await SpoolFolder.make();
    const { file } = folder;
    await makeSpool(file);
    assert.equal((await run(["check", file])).code, 0);
    await damage(file);
    const before = await Deno.readFile(file);
    const { code, stdout, stderr } = await run(["check", file]);
    assert.equal(code, 1);
    assert.match(stdout, /has 18 points of 2 metrics in 9 chunks\n/);
    assert.match(
      stdout,
      /Set aside as damaged: 2 points of 1 metric in 1 chunk\n {2}test\.a: 2 points\n/,
    );
    assert.match(
      stderr,
      /it is damaged; lost is 2 points of 1 metric in 1 chunk\. The rest can be/,
    );
    assert.deepEqual(await Deno.readFile(file), before);
  }),
);

Deno.test(programTest(PROGRAM, "spool exports points as CSV and as JSON lines", async (run) => {
  await using folder = await SpoolFolder.make();
  const { file } = folder;
  await makeSpool(file);
  await damage(file);
  const csv = (await run(["export", file])).stdout.split("\n");
  assert.deepEqual(csv.slice(0, 5), [
    "metric,time,value",
    `test.a,${TIMES}0.000000000Z,`,
    `test.a,${TIMES}0.500000001Z,0`,
    `"test."",b",${TIMES}1.000000000Z,`,
    `"test."",b",${TIMES}1.500000001Z,0.125`,
  ]);
  assert.equal(csv.length, 1 + 18 + 1);
  const { stdout } = await run(["export", file, "--format", "jsonl"]);
  const lines = stdout.trim().split("\n").map((line) => JSON.parse(line));
  assert.equal(lines.length, 18);
  assert.deepEqual(lines.slice(2, 4), [
    { metric: METRICS[1], time: `${TIMES}1.000000000Z`, value: null },
    { metric: METRICS[1], time: `${TIMES}1.500000001Z`, value: 0.125 },
  ]);
  const damaged = (await run(["export", file, "--damaged"])).stdout.split("\n");
  assert.deepEqual(damaged.slice(0, 2), ["metric,time,value", `test.a,${TIMES}2.000000000Z,`]);
  assert.equal(damaged.length, 4);
}));

Deno.test(
  programTest(PROGRAM, "spool sends what is whole, as the source it belongs to", async (run) => {
    await using folder = await SpoolFolder.make();
    await using network = await TestNetwork.start();
    const { file } = folder;
    await makeSpool(file);
    await damage(file);
    // The spool of a service, which is not the one to send.
    const env = { METRICQ_SPOOL: `${file}.service` };
    const { code, stdout } = await run(["send", file, "--server", network.url], { env });
    assert.equal(code, 0);
    assert.equal(stdout, `Sent 18 points of ${OWNER}\nLost 2 points: see the log\n`);
    const points = await network.points(METRICS[1] ?? "", 10);
    assert.deepEqual(
      points.map(({ value }) => value).filter(Number.isFinite),
      [1, 3, 5, 7, 9].map((n) => n / 8),
    );
    const again = await run([file]);
    assert.match(
      again.stdout,
      /has 0 points of 0 metrics in 0 chunks\nSet aside as damaged: 2 points/,
    );
  }),
);

Deno.test(programTest(PROGRAM, "spool refuses what it cannot read, and says why", async (run) => {
  await using folder = await SpoolFolder.make();
  const { file } = folder;
  const cases: [args: string[], message: RegExp, code: number][] = [
    [[file], /: it is not there\n$/, 1],
    [
      ["frobnicate", file],
      /^error: Cannot do "frobnicate": list, check, export or send is required/,
      2,
    ],
    [["send", file], /^error: Cannot send: --server is not given/, 2],
  ];
  for (const [args, message, status] of cases) {
    const { code, stderr } = await run(args);
    assert.match(stderr, message);
    assert.equal(code, status);
  }
  const spool = await Spool.open(file, OWNER);
  assert.match((await run([file])).stderr, /: a source is using it\n$/);
  spool.close();
}));

// `send` sends what is there, and `check` is a word of its own.
const OF_SOURCES = ["--spool", "--on-full", "--delivery", "--chunk-age", "--check", "--health"];

for (const program of [PROGRAM, "../../src/watch/main.ts", "../../src/dev/main.ts"]) {
  Deno.test(programTest(
    program,
    `${program.slice("../../src/".length)} takes no options of sources that send new points`,
    async (run) => {
      const { stdout } = await run(["--help"]);
      for (const option of OF_SOURCES) {
        assert(!stdout.includes(`${option} `), `--help has ${option}`);
        const { code, stderr } = await run([option, "drop-oldest"]);
        assert.equal(code, 2);
        assert.match(stderr, new RegExp(`${option}\\b`));
      }
    },
  ));
}
