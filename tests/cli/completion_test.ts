import assert from "node:assert/strict";
import { completionScript, SHELLS } from "../../src/cli/completion.ts";
import { nameOption } from "../../src/cli/options.ts";
import { permittedTest } from "../support/permissions.ts";

const OPTIONS = [
  nameOption("server", { description: "Address, it's amqp://…: [required]" }),
  nameOption("verbosity", { description: "How much", short: "v", choices: ["error", "info"] }),
  nameOption("plain", { description: "Plain; or not", flag: true }),
];

permittedTest({
  name: "completionScript() makes bash complete options and choices",
  needs: [{ name: "run" }],
}, async () => {
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
});

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
  assert.match(zsh, /^ +'--server\[Address, its amqp\]:server:_files' \\$/m);
  const fish = completionScript("fish", "source-test", OPTIONS);
  assert.match(fish, /^complete -c source-test -l server -r -d 'Address, its amqp'$/m);
  assert.match(
    fish,
    /^complete -c source-test -l verbosity -s v -x -a 'error info' -d 'How much'$/m,
  );
});
