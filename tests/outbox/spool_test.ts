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
  spool.write([chunk(0), chunk(1)], []);
  const before = spool.measure();
  // Chunk 1 is there already, when one is removed and another is added.
  assert.throws(() => spool.write([chunk(2), chunk(1)], [0]), SpoolFailed);
  assert.deepEqual(spool.measure(), before);
  assert.deepEqual(spool.read(0, Infinity), [chunk(0), chunk(1)]);
  spool.write([chunk(2)], [0]);
  spool.close();
  const again = await Spool.open(file, TOKEN);
  assert.deepEqual(again.read(0, Infinity), [chunk(1), chunk(2)]);
  again.close();
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
  // A later version says so in its own words as well; the number alone is taken for damage.
  database.exec("PRAGMA user_version = 3; DROP TABLE owner; CREATE TABLE owner (name TEXT)");
  database.close();
  await assertRefused(file, /: it has version 3, version 2 is required$/);
}));

/** Makes a file as the version before did. */
function makeUnchecked(file: string, chunks: readonly StoredChunk[]): void {
  const database = new DatabaseSync(file);
  database.exec(`
    CREATE TABLE owner (token TEXT NOT NULL) STRICT;
    CREATE TABLE chunk (
      sequence INTEGER PRIMARY KEY, metric TEXT NOT NULL, points INTEGER NOT NULL, body BLOB NOT NULL
    ) STRICT;
    PRAGMA application_id = ${0x4D515350};
    PRAGMA user_version = 1;
    PRAGMA journal_mode = WAL;
  `);
  database.prepare("INSERT INTO owner (token) VALUES (?)").run(TOKEN);
  const insert = database.prepare("INSERT INTO chunk VALUES (?, ?, ?, ?)");
  for (const { sequence, metric, points, body } of chunks) {
    insert.run(sequence, metric, points, body);
  }
  database.close();
}

Deno.test(
  spoolTest("Spool.open() takes over the chunks of a file without checksums", async (file) => {
    const chunks = [chunk(3), chunk(4, 100_000), chunk(9, 0)];
    makeUnchecked(file, chunks);
    await assertRefused(file, /: it belongs to token "source-test"/, "source-other");
    const spool = await Spool.open(file, TOKEN);
    assert.deepEqual(spool.read(0, Infinity), chunks);
    spool.write([chunk(10)], [3]);
    spool.close();
    const again = await Spool.open(file, TOKEN);
    assert.deepEqual(again.read(0, Infinity), [...chunks.slice(1), chunk(10)]);
    again.close();
  }),
);

Deno.test(
  spoolTest("Spool.open() refuses a damaged file without checksums", async (file) => {
    makeUnchecked(file, Array.from({ length: 200 }, (_, sequence) => chunk(sequence, 1000)));
    const bytes = await Deno.readFile(file);
    bytes.fill(0xA5, 5 * 4096, 5 * 4096 + 100);
    await Deno.writeFile(file, bytes);
    await assertRefused(file, /: it is damaged \(.*\), and nothing in it can be trusted$/);
  }),
);

const isUnix = Deno.build.os !== "windows";

Deno.test({
  ignore: !isUnix,
  ...spoolTest("Spool.open() makes a file that only its owner can read", async (file) => {
    const spool = await Spool.open(file, TOKEN);
    spool.write([chunk(0)], []);
    for (const path of [file, `${file}-wal`]) {
      assert.equal(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o600, path);
    }
    spool.close();
  }),
});

Deno.test({
  ignore: !isUnix,
  ...spoolTest(
    "Spool.open() follows a symbolic link, and refuses one that leads nowhere",
    async (file) => {
      const target = `${file}-elsewhere`;
      await Deno.symlink(target, file);
      await assert.rejects(Spool.open(file, TOKEN), {
        name: "SpoolFailed",
        message: `Cannot use spool "${file}": it is a symbolic link that leads nowhere`,
      });
      await assert.rejects(Deno.stat(target), Deno.errors.NotFound);
      await Deno.writeFile(target, new Uint8Array(0));
      const spool = await Spool.open(file, TOKEN);
      spool.write([chunk(0)], []);
      spool.close();
      assert((await Deno.lstat(file)).isSymlink);
      assert((await Deno.stat(target)).size > 0);
    },
  ),
});

Deno.test(needing({ permissions: [...NEEDS, { name: "run" }] }, {
  name: "Spool.open() refuses a folder, and does not wait at a FIFO",
  ignore: !isUnix,
  fn: async () => {
    await using folder = await SpoolFolder.make();
    const { file } = folder;
    await Deno.mkdir(file);
    await assert.rejects(Spool.open(file, TOKEN), { message: /: it is not a file$/ });
    const fifo = `${file}-fifo`;
    await new Deno.Command("mkfifo", { args: [fifo] }).output();
    await assert.rejects(Spool.open(fifo, TOKEN), { message: /: it is not a file$/ });
  },
}));

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
