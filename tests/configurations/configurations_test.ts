import assert from "node:assert/strict";
import { Configurations } from "../../src/configurations/configurations.ts";
import type { JsonObject } from "../../src/rpc/json.ts";
import { Events } from "../support/events.ts";
import { LogRecords } from "../support/log_records.ts";
import { needing } from "../support/needing.ts";

Deno.test("Configurations keeps copies", async () => {
  const config = { rate: 2, nested: { a: 1 } };
  await using configurations = await Configurations.open({ configs: { b: config } });
  config.nested.a = 2;
  await configurations.set("a", config);
  config.nested.a = 3;
  assert.deepEqual(configurations.get("b"), { rate: 2, nested: { a: 1 } });
  assert.deepEqual(configurations.get("a"), { rate: 2, nested: { a: 2 } });
  assert.deepEqual(configurations.tokens(), ["a", "b"]);
});

Deno.test("Configurations.get() falls back to what is for all", async () => {
  await using configurations = await Configurations.open({
    configs: { a: { rate: 1 } },
    fallback: { rate: 2 },
  });
  assert.deepEqual(configurations.get("a"), { rate: 1 });
  assert.deepEqual(configurations.get("b"), { rate: 2 });
  assert.deepEqual(configurations.tokens(), ["a"]);
});

Deno.test("Configurations.revision() counts up with every change, from 0 where there is none", async () => {
  await using without = await Configurations.open({ configs: { a: { rate: 1 } } });
  assert.deepEqual(["a", "b"].map((token) => without.revision(token)), [1, 0]);
  for (let count = 0; count < 2; count++) await without.set("b", { count });
  await without.set("a", { rate: 2 });
  assert.deepEqual(["a", "b"].map((token) => without.revision(token)), [2, 2]);
  await using withOne = await Configurations.open({ fallback: {} });
  assert.equal(withOne.revision("c"), 1);
  await withOne.set("c", { rate: 1 });
  assert.equal(withOne.revision("c"), 2);
});

Deno.test("Configurations refuses what JSON cannot carry", async () => {
  const bad: JsonObject = { rate: NaN };
  await assert.rejects(Configurations.open({ configs: { a: bad } }), TypeError);
  await using configurations = await Configurations.open();
  await assert.rejects(configurations.set("a", bad), {
    name: "TypeError",
    message: /configuration of "a"/,
  });
  assert.equal(configurations.get("a"), undefined);
});

const needs = [{ name: "read" }, { name: "write" }] as const;

/** A folder of configurations, and what its user learns of edited files. */
class Folder implements AsyncDisposable {
  readonly edits = new Events<readonly [token: string, config: JsonObject | undefined]>();
  refusal: Error | undefined;
  readonly path: string;
  readonly #stack: AsyncDisposableStack;
  readonly configurations: Configurations;

  private constructor(path: string, configurations: Configurations, stack: AsyncDisposableStack) {
    this.path = path;
    this.configurations = configurations;
    this.#stack = stack;
    configurations.onEdit = (token, config) => {
      this.edits.add([token, config]);
      return this.refusal ? Promise.reject(this.refusal) : Promise.resolve();
    };
  }

  static async open(
    files: Readonly<Record<string, string>> = {},
    configs?: Readonly<Record<string, JsonObject>>,
  ): Promise<Folder> {
    await using stack = new AsyncDisposableStack();
    const path = await Deno.makeTempDir();
    stack.defer(() => Deno.remove(path, { recursive: true }));
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${path}/${name}`, text);
    }
    const configurations = stack.use(
      await Configurations.open({ configs, folder: `${path}/` }),
    );
    return new Folder(path, configurations, stack.move());
  }

  async write(name: string, text: string): Promise<void> {
    await Deno.writeTextFile(`${this.path}/${name}`, text);
  }

  async read(name: string): Promise<unknown> {
    return JSON.parse(await Deno.readTextFile(`${this.path}/${name}`));
  }

  async names(): Promise<string[]> {
    const entries = await Array.fromAsync(Deno.readDir(this.path));
    return entries.map(({ name }) => name).sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

Deno.test(needing({ permissions: needs }, {
  name: "Configurations reads a folder, and writes there what it does not have",
  fn: async () => {
    await using folder = await Folder.open(
      { "a.json": '\uFEFF{"rate":1}', "readme.txt": "{}" },
      { a: { rate: 2 }, b: { rate: 3 } },
    );
    assert.deepEqual(folder.configurations.get("a"), { rate: 1 });
    assert.deepEqual(folder.configurations.get("b"), { rate: 3 });
    assert.deepEqual(await folder.read("b.json"), { rate: 3 });
    assert.deepEqual(await folder.names(), ["a.json", "b.json", "readme.txt"]);
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "Configurations makes the folder if it is missing",
  fn: async () => {
    const path = await Deno.makeTempDir();
    {
      await using configurations = await Configurations.open({ folder: `${path}/x/y` });
      await configurations.set("a", { rate: 1 });
      assert.equal(await Deno.readTextFile(`${path}/x/y/a.json`), '{\n  "rate": 1\n}\n');
    }
    await Deno.remove(path, { recursive: true });
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "Configurations.onEdit is told of a file that was edited",
  fn: async () => {
    await using folder = await Folder.open({ "a.json": '{"rate":1}' });
    await folder.write("a.json", '{"rate":2}');
    assert.deepEqual(await folder.edits.nth(1), ["a", { rate: 2 }]);
    await folder.write("new.json", "{}");
    assert.deepEqual(await folder.edits.nth(2), ["new", {}]);
    await Deno.remove(`${folder.path}/a.json`);
    assert.deepEqual(await folder.edits.nth(3), ["a", undefined]);
    await folder.configurations.set("new", { rate: 3 }); // our own writing is not an edit
    await folder.write("last.json", "{}");
    assert.deepEqual(await folder.edits.nth(4), ["last", {}]);
    assert.equal(folder.configurations.get("a"), undefined);
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "Configurations keeps the old configuration when a file is damaged",
  fn: async () => {
    await using records = await LogRecords.capture();
    await using folder = await Folder.open({
      "a.json": '{"rate":1}',
      "b.json": "[1]",
      "%zz.json": "{}",
    });
    assert.equal(folder.configurations.get("b"), undefined);
    await folder.write("a.json", '{"rate":');
    await folder.write("b.json", '{"rate":5}');
    assert.deepEqual(await folder.edits.nth(1), ["b", { rate: 5 }]);
    await records.logged("warning", /a\.json/);
    assert.deepEqual(folder.configurations.get("a"), { rate: 1 });
    const warnings = records.messages("warning").sort();
    assert.match(
      warnings[0] ?? "",
      /^Ignoring file ""?%zz.json""?: no token is written like that$/,
    );
    assert.match(
      warnings[1] ?? "",
      /^Ignoring file .*a\.json.*, its configuration stays as it was: Unexpected end of JSON input$/,
    );
    assert.match(warnings[2] ?? "", /b\.json.*: it holds an array, an object is required$/);
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "Configurations keeps the old configuration when the edited one is refused",
  fn: async () => {
    await using records = await LogRecords.capture();
    await using folder = await Folder.open({ "a.json": '{"rate":1}' });
    folder.refusal = new RangeError("a positive rate is required");
    await folder.write("a.json", '{"rate":0}');
    await folder.edits.nth(1);
    folder.refusal = undefined;
    await folder.write("b.json", "{}");
    await folder.edits.nth(2);
    assert.deepEqual(folder.configurations.get("a"), { rate: 1 });
    assert.deepEqual(records.messages("warning"), [
      "The edited configuration of a is refused, the old one stays: a positive rate is required",
    ]);
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "Configurations reads an edited file while the source of another one does not answer",
  fn: async () => {
    await using folder = await Folder.open();
    const { configurations, edits } = folder;
    const answered = Promise.withResolvers<void>();
    configurations.onEdit = async (token, config) => {
      edits.add([token, config]);
      if (token === "silent") await answered.promise;
    };
    await folder.write("silent.json", '{"rate":1}');
    await edits.nth(1);
    await folder.write("other.json", '{"rate":2}');
    assert.deepEqual(await edits.nth(2), ["other", { rate: 2 }]);
    await folder.write("silent.json", '{"rate":3}'); // in its turn
    await folder.write("last.json", "{}");
    assert.deepEqual(await edits.nth(3), ["last", {}]);
    answered.resolve();
    assert.deepEqual(await edits.nth(4), ["silent", { rate: 3 }]);
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "Configurations removes what a killed process has left, and nothing else",
  fn: async () => {
    const left = ".0b0d9e3a7c1c4c529b9f3f0a4b8f9a10.tmp";
    const others = [".hidden", ".other.tmp", "a.json.tmp", `${left}.txt`, `x${left}`];
    await using folder = await Folder.open(
      Object.fromEntries([left, ...others].map((name) => [name, "{"])),
    );
    assert.deepEqual(await folder.names(), others.toSorted());
  },
}));

Deno.test(needing({ permissions: [...needs, { name: "run", command: "mkfifo" }] }, {
  name: "Configurations reads nothing that is not a file, and waits for none",
  fn: async () => {
    await using records = await LogRecords.capture();
    const path = await Deno.makeTempDir();
    const pipe = new Deno.Command("mkfifo", { args: [`${path}/pipe.json`] });
    assert.ok((await pipe.output()).success);
    await Deno.mkdir(`${path}/folder.json`);
    await Deno.symlink("/dev/zero", `${path}/endless.json`);
    await Deno.writeTextFile(`${path}/large.json`, `{"a":"${"x".repeat(8 * 2 ** 20)}"}`);
    await Deno.writeTextFile(`${path}/deep.json`, '{"a":'.repeat(200));
    {
      await using configurations = await Configurations.open({ folder: path });
      const edits = new Events<string>();
      configurations.onEdit = (token) => Promise.resolve(edits.add(token));
      await Deno.writeTextFile(`${path}/last.json`, "{}");
      await edits.nth(1);
      assert.deepEqual(configurations.tokens(), ["last"]);
    }
    const reasons = records.messages("warning").sort().map((line) => line.split(": ").at(-1));
    assert.deepEqual(reasons, [
      "it is nested more than 100 deep",
      "it is not a regular file",
      "it is not a regular file",
      "it has 8388616 bytes, at most 8388608 are allowed",
      "it is not a regular file",
    ]);
    await Deno.remove(path, { recursive: true });
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "Configurations.set() writes through symbolic links, and leaves a file its permissions",
  fn: async () => {
    const elsewhere = await Deno.makeTempDir();
    await using folder = await Folder.open();
    const { configurations, path } = folder;
    await Deno.writeTextFile(`${elsewhere}/a.json`, "{}", { mode: 0o640 });
    await Deno.chmod(`${elsewhere}/a.json`, 0o640);
    await Deno.symlink(`${elsewhere}/a.json`, `${elsewhere}/middle`);
    await Deno.symlink(`${elsewhere}/middle`, `${path}/a.json`);
    await Deno.symlink(`${elsewhere}/b.json`, `${path}/b.json`); // nothing is there yet
    await Deno.symlink("c.json", `${path}/c.json`);
    await configurations.set("a", { rate: 1 });
    await configurations.set("b", { rate: 2 });
    await assert.rejects(configurations.set("c", {}), {
      name: "RangeError",
      message: /c\.json": it has over 40 symbolic links$/,
    });
    for (const name of ["a.json", "b.json"]) {
      assert.ok((await Deno.lstat(`${path}/${name}`)).isSymlink, name);
    }
    assert.deepEqual(JSON.parse(await Deno.readTextFile(`${elsewhere}/a.json`)), { rate: 1 });
    assert.deepEqual(JSON.parse(await Deno.readTextFile(`${elsewhere}/b.json`)), { rate: 2 });
    assert.equal(((await Deno.stat(`${elsewhere}/a.json`)).mode ?? 0) & 0o777, 0o640);
    const names = (await Array.fromAsync(Deno.readDir(elsewhere))).map(({ name }) => name).sort();
    assert.deepEqual(names, ["a.json", "b.json", "middle"]);
    await Deno.remove(elsewhere, { recursive: true });
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "Configurations.set() keeps any token within the folder, or refuses it",
  fn: async () => {
    const tokens = ["../evil", "a/b", ".hidden", "ä*%", "source-x.y", "a b", "CON:1"];
    const path = await Deno.makeTempDir();
    {
      await using configurations = await Configurations.open({ folder: path });
      for (const token of tokens) await configurations.set(token, { token });
      const entries = await Array.fromAsync(Deno.readDir(path));
      assert.deepEqual(
        entries.map(({ name }) => name).sort(),
        [
          "%2E.%2Fevil.json",
          "%2Ehidden.json",
          "%C3%A4%2A%25.json",
          "CON%3A1.json",
          "a%20b.json",
          "a%2Fb.json",
          "source-x.y.json",
        ].sort(),
      );
      for (const token of ["", "x".repeat(196), "\ud800"]) {
        await assert.rejects(configurations.set(token, {}), RangeError);
        assert.equal(configurations.get(token), undefined);
      }
    }
    await using again = await Configurations.open({ folder: path });
    for (const token of tokens) assert.deepEqual(again.get(token), { token });
    await Deno.remove(path, { recursive: true });
  },
}));

/** Makes pipes, which stand still for whoever opens one end. */
async function makePipes(...paths: readonly string[]): Promise<void> {
  assert.ok((await new Deno.Command("mkfifo", { args: [...paths] }).output()).success);
}

Deno.test(needing({ permissions: [...needs, { name: "run", command: "mkfifo" }] }, {
  name: "Configurations tells of edited files after a pipe was made beside them",
  fn: async () => {
    await using records = await LogRecords.capture();
    await using folder = await Folder.open();
    await makePipes(`${folder.path}/pipe.json`);
    await records.logged("warning", /pipe\.json.*not a regular file/);
    await folder.write("a.json", '{"rate":1}');
    assert.deepEqual(await folder.edits.nth(1), ["a", { rate: 1 }]);
  },
}));

Deno.test(needing({ permissions: [...needs, { name: "run", command: "mkfifo" }] }, {
  name: "Configurations.set() replaces nothing but regular files, also behind symbolic links",
  fn: async () => {
    const elsewhere = await Deno.makeTempDir();
    await using folder = await Folder.open();
    const { configurations, path } = folder;
    await makePipes(`${path}/pipe.json`, `${elsewhere}/pipe`);
    await Deno.mkdir(`${path}/folder.json`);
    await Deno.symlink(`${elsewhere}/pipe`, `${path}/link.json`);
    for (const token of ["pipe", "link", "folder"]) {
      await assert.rejects(configurations.set(token, { rate: 1 }), {
        name: "TypeError",
        message: `Cannot write "${path}/${token}.json": it is not a regular file`,
      });
      assert.equal(configurations.get(token), undefined);
    }
    assert.ok((await Deno.stat(`${path}/pipe.json`)).isFifo);
    assert.ok((await Deno.stat(`${elsewhere}/pipe`)).isFifo);
    assert.deepEqual(await folder.names(), ["folder.json", "link.json", "pipe.json"]);
    const others = await Array.fromAsync(Deno.readDir(elsewhere));
    assert.deepEqual(others.map(({ name }) => name), ["pipe"]);
    await Deno.remove(elsewhere, { recursive: true });
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "Configurations.onEdit is told of a file behind a symbolic link",
  fn: async () => {
    const elsewhere = await Deno.makeTempDir();
    await Deno.writeTextFile(`${elsewhere}/a.json`, '{"rate":1}');
    {
      await using folder = await Folder.open();
      await Deno.symlink(`${elsewhere}/a.json`, `${folder.path}/a.json`);
      assert.deepEqual(await folder.edits.nth(1), ["a", { rate: 1 }]);
      await Deno.writeTextFile(`${elsewhere}/a.json`, '{"rate":20}');
      assert.deepEqual(await folder.edits.nth(2), ["a", { rate: 20 }]);
    }
    await Deno.remove(elsewhere, { recursive: true });
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "Configurations warns once while its folder is gone, and forgets nothing",
  fn: async () => {
    await using records = await LogRecords.capture();
    await using folder = await Folder.open({ "a.json": '{"rate":1}' });
    const { path, configurations } = folder;
    await Deno.rename(path, `${path}-away`);
    await records.logged("warning", /^Cannot look for edited configurations: /);
    assert.deepEqual(configurations.get("a"), { rate: 1 });
    await Deno.rename(`${path}-away`, path);
    await folder.write("b.json", "{}");
    assert.deepEqual(await folder.edits.nth(1), ["b", {}]);
    assert.deepEqual(configurations.get("a"), { rate: 1 });
    assert.equal(records.messages("warning").length, 1);
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "Configurations.set() has a file on the disk before it takes the old one's place",
  fn: async () => {
    await using folder = await Folder.open({ "a.json": "{}" });
    const steps: string[] = [];
    const { sync } = Deno.FsFile.prototype;
    const { rename } = Deno;
    try {
      Deno.FsFile.prototype.sync = async function () {
        await sync.call(this);
        steps.push(`sync of ${this.statSync().size} bytes`);
      };
      Deno.rename = async (from, to) => {
        steps.push("rename");
        await rename(from, to);
      };
      await folder.configurations.set("a", { rate: 1 });
    } finally {
      Deno.FsFile.prototype.sync = sync;
      Deno.rename = rename;
    }
    const { length } = await Deno.readTextFile(`${folder.path}/a.json`);
    // First what is replaced, which is kept elsewhere.
    assert.deepEqual(steps, ["sync of 3 bytes", "rename", `sync of ${length} bytes`, "rename"]);
  },
}));

// Others cannot give files away.
const isRoot = Deno.build.os !== "windows" &&
  Deno.permissions.querySync({ name: "sys", kind: "uid" }).state === "granted" && Deno.uid() === 0;

if (isRoot) {
  Deno.test(needing({ permissions: needs }, {
    name: "Configurations.set() by root leaves a file to its owner",
    fn: async () => {
      await using folder = await Folder.open({ "a.json": "{}" });
      const file = `${folder.path}/a.json`;
      await Deno.chown(file, 12_345, 23_456);
      await Deno.chmod(file, 0o640);
      await folder.configurations.set("a", { rate: 1 });
      const { uid, gid, mode } = await Deno.stat(file);
      assert.deepEqual([uid, gid, (mode ?? 0) & 0o777], [12_345, 23_456, 0o640]);
    },
  }));
}

Deno.test(needing({ permissions: needs }, {
  name: "Configurations.onEdit is not told of what is a database's in a file",
  fn: async () => {
    await using folder = await Folder.open({ "a.json": '{"rate":1,"_id":"a","_rev":"1-a"}' });
    await folder.write("a.json", '{"rate":1,"_id":"a","_rev":"2-b","x-metricq":{}}');
    await folder.write("b.json", "{}");
    assert.deepEqual(await folder.edits.nth(1), ["b", {}]);
    await folder.write("a.json", '{"rate":2,"_id":"a","_rev":"3-c","x-metricq":{}}');
    assert.equal((await folder.edits.nth(2))[1]?.["rate"], 2);
  },
}));

Deno.test("Configurations keeps in memory what was replaced, the newest of each token", async () => {
  await using configurations = await Configurations.open({ configs: { a: { rate: 0 } } });
  for (let rate = 1; rate <= 25; rate++) await configurations.set("a", { rate });
  const history = await configurations.history("a");
  assert.equal(history.length, 20);
  assert.deepEqual(await configurations.replaced("a", history[0]?.id ?? ""), { rate: 24 });
  assert.deepEqual(await configurations.replaced("a", history[19]?.id ?? ""), { rate: 5 });
  assert.equal(await configurations.replaced("a", "b"), undefined);
  assert.deepEqual(await configurations.history("b"), []);
});

Deno.test(needing({ permissions: needs }, {
  name: "Configurations keeps in the folder what was replaced, where it is no configuration",
  fn: async () => {
    await using folder = await Folder.open({ "a.json": '{"rate":1}' });
    const { configurations, path } = folder;
    await configurations.set("a", { rate: 2 });
    const [replaced] = await configurations.history("a");
    assert.ok(replaced);
    assert.deepEqual(await configurations.replaced("a", replaced.id), { rate: 1 });
    const text = await Deno.readTextFile(`${path}/.replaced/a/${replaced.id}`);
    assert.deepEqual(JSON.parse(text), { rate: 1 });
    await using again = await Configurations.open({ folder: path });
    assert.deepEqual(again.tokens(), ["a"]);
  },
}));
