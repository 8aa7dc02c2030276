import assert from "node:assert/strict";
import { permittedTest } from "./support/permissions.ts";

/** From the top down: a file may import from its own line and from the lines below. */
const LAYERS: readonly RegExp[] = [
  /^mod\.ts$|^src\/programs\/|^src\/dev\/mod\.ts$|^src\/\w+\/main\.ts$/, // programs
  /^src\/cli\//,
  /^src\/testing\//,
  /^src\/dev\//,
  /^src\/(polling_source|poll_group)\.ts$/,
  /^src\/config\//,
  /^src\/(source|interval_source)\.ts$/,
  /^src\/(agent|agent_core|declarations|registration|source_metric)\.ts$/,
  /^src\/(agent_options|supervision|discover|metadata|metric_name|missed_deadlines|signals)\.ts$/,
  /^src\/observe\//,
  /^src\/rpc\//,
  /^src\/outbox\//,
  /^src\/amqp\//,
  /^src\/chunk\//,
  /^src\/schedule\//,
  /^src\/time\//,
  /^src\/(error_text|errors|log|quote|redact_url|version)\.ts$/,
];

const ROOT = new URL("../", import.meta.url);

permittedTest({
  name: "Every file belongs to a layer and imports only from its own layer and lower ones",
  needs: [{ name: "read", path: ROOT }],
}, async () => {
  const violations: string[] = [];
  for (const file of ["mod.ts", ...await listSources("src")]) {
    const layer = layerOf(file);
    assert.notEqual(layer, -1, `${file} belongs to no layer`);
    for (const imported of await importsOf(file)) {
      if (imported.endsWith(".ts") && layerOf(imported) < layer) {
        violations.push(`${file} imports ${imported}`);
      }
    }
  }
  assert.deepEqual(violations, []);
});

permittedTest({
  name: "The AMQP client, commander and OpenTelemetry are imported each in its own place only",
  needs: [{ name: "read", path: ROOT }],
}, async () => {
  for (const file of ["mod.ts", ...await listSources("src")]) {
    for (const imported of await importsOf(file)) {
      if (imported.startsWith("@cloudamqp/")) assert.match(file, /^src\/(amqp|dev)\//);
      if (imported === "commander") assert.match(file, /^src\/cli\//);
      if (imported.startsWith("@opentelemetry/")) assert.match(file, /^src\/observe\//);
    }
  }
});

permittedTest({
  name:
    "mod.ts loads neither the development network, nor the command-line parser, nor OpenTelemetry until it is asked",
  needs: [{ name: "read", path: ROOT }],
}, async () => {
  const loaded = new Set<string>();
  const waiting = ["mod.ts"];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (loaded.has(file)) continue;
    loaded.add(file);
    if (/^(mod\.ts$|src\/)/.test(file)) waiting.push(...await importsOf(file, "static"));
  }
  const packages = [...loaded].filter((name) => !/^(mod\.ts$|src\/|deno\.json$|node:)/.test(name));
  assert.deepEqual(packages.map((name) => name.split("/").slice(0, 2).join("/")).sort(), [
    ...packages.filter((name) => name.startsWith("@cloudamqp/")).map(() =>
      "@cloudamqp/amqp-client"
    ),
    "@logtape/logtape",
  ]);
  for (const file of loaded) assert.doesNotMatch(file, /^src\/(dev|testing|programs)\//);
});

function layerOf(file: string): number {
  return LAYERS.findIndex((pattern) => pattern.test(file));
}

async function listSources(folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, ROOT))) {
    const path = `${folder}/${name}`;
    if (isDirectory) files.push(...await listSources(path));
    else if (name.endsWith(".ts")) files.push(path);
  }
  return files.sort();
}

/**
 * What a file imports: paths from the root of the project, or the names of packages. Static imports
 * are those that are loaded with the file; types alone are not.
 */
async function importsOf(file: string, which: "static" | "all" = "all"): Promise<string[]> {
  const text = await Deno.readTextFile(new URL(file, ROOT));
  // Not those of the examples in comments, which stand behind an asterisk.
  const imports = which === "all"
    ? text.matchAll(/^(?!\s*\*).*?(?:from|import)\s*\(?\s*"([^"]+)"/gm)
    : text.matchAll(/^(?:import|export) (?!type )(?:[^;"]* from )?"([^"]+)"/gm);
  return [...imports].map(([, specifier = ""]) =>
    specifier.startsWith(".")
      ? new URL(specifier, new URL(file, ROOT)).href.slice(ROOT.href.length)
      : specifier
  );
}
