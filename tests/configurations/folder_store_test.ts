import assert from "node:assert/strict";
import { FolderStore } from "../../src/configurations/folder_store.ts";
import { StoreFailed } from "../../src/configurations/configuration_store.ts";
import { needing } from "../support/needing.ts";
import { startClock, STORE_CASES } from "./store_cases.ts";

const needs = [{ name: "read" }, { name: "write" }] as const;

async function withFolder(work: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempDir();
  try {
    await work(path);
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

Deno.test(needing({ permissions: needs }, {
  name: "FolderStore",
  fn: async (t) => {
    for (const [name, run] of Object.entries(STORE_CASES)) {
      await t.step(name, () =>
        withFolder(async (path) => {
          const clock = startClock();
          await run(new FolderStore(`${path}/configurations`, clock), clock);
        }));
    }
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "FolderStore sees what another program has written, and refuses to replace it unseen",
  fn: () =>
    withFolder(async (path) => {
      const store = new FolderStore(path, startClock());
      const revision = await store.write("a", { rate: 1 }, undefined);
      await Deno.writeTextFile(`${path}/a.json`, '{"rate":7}');
      await assert.rejects(store.write("a", { rate: 2 }, revision), {
        name: "ConfigurationConflict",
        kept: await store.read("a"),
      });
      assert.equal(await Deno.readTextFile(`${path}/a.json`), '{"rate":7}');
    }),
}));

Deno.test(needing({ permissions: needs }, {
  name: "FolderStore keeps the newest hundred of what was replaced",
  fn: () =>
    withFolder(async (path) => {
      const clock = startClock();
      const store = new FolderStore(path, clock);
      let revision: string | undefined;
      for (let rate = 0; rate < 105; rate++) {
        revision = await store.write("a", { rate }, revision);
        await clock.advance(1);
      }
      const history = await store.history("a");
      assert.equal(history.length, 100);
      assert.deepEqual(await store.replaced("a", history[0]?.id ?? ""), { rate: 103 });
      assert.deepEqual(await store.replaced("a", history[99]?.id ?? ""), { rate: 4 });
      assert.equal((await Array.fromAsync(Deno.readDir(`${path}/.replaced/a`))).length, 100);
    }),
}));

Deno.test(needing({ permissions: needs }, {
  name: "FolderStore says which file cannot be read",
  fn: () =>
    withFolder(async (path) => {
      const store = new FolderStore(path, startClock());
      await Deno.writeTextFile(`${path}/a.json`, "[]");
      await assert.rejects(store.read("a"), (error: Error) => {
        assert.ok(error instanceof StoreFailed);
        assert.equal(
          error.message,
          `Cannot read configuration of "a" in folder ${path}: it holds an array, an object is required`,
        );
        return true;
      });
      await assert.rejects(store.write("a", {}, undefined), StoreFailed);
      assert.equal(await Deno.readTextFile(`${path}/a.json`), "[]");
    }),
}));
