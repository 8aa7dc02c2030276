/**
 * Requests of the page that set a configuration.
 *
 * @module
 */

import { errorText } from "../../error_text.ts";
import { MessageError, RpcError } from "../../errors.ts";
import { logger } from "../../log.ts";
import { isJsonObject, type JsonObject, kindOf, parseJsonObject } from "../../rpc/json.ts";
import type { NetworkView } from "../view/network_view.ts";

const MAX_BODY_BYTES = 256 * 1024;
const MAX_TOKEN_CHARACTERS = 251; // its queue's name has four more, "-rpc", and at most 255

/**
 * Gives a source the configuration in the body, `{"token": "…", "config": {…}}`.
 *
 * Answers 200 and `{"taken": true}` (`false`: no source is connected), 422 and `{"error": "…"}` if
 * the source refuses it, or another status and the reason as plain text.
 */
export async function answerConfiguration(
  request: Request,
  view: NetworkView,
): Promise<Response> {
  if (!/^application\/json\s*(;|$)/i.test(request.headers.get("content-type") ?? "")) {
    // The browser lets a form of any page send other types without asking.
    return plain(403, "Cannot take configuration: content type application/json is required");
  }
  const body = await readBody(request);
  if (body === undefined) {
    return plain(413, `Cannot take configuration: at most ${MAX_BODY_BYTES} bytes are allowed`);
  }
  try {
    const { token, config } = readConfiguration(parseJsonObject(body));
    return Response.json({ taken: await view.configure(token, config) });
  } catch (error) {
    if (error instanceof RpcError) {
      // Only the source's own words matter here, not that it was called.
      const reason = error.message.replace(`Cannot call ${error.function}: `, "");
      return Response.json({ error: reason }, { status: 422 });
    }
    if (error instanceof MessageError) return plain(400, error.message);
    logger("dashboard").error("Cannot configure: {error}", { error });
    const reason = errorText(error);
    return plain(500, `Cannot configure: ${reason}`);
  }
}

function readConfiguration({ token, config }: JsonObject): { token: string; config: JsonObject } {
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
  return { token, config };
}

/** Reads the body, or gives it up as soon as it is too large. */
async function readBody(request: Request): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const part of request.body ?? []) {
    sizeBytes += part.length;
    if (sizeBytes > MAX_BODY_BYTES) return undefined;
    parts.push(part);
  }
  const body = new Uint8Array(sizeBytes);
  let offset = 0;
  for (const part of parts) {
    body.set(part, offset);
    offset += part.length;
  }
  return body;
}

function plain(status: number, reason: string): Response {
  return new Response(reason, { status });
}
