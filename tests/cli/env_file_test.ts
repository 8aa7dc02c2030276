import assert from "node:assert/strict";
import fc from "fast-check";
import { findEnvFile, parseEnvFile } from "../../src/cli/env_file.ts";
import { UsageError } from "../../src/cli/usage_error.ts";
import { needing } from "../support/needing.ts";

const parse = (text: string) => Object.fromEntries(parseEnvFile(text, "/home/ada/.metricq"));

Deno.test("parseEnvFile() reads settings, quotes, comments, blank lines and export", () => {
  const text = `# MetricQ
METRICQ_SERVER=amqp://ada:pa#ss$$word@host/v=1

  export METRICQ_TOKEN = source-$HOST   # of this host
A="two words" # comment
B='# none'
C=
D=one two
E="a \\"quote\\" and a \\\\, a tab\\t, \\x"
F='it\\'s'
G=#nothing
`;
  assert.deepEqual(parse(text), {
    METRICQ_SERVER: "amqp://ada:pa#ss$$word@host/v=1",
    METRICQ_TOKEN: "source-$HOST",
    A: "two words",
    B: "# none",
    C: "",
    D: "one two",
    E: 'a "quote" and a \\, a tab\t, \\x',
    F: "it's",
    G: "",
  });
});

Deno.test("parseEnvFile() takes a byte order mark and the line ends of every system", () => {
  assert.deepEqual(parse("\uFEFFA=1\r\nB=2\rC=3\nD=4"), { A: "1", B: "2", C: "3", D: "4" });
});

Deno.test("parseEnvFile() lets the last of several settings win, as python-dotenv does", () => {
  assert.deepEqual(parse("A=1\nA=2"), { A: "2" });
});

Deno.test("parseEnvFile() tells the number of a damaged line, not its text", () => {
  const damaged = [
    "secret",
    "=secret",
    "export",
    'A="secret',
    "A='secret",
    'A="sec" ret',
    "two words=secret",
    '"A"=secret',
  ];
  for (const line of damaged) {
    assert.throws(() => parse(`OK=1\n${line}\n`), (error) => {
      assert(error instanceof UsageError, line);
      assert.match(error.message, /^Cannot read line 2 of \/home\/ada\/\.metricq: /);
      assert.doesNotMatch(error.message, /sec/);
      return true;
    }, line);
  }
});

Deno.test("parseEnvFile() reads back every value that is quoted", () => {
  // The line separator is not one that `.` of a regular expression matches by itself.
  const unit = fc.oneof(fc.string({ unit: "binary", maxLength: 1 }), fc.constant("\u2028"));
  const value = fc.string({ unit }).filter((text) => !/[\r\n]/.test(text));
  fc.assert(fc.property(value, (text) => {
    const single = `'${text.replace(/[\\']/g, "\\$&")}'`;
    const double = `"${text.replace(/[\\"]/g, "\\$&")}"`;
    assert.deepEqual(parse(`A=${single}\nexport B = ${double} # both`), { A: text, B: text });
  }));
});

Deno.test("parseEnvFile() reads any text or throws a UsageError", () => {
  const piece = fc.constantFrom(
    "A",
    "=",
    '"',
    "'",
    "\\",
    "#",
    " ",
    "\n",
    "\r",
    "export ",
    "\uFEFF",
    "é",
  );
  const text = fc.oneof(fc.string(), fc.array(piece, { maxLength: 30 }).map((all) => all.join("")));
  fc.assert(fc.property(text, (text) => {
    try {
      for (const name of parseEnvFile(text, "file").keys()) assert.match(name, /^[^\s=#'"]+$/);
    } catch (error) {
      assert(error instanceof UsageError);
    }
  }));
});

Deno.test("parseEnvFile() takes a time that grows with the length of the text only", () => {
  // A pattern that tries every split of these would not end in a lifetime.
  parse(`A=x${" ".repeat(500_000)}x`);
  parse(`A=${" ".repeat(500_000)}#`);
  assert.throws(() => parse(`A="${"\\".repeat(500_000)}`), UsageError);
  assert.throws(() => parse(`${" ".repeat(500_000)}x`), UsageError);
});

Deno.test(needing({ permissions: [{ name: "read" }, { name: "write" }] }, {
  name: "findEnvFile() takes the first file there is, and no folder of that name",
  fn: async () => {
    const root = await Deno.makeTempDir();
    try {
      await Deno.mkdir(`${root}/folder/.metricq`, { recursive: true });
      await Deno.mkdir(`${root}/first`);
      await Deno.writeTextFile(`${root}/first/.metricq`, "A=1");
      assert.equal(findEnvFile([`${root}/absent`, `${root}/folder`]), undefined);
      const file = findEnvFile([`${root}/absent`, `${root}/folder`, `${root}/first`]);
      assert.equal(file?.path, `${root}/first/.metricq`);
      assert.equal(file?.settings.get("A"), "1");
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  },
}));
