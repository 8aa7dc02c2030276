/** The pages of classes on JSR: what they show, and what is found from them. */

import assert from "node:assert/strict";
import { needing } from "../support/needing.ts";
import { ROOT } from "./pages.ts";

import config from "../../deno.json" with { type: "json" };

/** A class, as far as `deno doc` tells what is looked at here. */
interface DocumentedClass {
  readonly kind: string;
  readonly jsDoc?: { readonly doc?: string };
  readonly def: {
    readonly extends?: string;
    readonly constructors?: readonly { readonly params: readonly { readonly name?: string }[] }[];
    readonly methods?: readonly { readonly name: string }[];
  };
}

/** The classes of public modules, by their names. */
async function documentedClasses(
  ...modules: readonly string[]
): Promise<ReadonlyMap<string, DocumentedClass>> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", ...modules],
    cwd: ROOT,
  }).output();
  const { nodes }: {
    nodes: Record<string, { symbols: { name: string; declarations: DocumentedClass[] }[] }>;
  } = JSON.parse(new TextDecoder().decode(stdout));
  return new Map(
    Object.values(nodes).flatMap(({ symbols }) => symbols)
      .flatMap(({ name, declarations: [first] }) => first?.kind === "class" ? [[name, first]] : []),
  );
}

Deno.test(needing({ permissions: [{ name: "run" }, { name: "read", path: ROOT }] }, {
  name: "The page of each source links to the members that it inherits",
  fn: async () => {
    const classes = await documentedClasses("mod.ts");
    for (const name of ["Source", "IntervalSource", "PollingSource"]) {
      const own = classes.get(name);
      const doc = own?.jsDoc?.doc?.replaceAll(/\s+/g, " ") ?? "";
      let parent: string | undefined = own?.def.extends;
      assert.ok(parent, name);
      for (; parent !== undefined; parent = classes.get(parent)?.def.extends) {
        const { methods = [] } = classes.get(parent)?.def ?? {};
        const members: readonly string[] = methods.map(({ name }) => name);
        assert.ok(members.length > 0, parent);
        // `task` is what the class itself gives, and a symbol belongs to the syntax.
        for (const member of members.filter((one) => one !== "task" && !one.startsWith("["))) {
          const link: string = `{@linkcode ${parent}.prototype.${member} | ${member}}`;
          assert.ok(doc.includes(link), `${name}: ${link}`);
        }
      }
    }
  },
}));

Deno.test(needing({ permissions: [{ name: "run" }, { name: "read", path: ROOT }] }, {
  name: "The pages of classes show constructors for users alone, without what is internal",
  fn: async () => {
    const classes = await documentedClasses(...Object.values(config.exports));
    const shown = [...classes].flatMap(([name, { def }]) =>
      def.constructors?.map((
        { params },
      ) => [name, ...params.map((param) => param.name ?? "options")])
    );
    assert.deepEqual(shown.filter((one) => one !== undefined).map((one) => one.join(" ")).sort(), [
      "Agent options",
      "AmqpError message options",
      "IntervalSource options",
      "ManualClock options",
      "MetricQError message options",
      "PublishFailed metric points reason options",
      "ReceivedSignal signal",
      "ReconnectTimeout connection outageSeconds options",
      "RpcError functionName reason options",
      "RpcTimeout functionName timeoutSeconds",
      "Sink options",
      "Source options",
      "SpoolFailed path reason options",
      "Timedelta seconds options",
      "Timestamp seconds options",
      "TokenInUse token options",
    ]);
  },
}));
