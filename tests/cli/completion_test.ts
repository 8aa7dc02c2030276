import assert from "node:assert/strict";
import { completionScript, SHELLS } from "../../src/cli/completion.ts";
import { nameOption } from "../../src/cli/options.ts";
import { needing } from "../support/needing.ts";

const OPTIONS = [
  nameOption("server", { description: "It's [also] an address, amqp://…: required" }),
  nameOption("verbosity", { description: "How much", short: "v", choices: ["error", "info"] }),
  nameOption("plain", { description: "Plain; or not", flag: true }),
];

Deno.test(needing({ permissions: [{ name: "run" }] }, {
  name: "completionScript() makes bash complete options and choices",
  fn: async () => {
    const script = completionScript("bash", "source-$HOST", OPTIONS);
    const complete = async (...words: string[]) => {
      const array = words.map((word) => `'${word}'`).join(" ");
      const { stdout } = await new Deno.Command("bash", {
        args: [
          "-c",
          `${script}\nCOMP_WORDS=(source ${array}); COMP_CWORD=${words.length}; _source__HOST; echo "\${COMPREPLY[@]}"`,
        ],
      }).output();
      return new TextDecoder().decode(stdout).trim();
    };
    assert.equal(await complete("--ver"), "--verbosity --version");
    assert.equal(await complete("-v", ""), "error info");
    assert.equal(await complete("--verbosity", "e"), "error");
    assert.equal(await complete("--server", ""), "");
    assert.equal(await complete("--plain", "--s"), "--server");
    assert.match(script, /complete -o default -F _source__HOST source-_HOST$|source-_HOST/);
  },
}));

Deno.test(needing({ peers: ["fish"] }, {
  name: "completionScript() makes fish complete options and choices",
  fn: async () => {
    const script = completionScript("fish", "source-test", OPTIONS);
    const complete = async (line: string) => {
      const { stdout } = await new Deno.Command("fish", {
        args: ["--no-config", "-c", `${script}\ncomplete -C "source-test ${line}"`],
      }).output();
      return new TextDecoder().decode(stdout).trim().split("\n");
    };
    assert.deepEqual(await complete("--ver"), [
      "--verbosity\tHow much",
      "--version\tPrint versions",
    ]);
    assert.deepEqual(await complete("-v "), ["error\tHow much", "info\tHow much"]);
    assert.deepEqual(await complete("--verbosity e"), ["error\tHow much"]);
  },
}));

Deno.test(needing({ peers: ["zsh"] }, {
  name: "completionScript() makes zsh complete options and choices",
  fn: async () => {
    const script = await Deno.makeTempFile();
    await Deno.writeTextFile(script, completionScript("zsh", "source-test", OPTIONS));
    // zsh completes in a terminal only, so this types into one that zsh makes.
    const typing = `
    zmodload zsh/zpty
    zpty shell zsh -f -i
    zpty -w shell "PROMPT=; autoload -U compinit; compinit -u -D; source $1; echo rea''dy"
    zpty -r shell shown '*ready*'
    zpty -w -n shell $2$'\t'
    zpty -r shell shown "*$3*"
    print -r -- "$shown"`;
    const complete = async (line: string, completed: string) => {
      const { stdout } = await new Deno.Command("zsh", {
        args: [
          "-f",
          "-c",
          typing,
          "zsh",
          script,
          `source-test ${line}`,
          `source-test ${completed}`,
        ],
        env: { TERM: "dumb" },
        signal: AbortSignal.timeout(20_000),
      }).output();
      assert(new TextDecoder().decode(stdout).includes(completed));
    };
    await complete("--verb", "--verbosity");
    await complete("--verbosity e", "--verbosity error");
    await complete("-v i", "-v info");
    await Deno.remove(script);
  },
}));

Deno.test("completionScript() names every option for every shell", () => {
  for (const shell of SHELLS) {
    const script = completionScript(shell, "source-test", OPTIONS);
    for (const word of ["server", "verbosity", "plain", "version", "help", "error info"]) {
      assert(script.includes(word), `${shell} ${word}`);
    }
  }
});

Deno.test("completionScript() leaves nothing of a description that a shell would read", () => {
  const zsh = completionScript("zsh", "source-test", OPTIONS);
  assert.match(zsh, /^ +'--server\[Its also an address\]:server:_files' \\$/m);
  const fish = completionScript("fish", "source-test", OPTIONS);
  assert.match(fish, /^complete -c source-test -l server -r -d 'Its \[also\] an address'$/m);
  assert.match(
    fish,
    /^complete -c source-test -l verbosity -s v -x -a 'error info' -d 'How much'$/m,
  );
});
