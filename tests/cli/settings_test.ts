import assert from "node:assert/strict";
import { nameOption, type ValueOption } from "../../src/cli/options.ts";
import { parsePositiveInteger } from "../../src/cli/parameters.ts";
import { resolveSettings } from "../../src/cli/settings.ts";
import { UsageError } from "../../src/cli/usage_error.ts";

interface Given {
  readonly line?: readonly string[];
  readonly environment?: string;
  readonly file?: string;
}

/** The value of an option `chunkSize`, given in some places. */
function resolve(option: Omit<ValueOption, "description">, given: Given = {}): unknown {
  const { line, environment, file } = given;
  const named = nameOption("chunkSize", { description: "…", ...option });
  const settings = new Map(file === undefined ? [] : [["METRICQ_CHUNK_SIZE", file]]);
  const values = resolveSettings([named], new Map(line && [["chunkSize", line]]), {
    environment: (name) => name === "METRICQ_CHUNK_SIZE" ? environment : undefined,
    file: () => ({ path: "/home/ada/.metricq", settings }),
  });
  return values["chunkSize"];
}

Deno.test("nameOption() derives all names from kebab case as from camel case", () => {
  for (const name of ["chunk-size", "chunkSize"]) {
    const { name: kebab, key, variable } = nameOption(name, { description: "…" });
    assert.deepEqual([kebab, key, variable], ["chunk-size", "chunkSize", "METRICQ_CHUNK_SIZE"]);
  }
});

Deno.test("resolveSettings() prefers command line, environment, file, default in this order", () => {
  const option = { default: "default" };
  const [line, environment, file] = [["line"], "environment", "file"];
  assert.equal(resolve(option, { line, environment, file }), "line");
  assert.equal(resolve(option, { environment, file }), "environment");
  assert.equal(resolve(option, { file }), "file");
  assert.equal(resolve(option), "default");
  assert.equal(resolve({}), undefined);
});

Deno.test("resolveSettings() passes over an empty setting, but not over an empty argument", () => {
  const option = { default: "default" };
  assert.equal(resolve(option, { environment: "", file: "" }), "default");
  assert.equal(resolve(option, { line: [""] }), "");
});

Deno.test("resolveSettings() takes the last of several arguments, or all if there may be several", () => {
  assert.equal(resolve({}, { line: ["1", "2"] }), "2");
  assert.deepEqual(resolve({ multiple: true }, { line: ["1", "2"] }), ["1", "2"]);
  assert.deepEqual(resolve({ multiple: true }, { environment: "1 2" }), ["1", "2"]);
  assert.deepEqual(resolve({ multiple: true }), []);
});

Deno.test("resolveSettings() parses every given text, but not the default", () => {
  const option = { parse: parsePositiveInteger, default: null };
  assert.equal(resolve(option, { file: "3" }), 3);
  assert.equal(resolve(option), null);
  assert.deepEqual(resolve({ ...option, multiple: true }, { line: ["1", "2"] }), [1, 2]);
});

Deno.test("resolveSettings() takes a choice in upper or lower case", () => {
  assert.equal(resolve({ choices: ["json", "Text"] }, { line: ["TEXT"] }), "Text");
});

Deno.test("resolveSettings() says where a bad value is and what is required instead", () => {
  const option = { parse: parsePositiveInteger };
  const reason = '"0" is given, a positive integer is required';
  for (
    const [given, label] of [
      [{ line: ["0"] }, "--chunk-size"],
      [{ environment: "0" }, "METRICQ_CHUNK_SIZE of the environment"],
      [{ file: "0" }, "METRICQ_CHUNK_SIZE of /home/ada/.metricq"],
    ] as const
  ) {
    const message = `Cannot use ${label}: ${reason}`;
    assert.throws(() => resolve(option, given), (error) => {
      assert(error instanceof UsageError);
      assert.equal(error.message, message);
      return true;
    });
  }
});

Deno.test("resolveSettings() does not say twice that something cannot be done", () => {
  const parse = (text: string) => {
    throw new SyntaxError(`Cannot parse color: "${text}" is given, a color is required`);
  };
  assert.throws(() => resolve({ parse }, { line: ["loud"] }), {
    message: 'Cannot use --chunk-size: "loud" is given, a color is required',
  });
});

Deno.test("resolveSettings() repeats no text that may hold a password", () => {
  const reasons = [
    "a color is required",
    'Cannot parse: "u:secret@h" is given, a color is required',
  ];
  for (const reason of reasons) {
    const parse = () => {
      throw new SyntaxError(reason);
    };
    assert.throws(() => resolve({ parse }, { line: ["u:secret@h"] }), (error) => {
      assert(error instanceof UsageError);
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
  }
});

Deno.test("resolveSettings() refuses to go on without a required option", () => {
  assert.throws(() => resolve({ required: true }), {
    name: "UsageError",
    message: /^Option --chunk-size is missing: .*METRICQ_CHUNK_SIZE/,
  });
});

Deno.test("resolveSettings() reads a flag from command line and environment", () => {
  const resolveFlag = (text: string | undefined, ...line: [string, string[]][]) =>
    resolveSettings([nameOption("fast", { description: "…", flag: true })], new Map(line), {
      environment: () => text,
      file: () => undefined,
    })["fast"];
  assert.equal(resolveFlag("no", ["fast", [""]]), true);
  assert.deepEqual(["1", "YES", "on"].map((text) => resolveFlag(text)), [true, true, true]);
  assert.deepEqual(["0", "No", undefined].map((text) => resolveFlag(text)), [false, false, false]);
  assert.throws(() => resolveFlag("perhaps"), UsageError);
});
