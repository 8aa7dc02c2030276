import assert from "node:assert/strict";
import { FileStamps } from "../../src/configurations/file_stamps.ts";
import { needing } from "../support/needing.ts";

const permissions = [{ name: "read" }, { name: "write" }] as const;

Deno.test(needing({ permissions }, {
  name:
    "FileStamps tells of a change right after they were begun, of a file that had just been written",
  fn: async () => {
    const folder = await Deno.makeTempDir();
    for (let round = 0; round < 100; round++) {
      const stamps = new FileStamps(folder, () => true);
      await Deno.writeTextFile(`${folder}/a.json`, "1");
      await stamps.begin();
      await Deno.writeTextFile(`${folder}/a.json`, "2"); // as long as before
      assert.deepEqual(await stamps.look(), ["a.json"], `round ${round}`);
      assert.deepEqual(await stamps.look(), []);
    }
    await Deno.remove(folder, { recursive: true });
  },
}));
