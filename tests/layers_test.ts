import assert from "node:assert/strict";
import { needing } from "./support/needing.ts";

const ROOT = new URL("../", import.meta.url);

/**
 * The house, from the top floor down. A room is a folder; what it holds may import from its own room,
 * from the floors below, and from the ground: what lies flat in `src/`. Rooms of one floor do not
 * know each other.
 */
const FLOORS: readonly (readonly string[])[] = [
  ["mod.ts"],
  ["src/programs", "doors"],
  ["src/testing"],
  ["src/dev"],
  ["src/dev/broker", "src/dev/manager"],
  ["src/watch"],
  ["src/watch/dashboard", "src/watch/terminal"],
  ["src/watch/view"],
  ["src/configurations"],
  ["src/cli"],
  ["src/source", "src/sink"],
  ["src/agent"],
  ["src/observe"],
  ["src/amqp", "src/http", "src/outbox", "src/rpc", "src/schedule"],
  ["src/chunk", "src/pattern", "src/spool", "src/time"],
];

/** Programs, and what is exported, of rooms that are no programs: they may import `cli`, and start it. */
const DOOR = /^src\/(?:dev\/mod|(?!cli\/)\w+\/main)\.ts$/;

/** A file, and every file or package that it names: in imports, dynamic ones, and types. */
interface SourceFile {
  readonly path: string;
  readonly imports: readonly string[];
}

const needs = [{ name: "read", path: ROOT }] as const;

Deno.test(needing({ permissions: needs }, {
  name: "Every file has a room, and imports from its own, from lower floors and from the ground",
  fn: async () => {
    const violations: string[] = [];
    for (const { path, imports } of await readSources()) {
      const floor = floorOf(path);
      assert.notEqual(floor, -1, `${path} has no room in the house`);
      for (const imported of imports.filter(isOurs)) {
        if (roomOf(imported) === roomOf(path) || floorOf(imported) > floor) continue;
        if (isGround(imported) && isGround(path)) continue;
        violations.push(`${path} imports ${imported}`);
      }
    }
    assert.deepEqual(violations, []);
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "No file imports itself, by way of others either",
  fn: async () => {
    const sources = await readSources();
    const importsOf = new Map(sources.map(({ path, imports }) => [path, imports.filter(isOurs)]));
    const isDone = new Map<string, boolean>();
    const visit = (path: string, way: readonly string[]) => {
      if (isDone.get(path)) return;
      assert.ok(!way.includes(path), `A circle: ${[...way, path].join(" -> ")}`);
      for (const imported of importsOf.get(path) ?? []) visit(imported, [...way, path]);
      isDone.set(path, true);
    };
    for (const { path } of sources) visit(path, []);
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "Packages, and what opens sockets, are imported each in its own place only",
  fn: async () => {
    for (const { path, imports } of await readSources()) {
      for (const imported of imports) {
        if (imported.startsWith("@cloudamqp/")) assert.match(path, /^src\/(amqp|dev)\//);
        if (/^(?:@valibot\/.*|csv-parse|mqtt|valibot)\b/.test(imported)) {
          assert.match(path, /^src\/programs\//);
        }
        if (/^re2js\b/.test(imported)) assert.match(path, /^src\/pattern\//);
        if (imported.startsWith("@opentelemetry/")) assert.match(path, /^src\/observe\//);
      }
      if (path.startsWith("src/") && !path.startsWith("src/http/")) {
        // Without limits, half a request would keep a connection for good.
        assert.doesNotMatch(await readText(path), /\bDeno\.(?:serve|upgradeWebSocket)\b/, path);
        assert.ok(!imports.includes("node:http"), `${path} has an HTTP server of its own`);
      }
      if (!path.startsWith("src/watch/view/")) continue;
      const rooms = imports.map((imported) => isOurs(imported) ? roomOf(imported) : imported);
      assert.ok(!rooms.includes("src/amqp"), `${path} knows a connection`);
      assert.doesNotMatch(
        await readText(path),
        /\b(?:Deno\.(?:connect|listen|serve)|WebSocket|fetch\()|"node:(?:net|tls|http)/,
        `${path} knows a socket`,
      );
    }
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "Chance comes from one place, but for ciphers and values that are made up",
  fn: async () => {
    const asking: string[] = [];
    for (const path of await listSources("src")) {
      const code = (await readText(path)).replaceAll(/^ *(?:\*|\/\/).*$/gm, "");
      if (/\b(?:randomUUID|Math\.random|getRandomValues|randomBytes)\b/.test(code)) {
        asking.push(path);
      }
    }
    assert.deepEqual(asking.sort(), [
      "src/programs/dummy_source.ts",
      "src/programs/snmp_cipher.ts",
      "src/randomness.ts",
    ]);
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "mod.ts loads neither programs, nor a network, nor OpenTelemetry until it is asked",
  fn: async () => {
    const loaded = new Set<string>();
    const waiting = ["mod.ts"];
    for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
      if (loaded.has(file)) continue;
      loaded.add(file);
      if (isOurs(file)) waiting.push(...await staticImportsOf(file));
    }
    const packages = [...loaded].filter((name) =>
      !isOurs(name) && name !== "deno.json" && !name.startsWith("node:")
    );
    assert.deepEqual(packages.map((name) => name.split("/").slice(0, 2).join("/")).sort(), [
      ...packages.filter((name) => name.startsWith("@cloudamqp/")).map(() =>
        "@cloudamqp/amqp-client"
      ),
      "@logtape/logtape",
    ]);
    for (const file of loaded) assert.doesNotMatch(file, /^src\/(dev|testing|programs|watch)\//);
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "The house in figures",
  fn: async () => {
    const sources = await readSources();
    const rooms = new Set(sources.map(({ path }) => countedRoomOf(path)));
    const arrows = new Set<string>();
    for (const { path, imports } of sources) {
      for (const imported of imports.filter(isOurs)) {
        const [from, to] = [countedRoomOf(path), countedRoomOf(imported)];
        if (from !== to) arrows.add(`${from} -> ${to}`);
      }
    }
    const flat = sources.filter(({ path }) => isGround(path)).length;
    await Deno.stdout.write(new TextEncoder().encode(
      `${rooms.size} rooms (folders, mod.ts, and the ${flat} flat files of src/), ${arrows.size} arrows ` +
        `(pairs of rooms one of which imports from the other), ${sources.length} files\n`,
    ));
    assert.ok(flat <= 14, `${flat} files lie flat in src/: is each of them ground for all?`);
  },
}));

function isOurs(name: string): boolean {
  return name === "mod.ts" || name.startsWith("src/");
}

function isGround(path: string): boolean {
  return /^src\/[^/]+$/.test(path);
}

/** The place of a file in the list of floors; the ground is below the last one, -1 is no place. */
function floorOf(path: string): number {
  if (isGround(path)) return FLOORS.length;
  return FLOORS.findIndex((rooms) => rooms.includes(roomOf(path)));
}

/** A folder, `dashboard/page` being part of `dashboard`; doors are a room, and so is the ground. */
function roomOf(path: string): string {
  if (path === "mod.ts") return path;
  if (DOOR.test(path)) return "doors";
  return path.slice(0, path.lastIndexOf("/")).replace(/\/page$/, "");
}

/** For the figures a door belongs to its folder, and each file of the ground is a room of its own. */
function countedRoomOf(path: string): string {
  if (path === "mod.ts" || isGround(path)) return path;
  return path.slice(0, path.lastIndexOf("/"));
}

async function readSources(): Promise<SourceFile[]> {
  const paths = ["mod.ts", ...await listSources("src")];
  return await Promise.all(paths.map(async (path) => ({ path, imports: await importsOf(path) })));
}

async function listSources(folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, ROOT))) {
    const path = `${folder}/${name}`;
    if (isDirectory) files.push(...await listSources(path));
    else if (/\.(?:ts|js)$/.test(name)) files.push(path);
  }
  return files.sort();
}

async function readText(path: string): Promise<string> {
  return await Deno.readTextFile(new URL(path, ROOT));
}

async function importsOf(path: string): Promise<string[]> {
  // Examples in comments stand behind an asterisk; `@import` of the page's scripts does so, too.
  const imports = (await readText(path)).matchAll(
    /^(?:(?!\s*\*).*?(?:from|import)\s*\(?|\s*\*\s*@import .*? from)\s*"([^"]+)"/gm,
  );
  return [...imports].map(([, specifier = ""]) => resolve(specifier, path));
}

/** What is loaded together with a file: types are not. */
async function staticImportsOf(path: string): Promise<string[]> {
  const imports = (await readText(path)).matchAll(
    /^(?:import|export) (?!type )(?:[^;"]* from )?"([^"]+)"/gm,
  );
  return [...imports].map(([, specifier = ""]) => resolve(specifier, path));
}

function resolve(specifier: string, importer: string): string {
  if (!specifier.startsWith(".")) return specifier;
  return new URL(specifier, new URL(importer, ROOT)).href.slice(ROOT.href.length);
}
