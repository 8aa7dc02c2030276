/**
 * JSON that the page sends.
 *
 * @module
 */

import { type JsonObject, parseJsonObject } from "../../rpc/json.ts";

const MAX_BODY_BYTES = 256 * 1024;

/**
 * Reads the JSON object in the body of a request; a response is why it is refused.
 *
 * @throws {MessageError} If it is not a JSON object.
 */
export async function readJsonBody(request: Request, what: string): Promise<JsonObject | Response> {
  if (!/^application\/json\s*(;|$)/i.test(request.headers.get("content-type") ?? "")) {
    // The browser lets a form of any page send other types without asking.
    const required = "content type application/json is required";
    return new Response(`Cannot take ${what}: ${required}`, { status: 403 });
  }
  const body = await readBody(request);
  if (body !== undefined) return parseJsonObject(body);
  return new Response(`Cannot take ${what}: at most ${MAX_BODY_BYTES} bytes are allowed`, {
    status: 413,
  });
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
