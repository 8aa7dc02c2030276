/** What becomes of a spool's files besides single bytes: cut off, taken away, put in the place of others. */

import assert from "node:assert/strict";
import { Spool } from "../../src/outbox/spool.ts";
import { SpoolCopy } from "../../src/spool/copy.ts";
import { Source } from "../../src/source/source.ts";
import { TestNetwork } from "../../src/testing/mod.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { NEEDS, SpoolFolder } from "../outbox/spool_folder.ts";
import { LogRecords } from "../support/log_records.ts";
import { needing } from "../support/needing.ts";
import {
  readSpool,
  someChunks,
  type SpoolBytes,
  spoolBytes,
  TOKEN,
  writeSpool,
} from "./damaged_spool.ts";

const PAGE_BYTES = 4096;
const FRAME_BYTES = 24 + PAGE_BYTES;
const CHUNKS = 100;

function fileTest(
  name: string,
  test: (file: string, logged: LogRecords) => Promise<void>,
): Deno.TestDefinition {
  return needing({ permissions: NEEDS }, {
    name,
    fn: async () => {
      await using folder = await SpoolFolder.make();
      await using logged = await LogRecords.capture();
      await test(folder.file, logged);
    },
  });
}

type Cut = (bytes: Uint8Array, part: number) => Uint8Array;

const cutOff: Cut = (bytes, part) => bytes.slice(0, part * bytes.length);
const withoutByte: Cut = (bytes, part) => {
  const at = Math.floor(200 + part * (bytes.length - 200));
  return Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + 1)]);
};
const withoutPage: Cut = (bytes, part) => {
  const at = PAGE_BYTES * Math.floor(1 + part * (bytes.length / PAGE_BYTES - 1));
  return bytes.slice().fill(0, at, at + PAGE_BYTES);
};

for (const [what, cut] of Object.entries({ cutOff, withoutByte, withoutPage })) {
  Deno.test(fileTest(
    `Spool of which parts are gone (${what}) never says that nothing is missing when something is`,
    async (file, logged) => {
      const made = someChunks(CHUNKS);
      const { closed } = await spoolBytes(file, made);
      for (let copy = 1; copy < 20; copy++) {
        const path = `${file}-${copy}`;
        await Deno.writeFile(path, cut(closed.file, copy / 20));
        const before = logged.messages().length;
        const reading = await readSpool(path).catch((error) => error as Error);
        if (reading instanceof Error) {
          assert.match(reading.message, /nothing in it can be trusted$/);
          continue;
        }
        const { chunks, lostChunks } = reading;
        for (const chunk of chunks) assert.deepEqual(chunk, made[chunk.sequence]);
        const told = logged.messages().slice(before).join("\n");
        if (chunks.length + lostChunks < CHUNKS) assert.match(told, /the list of (them|chunks) is/);
        if (chunks.length < CHUNKS) assert.doesNotMatch(told, /nothing is missing/);
      }
    },
  ));
}

Deno.test(fileTest(
  "Spool that ends in the middle of what was written last says so",
  async (file, logged) => {
    const made = someChunks(CHUNKS);
    const { killed } = await spoolBytes(file, made);
    const frames = (killed.log.length - 32) / FRAME_BYTES;
    assert(Number.isInteger(frames) && frames > 20);
    // In the middle of a frame, and behind one, with zeros as a power cut may leave them.
    const cuts = [0.3, 0.5, 0.7, 0.9].flatMap((part) => {
      const at = 32 + Math.floor(part * frames) * FRAME_BYTES;
      const zeros = killed.log.slice().fill(0, at);
      return [killed.log.slice(0, at + 100), killed.log.slice(0, at + 1), zeros];
    });
    for (const [copy, log] of cuts.entries()) {
      const path = `${file}-${copy}`;
      await writeSpool(path, { ...killed, log });
      // What had been sent by then has other numbers.
      const chunks = (await readSpool(path)).chunks.filter(({ sequence }) => sequence < CHUNKS);
      assert(chunks.length < CHUNKS);
      for (const chunk of chunks) assert.deepEqual(chunk, made[chunk.sequence]);
      const warning = logged.messages("warning").at(-1) ?? "";
      assert(warning.startsWith(`${path} ends in the middle of what was written last`), warning);
    }
  },
));

/** How its files came apart, and what is told of it. */
const APART: Record<string, [take: (bytes: SpoolBytes) => SpoolBytes, told: RegExp]> = {
  "without its log": [({ file }) => ({ file, log: new Uint8Array(0) }), /-wal, .* is gone/],
  "as an empty file": [
    () => ({ file: new Uint8Array(0), log: new Uint8Array(0) }),
    /an empty file/,
  ],
};

for (const [what, [take, told]] of Object.entries(APART)) {
  Deno.test(
    fileTest(`Spool that was in use, and is found ${what}, says so`, async (file, logged) => {
      const { killed } = await spoolBytes(file, someChunks(CHUNKS));
      await Deno.remove(file);
      await writeSpool(file, take(killed));
      assert.equal((await readSpool(file)).chunks.length, 0);
      assert.deepEqual(logged.messages("warning").map((line) => told.test(line)), [true]);
      await readSpool(file);
      assert.equal(logged.messages("warning").length, 1, "it is told once");
    }),
  );
}

Deno.test(
  fileTest("Spool is found again in its log when its file is empty, or gone", async (file) => {
    const made = someChunks(CHUNKS);
    const { killed } = await spoolBytes(file, made);
    for (const isGone of [false, true]) {
      await writeSpool(file, { ...killed, file: new Uint8Array(0) });
      if (isGone) await Deno.remove(file);
      assert.deepEqual((await readSpool(file)).chunks, made);
      await Deno.remove(file);
    }
  }),
);

Deno.test(
  fileTest("Spool that is whole, and was closed, has nothing to say", async (file, logged) => {
    const made = someChunks(CHUNKS);
    const { closed, killed } = await spoolBytes(file, made);
    for (const [name, bytes] of Object.entries({ closed, killed })) {
      await writeSpool(`${file}-${name}`, bytes);
      assert.deepEqual((await readSpool(`${file}-${name}`)).chunks, made);
      assert.deepEqual((await readSpool(`${file}-${name}`)).chunks, made);
    }
    assert.deepEqual(logged.records, []);
  }),
);

Deno.test(fileTest("Spool.open() leaves what is of another as it is, its log too", async (file) => {
  const { killed } = await spoolBytes(file, someChunks(CHUNKS));
  await writeSpool(file, killed);
  await assert.rejects(Spool.open(file, "source-other"), /it belongs to token "source-test"/);
  assert.deepEqual(await Deno.readFile(file), killed.file);
  assert.deepEqual(await Deno.readFile(`${file}-wal`), killed.log);
}));

Deno.test(fileTest("Spool.open() takes no other file for a spool that was mended", async (file) => {
  const made = someChunks(CHUNKS);
  await spoolBytes(file, made);
  for (const other of [new Uint8Array(0), new TextEncoder().encode("text".repeat(1000))]) {
    await Deno.writeFile(`${file}-mended`, other);
    assert.deepEqual((await readSpool(file)).chunks, made);
  }
}));

Deno.test(fileTest("Spool.open() makes a file of every name", async (file) => {
  const folder = file.replace("/spool.db", "");
  const cwd = Deno.cwd();
  Deno.chdir(folder);
  try {
    for (const name of [":memory:", "file:spool?mode=memory", "a b%20?c#d"]) {
      const spool = await Spool.open(name, TOKEN);
      spool.write(someChunks(1), []);
      spool.close();
      assert((await Deno.stat(`./${name}`)).size > 0, name);
      assert.equal((await readSpool(name)).chunks.length, 1, name);
    }
  } finally {
    Deno.chdir(cwd);
  }
}));

const OPENING = `
  import { Spool } from ${JSON.stringify(import.meta.resolve("../../src/outbox/spool.ts"))};
  const error = await Spool.open(Deno.args[0], "source-test").then(() => undefined, (error) => error);
  console.log(error?.message ?? "opened");
`;

/** What another process says when it opens a spool. */
async function openElsewhere(file: string): Promise<string> {
  const program = `${file}-opening.js`;
  await Deno.writeTextFile(program, OPENING);
  const config = `--config=${new URL("../../deno.json", import.meta.url).pathname}`;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", config, "--allow-read", "--allow-write", program, file],
    stderr: "inherit",
  }).output();
  return new TextDecoder().decode(stdout).trim();
}

Deno.test(needing({ permissions: [...NEEDS, { name: "run" }] }, {
  name: "Spool stays locked, however it is looked at from within its process",
  fn: async () => {
    await using folder = await SpoolFolder.make();
    const { file } = folder;
    const spool = await Spool.open(file, TOKEN);
    spool.write(someChunks(5), []);
    await Deno.link(file, `${file}-hard`);
    await Deno.symlink(file, `${file}-soft`);
    for (const name of [file, `${file}-hard`, `${file}-soft`]) {
      for (const token of [TOKEN, "source-other"]) {
        await assert.rejects(Spool.open(name, token), /: another source is using it$/);
      }
      const place = await Deno.makeTempDir();
      await assert.rejects(SpoolCopy.open(name, place), /: a source is using it$/);
    }
    assert.match(await openElsewhere(file), /: another source is using it$/);
    spool.close();
    assert.equal(await openElsewhere(file), "opened");
  },
}));

Deno.test(fileTest("Spool.open() of one path several times at once opens it once", async (file) => {
  const opened = await Promise.allSettled([1, 2, 3].map(() => Spool.open(file, TOKEN)));
  assert.deepEqual(opened.map(({ status }) => status), ["fulfilled", "rejected", "rejected"]);
  for (const one of opened) {
    if (one.status === "fulfilled") one.value.close();
    else assert.match(one.reason.message, /: another source is using it$/);
  }
}));

class Idle extends Source {
  override task() {}
}

/** What may happen to a spool while it is in use. */
const TAKEN: Record<string, (file: string) => Promise<void>> = {
  "is removed": (file) => Deno.remove(file),
  "is removed with its folder": (file) =>
    Deno.remove(file.replace("/spool.db", ""), { recursive: true }),
  "loses its log": (file) => Deno.remove(`${file}-wal`),
  "is emptied": (file) => Deno.truncate(file, 0),
  "is replaced": async (file) => {
    await Deno.copyFile(file, `${file}-copy`);
    await Deno.rename(`${file}-copy`, file);
  },
};

for (const [what, take] of Object.entries(TAKEN)) {
  const permissions = [...NEEDS, { name: "net" }, { name: "sys", kind: "hostname" }] as const;
  Deno.test(needing({ permissions }, {
    name:
      `Source whose spool ${what} says so, keeps its points in memory, and counts what is lost at last`,
    fn: async () => {
      const folder = await Deno.makeTempDir();
      await using logged = await LogRecords.capture();
      await using network = await TestNetwork.start();
      const file = `${folder}/spool.db`;
      const source = new Idle({ token: TOKEN, url: network.url, spool: file, stopTimeout: 0.1 });
      await source.connect();
      network.pause();
      const send = (second: number) => source.send("test.spool", new Timestamp(second, 0), second);
      for (let second = 1; second <= 5; second++) await send(second);
      await take(file);
      for (let second = 6; second <= 10; second++) await send(second);
      const told = logged.messages("error").filter((line) => line.includes("removed, emptied or"));
      assert.equal(told.length, 1);
      await source.stop();
      const { pointsSent, pointsConfirmed, pointsDropped, pointsBuffered } = source.stats;
      assert.deepEqual([pointsSent, pointsBuffered], [10, 0]);
      assert.equal(pointsDropped, 10 - pointsConfirmed);
      assert(pointsDropped > 0);
      assert(!logged.messages().some((line) => line.includes("leaves")), "nothing is kept");
      await Deno.remove(folder, { recursive: true }).catch(() => {});
    },
  }));
}
