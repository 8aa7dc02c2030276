/** Bytes of a spool that have changed on the disk: nothing else is sent, and nothing is silently lost. */

import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { SpoolFailed } from "../../src/errors.ts";
import { Spool } from "../../src/outbox/spool.ts";
import type { StoredChunk } from "../../src/outbox/spool_storage.ts";
import { LogRecords } from "../support/log_records.ts";
import { needing } from "../support/needing.ts";
import {
  changeByte,
  changeChunk,
  indexOf,
  readSpool,
  someChunks,
  spoolBytes,
  TOKEN,
  writeSpool,
} from "./damaged_spool.ts";
import { NEEDS, SpoolFolder } from "../outbox/spool_folder.ts";

// Of the long run, with thousands of files.
const TIMEOUT_MS = 900_000;
const needs = [...NEEDS, { name: "env", variable: "METRICQ_FAULTS" }] as const;
function damageTest(name: string, test: (file: string) => Promise<void>): Deno.TestDefinition {
  return needing({ permissions: needs }, {
    name,
    timeout: TIMEOUT_MS,
    fn: async () => {
      await using folder = await SpoolFolder.make();
      await test(folder.file);
    },
  });
}

const CHUNKS = 150;

for (
  const [part, state] of [["file", "closed"], ["file", "killed"], ["log", "killed"]] as const
) {
  Deno.test(damageTest(
    `Spool with one changed byte in the ${part} of a ${state} one sends nothing wrong, and tells each loss`,
    async (file) => {
      await using logged = await LogRecords.capture();
      const made = someChunks(CHUNKS);
      const bytes = (await spoolBytes(file, made))[state];
      const copies = Deno.env.get("METRICQ_FAULTS") === "long" ? 2000 : 60;
      let [damaged, largerLosses] = [0, 0];
      for (let copy = 0; copy < copies; copy++) {
        const path = `${file}-${copy}`;
        const changed = changeByte(bytes[part], copy / copies);
        await writeSpool(path, { ...bytes, [part]: changed });
        const { chunks, lostChunks, lostPoints } = await readSpool(path);
        const lost = made.filter(({ sequence }) =>
          !chunks.some((one) => one.sequence === sequence)
        );
        assert.deepEqual(chunks, made.filter((one) => !lost.includes(one)), `copy ${copy}`);
        assert.equal(lostChunks, lost.length, `copy ${copy}`);
        assert.equal(lostPoints, lost.reduce((sum, { points }) => sum + points, 0), `copy ${copy}`);
        if (lost.length > 0) damaged++;
        if (lost.length > 1) largerLosses++;
        await removeSpool(path);
      }
      const errors = logged.messages("error");
      assert.equal(errors.length, damaged);
      if (state === "closed") assert(damaged > copies / 2, `${damaged} losses`);
      // The number of a page in the log may have become that of another one: rare, and told.
      assert(largerLosses <= copies / 100, `${largerLosses} copies have lost more than one chunk`);
      for (const error of errors) {
        assert.match(
          error,
          /^\S+ is damaged: \d+ chunks? with \d+ points? are lost, and set aside in it: \d+ points? of test\.spool\.m\d/,
        );
      }
    },
  ));
}

async function removeSpool(path: string): Promise<void> {
  await Deno.remove(path);
  await Deno.remove(`${path}-wal`).catch(() => {});
}

Deno.test(damageTest(
  "Spool keeps what is whole when whole parts of its file are overwritten, and counts the rest",
  async (file) => {
    const made = someChunks(CHUNKS);
    const { closed } = await spoolBytes(file, made);
    const pages = closed.file.length / 4096;
    for (let page = 0; page < pages; page += 3) {
      const changed = closed.file.slice();
      changed.fill(0xA5, page * 4096 + 100, page * 4096 + 300);
      await Deno.writeFile(file, changed);
      const { chunks, lostChunks } = await readSpool(file);
      for (const chunk of chunks) assert.deepEqual(chunk, made[chunk.sequence]);
      assert.equal(chunks.length + lostChunks, CHUNKS, `page ${page}`);
    }
  },
));

Deno.test(damageTest(
  "Spool sends nothing wrong out of half a file, and counts what its list still names",
  async (file) => {
    await using logged = await LogRecords.capture();
    const made = someChunks(CHUNKS);
    const { closed } = await spoolBytes(file, made);
    await Deno.writeFile(file, closed.file.slice(0, closed.file.length / 2));
    const { chunks, lostChunks } = await readSpool(file);
    for (const chunk of chunks) assert.deepEqual(chunk, made[chunk.sequence]);
    assert(chunks.length > 0 && lostChunks > 0);
    assert.equal(logged.messages("error").length, 1);
  },
));

Deno.test(damageTest(
  "Spool that is so damaged that nothing in it can be trusted is refused, and left as it is",
  async (file) => {
    const { closed } = await spoolBytes(file, someChunks(CHUNKS));
    const changed = closed.file.slice();
    for (let at = 150; at < changed.length; at += 17) changed[at] = (changed[at] ?? 0) ^ 0x55;
    await Deno.writeFile(file, changed);
    await assert.rejects(Spool.open(file, TOKEN), (error) => {
      assert(error instanceof SpoolFailed);
      assert.match(error.message, /it is damaged \(.*\), and nothing in it can be trusted$/);
      return true;
    });
    assert.deepEqual(await Deno.readFile(file), changed);
    assert.deepEqual(await namesBeside(file), ["spool.db"]);
  },
));

Deno.test(damageTest(
  "Spool of another token is refused when it is damaged, too",
  async (file) => {
    const { closed } = await spoolBytes(file, someChunks(CHUNKS));
    const changed = changeByte(closed.file, 0.5);
    await Deno.writeFile(file, changed);
    await assert.rejects(Spool.open(file, "source-other"), SpoolFailed);
    assert.deepEqual(await Deno.readFile(file), changed);
  },
));

Deno.test(damageTest(
  "Spool that is refused keeps its damaged log, out of which its owner gets all",
  async (file) => {
    const made = someChunks(CHUNKS);
    const { killed } = await spoolBytes(file, made);
    // A frame that a later one of the same page replaces: SQLite ends there, and nothing is lost.
    const log = killed.log.slice();
    log[32 + 24 + 5 * 4120 + 100] = 0xFF ^ (log[32 + 24 + 5 * 4120 + 100] ?? 0);
    await writeSpool(file, { ...killed, log });
    for (let start = 0; start < 2; start++) {
      await assert.rejects(Spool.open(file, "source-other"), SpoolFailed);
      assert.deepEqual(await Deno.readFile(`${file}-wal`), log);
      assert.deepEqual(await namesBeside(file), ["spool.db", "spool.db-wal"]);
    }
    assert.deepEqual((await readSpool(file)).chunks, made);
  },
));

Deno.test(damageTest(
  "Spool keeps what is left of damaged chunks in its file, at the next damage as well",
  async (file) => {
    const made = someChunks(CHUNKS);
    const { closed } = await spoolBytes(file, made);
    let bytes = closed.file;
    const lost: number[] = [];
    for (const victim of [10, 90]) {
      const body = made[victim]?.body ?? assert.fail();
      const at = indexOf(bytes, body.subarray(0, 16));
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      await Deno.writeFile(file, bytes);
      const { chunks, lostChunks } = await readSpool(file);
      lost.push(victim);
      assert.equal(lostChunks, 1, "what was told once is not told again");
      assert.equal(chunks.length, CHUNKS - lost.length);
      bytes = await Deno.readFile(file);
    }
    const database = new DatabaseSync(file);
    const damaged = database.prepare("SELECT sequence, metric, points, body FROM damaged").all();
    database.close();
    assert.deepEqual(damaged.map(({ sequence }) => sequence), lost);
    for (const { sequence, metric, points, body } of damaged) {
      const whole = made[Number(sequence)];
      assert.deepEqual([metric, points], [whole?.metric, whole?.points]);
      assert(body instanceof Uint8Array);
      assert.equal(body[0], (whole?.body[0] ?? 0) ^ 1);
      assert.deepEqual(body.subarray(1), whole?.body.subarray(1));
    }
  },
));

Deno.test(damageTest(
  "Spool that was being mended when its process ended is mended at the next start",
  async (file) => {
    const made = someChunks(CHUNKS);
    const { closed, killed } = await spoolBytes(file, made);
    // The mended one was complete, and the damaged one with its log was still there.
    await writeSpool(file, { file: killed.file, log: changeByte(killed.log, 0.3) });
    await Deno.writeFile(`${file}-mended`, closed.file);
    assert.deepEqual((await readSpool(file)).chunks, made);
    assert.deepEqual(await namesBeside(file), ["spool.db"]);
    // It was not complete.
    await Deno.writeFile(file, changeChunk(closed.file, made[7] ?? assert.fail()));
    await Deno.writeTextFile(`${file}-mending`, "half of a file");
    assert((await readSpool(file)).chunks.length >= CHUNKS - 1);
    assert.deepEqual(await namesBeside(file), ["spool.db"]);
  },
));

Deno.test(damageTest(
  "Spool.read() leaves out what has changed since the file was opened, and takeDamaged() tells it",
  async (file) => {
    await using logged = await LogRecords.capture();
    // More than SQLite keeps in memory.
    const made: StoredChunk[] = Array.from({ length: 100 }, (_, sequence) => ({
      sequence,
      metric: "test.spool",
      points: 3,
      body: new Uint8Array(100_000).fill(sequence),
    }));
    await spoolBytes(file, made);
    const spool = await Spool.open(file, TOKEN);
    using disk = await Deno.open(file, { write: true });
    const at = indexOf(await Deno.readFile(file), new Uint8Array(1000).fill(50));
    await disk.seek(at + 500, Deno.SeekMode.Start);
    await disk.write(new Uint8Array([51]));
    assert.deepEqual(spool.read(50, 1).map(({ sequence }) => sequence), [51]);
    assert.deepEqual(spool.takeDamaged().map(({ sequence }) => sequence), [50]);
    assert.deepEqual(spool.takeDamaged(), []);
    assert.equal(spool.measure().chunks, 99);
    spool.close();
    assert.deepEqual(logged.messages("error"), [
      `${file} is damaged: 1 chunk with 3 points are lost, and set aside in it: 3 points of test.spool`,
    ]);
    const again = await readSpool(file);
    assert.deepEqual([again.chunks.length, again.lostChunks], [99, 0]);
  },
));

async function namesBeside(file: string): Promise<string[]> {
  const folder = file.slice(0, file.lastIndexOf("/"));
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
}
