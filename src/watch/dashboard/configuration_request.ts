/**
 * Requests of the page that set a configuration, and read what was replaced.
 *
 * @module
 */

import { errorText } from "../../error_text.ts";
import { ConfigurationConflict, StoreFailed } from "../../configurations/configuration_store.ts";
import { MessageError } from "../../errors.ts";
import { logger } from "../../log.ts";
import { quote } from "../../quote.ts";
import { isJsonObject, type JsonObject, kindOf } from "../../rpc/json.ts";
import type { NetworkView } from "../view/network_view.ts";
import { readJsonBody } from "./json_body.ts";

const MAX_TOKEN_CHARACTERS = 251; // its queue's name has four more, "-rpc", and at most 255

/**
 * Gives a source the configuration in the body,
 * `{"token": "…", "config": {…}, "revision": "…"}`; the revision is that of the one which it replaces.
 *
 * Answers 200 and what has come of it ({@linkcode ConfigureOutcome}), 422 and the same if the source
 * refuses it, 409 and `{"error": "…", "kept": {"config": {…}, "revision": "…"}}` if another one is kept by
 * now, or another status and the reason as plain text.
 */
export async function answerConfiguration(
  request: Request,
  { configurations }: NetworkView,
): Promise<Response> {
  if (!configurations.keeping.isWritable) {
    return plain(403, "Cannot configure: the program was started without --allow-configure");
  }
  return await answering("configure", async () => {
    const body = await readJsonBody(request, "configuration");
    if (body instanceof Response) return body;
    const { token, config, revision } = readConfiguration(body);
    const outcome = await configurations.configure(token, config, revision);
    return Response.json(outcome, { status: outcome.answer === "refused" ? 422 : 200 });
  });
}

/**
 * Answers `/history?token=…` with what was replaced, `[{"id": "…", "time": "…"}]`, and
 * `/history?token=…&id=…` with one of these, `{"config": {…}}`.
 */
export async function answerHistory(url: URL, { configurations }: NetworkView): Promise<Response> {
  const token = url.searchParams.get("token") ?? "";
  const id = url.searchParams.get("id");
  return await answering("read what was replaced", async () => {
    if (id === null) return Response.json(await configurations.history(token));
    const config = await configurations.replaced(token, id);
    return config
      ? Response.json({ config })
      : plain(404, `There is no configuration ${quote(id)}`);
  });
}

async function answering(action: string, answer: () => Promise<Response>): Promise<Response> {
  try {
    return await answer();
  } catch (error) {
    if (error instanceof ConfigurationConflict) {
      return Response.json({ error: error.message, kept: error.kept ?? null }, { status: 409 });
    }
    if (error instanceof MessageError) return plain(400, error.message);
    if (error instanceof StoreFailed) return plain(502, error.message);
    logger("dashboard").error("Cannot {action}: {error}", { action, error });
    return plain(500, `Cannot ${action}: ${errorText(error)}`);
  }
}

function readConfiguration(
  { token, config, revision = null }: JsonObject,
): { token: string; config: JsonObject; revision: string | undefined } {
  if (typeof token !== "string" || token === "" || token.length > MAX_TOKEN_CHARACTERS) {
    throw new MessageError(
      `Cannot take configuration: token is ${kindOf(token)}, ` +
        `a string of 1 to ${MAX_TOKEN_CHARACTERS} characters is required`,
    );
  }
  if (!isJsonObject(config)) {
    throw new MessageError(
      `Cannot take configuration: config is ${kindOf(config)}, a JSON object is required`,
    );
  }
  if (revision !== null && typeof revision !== "string") {
    throw new MessageError(
      `Cannot take configuration: revision is ${kindOf(revision)}, a string or null is required`,
    );
  }
  return { token, config, revision: revision ?? undefined };
}

function plain(status: number, reason: string): Response {
  return new Response(reason, { status });
}
