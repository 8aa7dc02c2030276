/**
 * Requests of the page for what a source says that its configuration has to be.
 *
 * @module
 */

import { errorText } from "../../error_text.ts";
import { MessageError, RpcError } from "../../errors.ts";
import { isJsonObject, type JsonObject } from "../../rpc/json.ts";
import type { NetworkView } from "../view/network_view.ts";
import { readJsonBody } from "./json_body.ts";
import { type BoundedSchema, boundSchema } from "./schema_bounds.ts";
import { checkBySchema } from "./schema_check.ts";

/**
 * Answers `/schema?token=…` with a {@linkcode BoundedSchema}, or with `null` if the source offers none.
 * The page shows it; it comes from the network, and its texts are not to be trusted.
 */
export async function answerSchema(url: URL, view: NetworkView): Promise<Response> {
  const token = url.searchParams.get("token") ?? "";
  return await answering(async () => Response.json(await schemaOf(view, token) ?? null));
}

/**
 * Checks the configuration in the body, `{"token": "…", "config": {…}}`. Answers with what is not as the
 * source's schema says ({@linkcode SchemaProblems}), or with `null` if the source offers none.
 */
export async function answerCheck(request: Request, view: NetworkView): Promise<Response> {
  return await answering(async () => {
    const body = await readJsonBody(request, "configuration");
    if (body instanceof Response) return body;
    const { token, config } = body;
    if (typeof token !== "string" || !isJsonObject(config)) {
      throw new MessageError(
        "Cannot check configuration: a token and a configuration are required",
      );
    }
    const schema = await schemaOf(view, token);
    return Response.json(schema ? checkBySchema(schema.schema, config) : null);
  });
}

const known = new WeakMap<JsonObject, BoundedSchema>();

async function schemaOf({ configurations }: NetworkView, token: string) {
  const told = await configurations.schema(token);
  if (told === undefined) return undefined;
  const bounded = known.get(told) ?? boundSchema(told);
  known.set(told, bounded);
  return bounded;
}

async function answering(answer: () => Promise<Response>): Promise<Response> {
  try {
    return await answer();
  } catch (error) {
    if (error instanceof RpcError) return new Response(errorText(error), { status: 502 });
    if (error instanceof MessageError) return new Response(error.message, { status: 400 });
    throw error; // which is logged
  }
}
