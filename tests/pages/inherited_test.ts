/** Members that a class inherits are found from its page, which `deno doc` and JSR do not list. */

import assert from "node:assert/strict";
import { needing } from "../support/needing.ts";
import { ROOT } from "./pages.ts";

/** A class, as far as `deno doc` tells what is looked at here. */
interface DocumentedClass {
  readonly jsDoc?: { readonly doc?: string };
  readonly def: {
    readonly extends?: string;
    readonly methods: readonly { readonly name: string }[];
  };
}

/** The classes of the main module, by their names. */
async function documentedClasses(): Promise<ReadonlyMap<string, DocumentedClass>> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", "mod.ts"],
    cwd: ROOT,
  }).output();
  const { nodes }: {
    nodes: Record<string, { symbols: { name: string; declarations: DocumentedClass[] }[] }>;
  } = JSON.parse(new TextDecoder().decode(stdout));
  const [module] = Object.values(nodes);
  return new Map(
    module?.symbols.flatMap(({ name, declarations: [first] }) => first ? [[name, first]] : []),
  );
}

Deno.test(needing({ permissions: [{ name: "run" }, { name: "read", path: ROOT }] }, {
  name: "The page of each source links to the members that it inherits",
  fn: async () => {
    const classes = await documentedClasses();
    for (const name of ["Source", "IntervalSource", "PollingSource"]) {
      const own = classes.get(name);
      const doc = own?.jsDoc?.doc?.replaceAll(/\s+/g, " ") ?? "";
      let parent = own?.def.extends;
      assert.ok(parent, name);
      for (; parent !== undefined; parent = classes.get(parent)?.def.extends) {
        const members = classes.get(parent)?.def.methods.map((member) => member.name) ?? [];
        assert.ok(members.length > 0, parent);
        // `task` is what the class itself gives, and a symbol belongs to the syntax.
        for (const member of members.filter((one) => one !== "task" && !one.startsWith("["))) {
          const link = `{@linkcode ${parent}.prototype.${member} | ${member}}`;
          assert.ok(doc.includes(link), `${name}: ${link}`);
        }
      }
    }
  },
}));
