/**
 * What `deno doc` knows of the public modules.
 *
 * @module
 */

import config from "../../deno.json" with { type: "json" };
import { ROOT } from "./pages.ts";

/** A public module. */
export interface DocumentedModule {
  /** What it exports. */
  readonly symbols: readonly DocumentedSymbol[];
}

/** A public name. */
export interface DocumentedSymbol {
  /** The name. */
  readonly name: string;
  /** Where it is declared, with what: a function with overloads several times. */
  readonly declarations: readonly DocumentedDeclaration[];
}

/** A declaration, as far as the tests look at it. */
export interface DocumentedDeclaration {
  /** Its members, where it has some. */
  readonly def?: { readonly properties?: readonly { readonly name: string }[] } | null;
}

/** The modules that `deno.json` exports. Takes a second. */
export async function documentedModules(): Promise<readonly DocumentedModule[]> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", ...Object.values(config.exports)],
    cwd: ROOT,
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const { nodes }: { nodes: Record<string, DocumentedModule> } = JSON.parse(
    new TextDecoder().decode(stdout),
  );
  return Object.values(nodes);
}
