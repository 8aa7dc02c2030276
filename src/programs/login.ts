/**
 * Logging in at a server: what a configuration says, and what is sent.
 *
 * @module
 */

import * as v from "valibot";
import { basicAuthorization } from "../http/basic_authorization.ts";
import { requireHeaders } from "./http_request.ts";
import { accepts } from "./schema.ts";

const USER = { user: v.string(), password: v.string() };

const Path = v.pipe(v.string(), v.startsWith("/", "a path that begins with / is required"));

/** A login that is sent with each request. */
const HeaderLogin = v.variant("type", [
  v.strictObject({ type: v.literal("basic"), ...USER }),
  v.strictObject({
    type: v.literal("bearer"),
    token: v.pipe(v.string(), accepts((token) => requireHeaders(bearer(token)))),
  }),
]);

/** A login that opens a session. */
const SessionLogin = v.variant("type", [
  v.strictObject({
    type: v.literal("cookie"),
    path: Path,
    ...USER,
    /** What is posted, in whose texts `{user}` and `{password}` stand for these. */
    body: v.optional(v.looseObject({}), { data: ["{user}", "{password}"] }),
  }),
  v.strictObject({
    type: v.literal("redfish"),
    path: v.optional(Path, "/redfish/v1/SessionService/Sessions"),
    ...USER,
  }),
]);

/** The field in which a configuration tells how to log in. */
export const Login = v.variant("type", [HeaderLogin, SessionLogin]);

/** What {@linkcode Login} makes. */
export type Login = v.InferOutput<typeof Login>;

/** What it makes of a login that opens a session. */
export type SessionLogin = v.InferOutput<typeof SessionLogin>;

/** Whether a login opens a session. */
export function opensSession(login: Login | undefined): login is SessionLogin {
  return login?.type === "cookie" || login?.type === "redfish";
}

/** The headers of a login that is sent with each request. */
export function loginHeaders(login: Login | undefined): Record<string, string> {
  if (login?.type === "bearer") return bearer(login.token);
  if (login?.type !== "basic") return {};
  return { authorization: basicAuthorization(login.user, login.password) };
}

/** What is posted to log in, as JSON. */
export function loginBody(login: SessionLogin): string {
  const { user, password } = login;
  if (login.type === "redfish") return JSON.stringify({ UserName: user, Password: password });
  return JSON.stringify(
    login.body,
    (_key, value) =>
      typeof value === "string"
        ? value.replaceAll(/\{(user|password)\}/g, (_, field) => field === "user" ? user : password)
        : value,
  );
}

function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}
