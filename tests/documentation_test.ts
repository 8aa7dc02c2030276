/** What JSR's score asks of the documentation, and `deno doc --lint` does not. */

import assert from "node:assert/strict";
import config from "../deno.json" with { type: "json" };
import { needing } from "./support/needing.ts";

const ROOT = new URL("../", import.meta.url);

interface Documented {
  readonly name?: string;
  readonly kind?: string;
  readonly jsDoc?: { readonly doc?: string };
  readonly accessibility?: string;
}

interface Declaration extends Documented {
  readonly location: { readonly filename: string; readonly line: number };
  readonly def?: Readonly<Record<string, unknown>> | null;
}

interface Module {
  readonly module_doc?: { readonly doc?: string };
  readonly symbols: readonly { readonly name: string; readonly declarations: Declaration[] }[];
}

Deno.test(
  needing({
    permissions: [{ name: "run", command: Deno.execPath() }, { name: "read", path: ROOT }],
  }, {
    name: "Every entry point, every public symbol and each of its members is documented",
    fn: async () => {
      const { stdout } = await new Deno.Command(Deno.execPath(), {
        args: ["doc", "--json", ...Object.values(config.exports)],
        cwd: ROOT,
        stderr: "inherit",
      }).output();
      const { nodes }: { nodes: Record<string, Module> } = JSON.parse(
        new TextDecoder().decode(stdout),
      );
      assert.equal(Object.keys(nodes).length, Object.keys(config.exports).length);

      let documented = 0;
      const undocumented: string[] = [];
      const judge = (name: string, candidates: readonly Documented[]) => {
        // Of overloads one is their implementation, of a getter and a setter one tells for both.
        const silent = candidates.filter(({ jsDoc }) => !jsDoc?.doc).length;
        if (silent <= (candidates.length > 1 ? 1 : 0)) documented++;
        else undocumented.push(name);
      };
      for (const [file, { module_doc, symbols }] of Object.entries(nodes)) {
        judge(file, [{ jsDoc: module_doc ?? {} }]);
        for (const { name, declarations } of symbols) {
          // A symbol that another entry point exports is judged there, or where it is declared.
          const own = declarations.filter(({ kind }) => kind !== "reference");
          if (own.length === 0) continue;
          judge(name, own);
          for (const [member, all] of Map.groupBy(own.flatMap(membersOf), ({ name }) => name)) {
            judge(`${name}.${member}`, all);
          }
        }
      }
      assert.deepEqual(undocumented, []);
      assert(documented > 300, `only ${documented} symbols and members were found`);
    },
  }),
);

const MEMBERS = ["constructors", "properties", "methods", "callSignatures", "indexSignatures"];

function membersOf({ def }: Declaration): Documented[] {
  return MEMBERS.flatMap((kind) => {
    const members = (def?.[kind] ?? []) as Documented[];
    return members
      .filter(({ accessibility }) => accessibility !== "private")
      .map((member) => ({ ...member, name: member.name ?? kind }));
  });
}
