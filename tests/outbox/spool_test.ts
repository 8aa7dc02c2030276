import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { SpoolFailed } from "../../src/errors.ts";
import { Spool } from "../../src/outbox/spool.ts";
import type { StoredChunk } from "../../src/outbox/spool_storage.ts";
import { needing } from "../support/needing.ts";
import { NEEDS, SpoolFolder } from "./spool_folder.ts";

const TOKEN = "source-test";

function chunk(sequence: number, bytes = 3): StoredChunk {
  return { sequence, metric: "test.metric", points: 2, body: new Uint8Array(bytes).fill(sequence) };
}

function spoolTest(name: string, test: (file: string) => Promise<void>): Deno.TestDefinition {
  return needing({ permissions: NEEDS }, {
    name,
    fn: async () => {
      await using folder = await SpoolFolder.make();
      await test(folder.file);
    },
  });
}

/** Asserts that a file is refused, and left as it is. */
async function assertRefused(file: string, message: RegExp, token = TOKEN): Promise<void> {
  const before = await Deno.readFile(file);
  await assert.rejects(Spool.open(file, token), (error) => {
    assert(error instanceof SpoolFailed);
    assert.equal(error.path, file);
    assert.match(error.message, /^Cannot use spool ".*spool\.db": /);
    assert.match(error.message, message);
    return true;
  });
  assert.deepEqual(await Deno.readFile(file), before);
}

Deno.test(
  spoolTest("Spool keeps chunks from one opening to the next, byte by byte", async (file) => {
    const first = await Spool.open(file, TOKEN);
    assert.deepEqual(first.measure(), { chunks: 0, points: 0, bytes: 0, nextSequence: 0 });
    first.write([chunk(0), chunk(1), chunk(2, 100_000)], []);
    first.write([chunk(3)], [1]);
    first.close();
    const second = await Spool.open(file, TOKEN);
    const bytes = 3 + 100_000 + 3 + 3 * 128;
    assert.deepEqual(second.measure(), { chunks: 3, points: 6, bytes, nextSequence: 4 });
    assert.deepEqual(second.read(0, Infinity), [chunk(0), chunk(2, 100_000), chunk(3)]);
    second.close();
  }),
);

Deno.test(
  spoolTest(
    "Spool.read() returns at least one chunk, and then up to a number of bytes",
    async (file) => {
      const spool = await Spool.open(file, TOKEN);
      spool.write(Array.from({ length: 10 }, (_, sequence) => chunk(sequence, 72)), []);
      assert.deepEqual(spool.read(4, 1).map(({ sequence }) => sequence), [4]);
      assert.deepEqual(spool.read(4, 400).map(({ sequence }) => sequence), [4, 5]);
      assert.deepEqual(spool.read(10, 400), []);
      spool.close();
    },
  ),
);

Deno.test(spoolTest("Spool.write() that fails changes nothing", async (file) => {
  const spool = await Spool.open(file, TOKEN);
  spool.write([chunk(0)], []);
  assert.throws(() => spool.write([chunk(1), chunk(0)], []), SpoolFailed);
  spool.write([chunk(1)], []);
  assert.equal(spool.measure().chunks, 2);
  spool.close();
}));

Deno.test(spoolTest("Spool.close() makes an empty file small again", async (file) => {
  const spool = await Spool.open(file, TOKEN);
  spool.write([chunk(0, 10_000_000)], []);
  spool.write([], [0]);
  spool.close();
  const { size } = await Deno.stat(file);
  assert(size < 100_000, `${size} bytes`);
}));

Deno.test(spoolTest("Spool.open() refuses a file that is in use", async (file) => {
  const spool = await Spool.open(file, TOKEN);
  await assertRefused(file, /: another source is using it$/);
  spool.close();
  (await Spool.open(file, TOKEN)).close();
}));

Deno.test(spoolTest("Spool.open() refuses the spool of another token", async (file) => {
  (await Spool.open(file, TOKEN)).close();
  await assertRefused(
    file,
    /: it belongs to token "source-test", this one is "source-other"$/,
    "source-other",
  );
}));

Deno.test(
  spoolTest("Spool.open() refuses a text, and the database of another program", async (file) => {
    await Deno.writeTextFile(file, "Dear diary, ".repeat(100));
    await assertRefused(file, /: it is not a spool$/);
    await Deno.writeTextFile(file, "short");
    await assertRefused(file, /: it is not a spool$/);
    await Deno.remove(file);
    const database = new DatabaseSync(file);
    database.exec("CREATE TABLE chunk (sequence INTEGER)");
    database.close();
    await assertRefused(file, /: it is not a spool$/);
  }),
);

Deno.test(spoolTest("Spool.open() refuses a spool of a later version", async (file) => {
  (await Spool.open(file, TOKEN)).close();
  const database = new DatabaseSync(file);
  database.exec("PRAGMA user_version = 2");
  database.close();
  await assertRefused(file, /: it has version 2, version 1 is required$/);
}));

Deno.test(
  spoolTest("Spool.open() refuses a damaged spool, wherever it is damaged", async (file) => {
    const spool = await Spool.open(file, TOKEN);
    spool.write(Array.from({ length: 200 }, (_, sequence) => chunk(sequence, 1000)), []);
    spool.close();
    const bytes = await Deno.readFile(file);
    for (const page of [1, 2, 3, 10, 20]) {
      const damaged = bytes.slice();
      damaged.fill(0xA5, page * 4096, page * 4096 + 100);
      await Deno.writeFile(file, damaged);
      await assertRefused(file, /damaged|malformed/);
    }
    await Deno.writeFile(file, bytes.slice(0, bytes.length / 2));
    await assertRefused(file, /damaged|malformed/);
  }),
);

Deno.test(spoolTest("Spool.open() names the folder that is missing", async (file) => {
  const missing = file.replace("spool.db", "missing/spool.db");
  await assert.rejects(Spool.open(missing, TOKEN), { name: "SpoolFailed", path: missing });
}));

Deno.test(spoolTest("Spool.open() takes a file that was made and not filled", async (file) => {
  await Deno.writeFile(file, new Uint8Array(0));
  (await Spool.open(file, TOKEN)).close();
}));

const KILLED = `
  import { Spool } from ${JSON.stringify(import.meta.resolve("../../src/outbox/spool.ts"))};
  const spool = await Spool.open(Deno.args[0], "source-test");
  const chunk = (sequence) =>
    ({ sequence, metric: "test.metric", points: 1, body: new Uint8Array([sequence]) });
  for (let i = 0; i < 1000; i++) spool.write([chunk(i)], i % 2 ? [i] : []);
  Deno.kill(Deno.pid, "SIGKILL");
`;

Deno.test(needing({ permissions: [...NEEDS, { name: "run" }] }, {
  name: "Spool keeps all that was written when its process is killed, and no lock",
  fn: async () => {
    await using folder = await SpoolFolder.make();
    const program = folder.file.replace("spool.db", "killed.js");
    await Deno.writeTextFile(program, KILLED);
    // Otherwise Deno looks for it beside the program, and does not know the package's dependencies.
    const config = `--config=${new URL("../../deno.json", import.meta.url).pathname}`;
    const { signal } = await new Deno.Command(Deno.execPath(), {
      args: ["run", config, "--allow-read", "--allow-write", "--allow-run", program, folder.file],
      stderr: "inherit",
    }).output();
    assert.equal(signal, "SIGKILL");
    const spool = await Spool.open(folder.file, TOKEN);
    assert.equal(spool.measure().chunks, 500);
    assert.deepEqual(spool.read(998, 1).map(({ body }) => body[0]), [998 % 256]);
    spool.close();
  },
}));
