/**
 * A management controller that wants a login first, for tests.
 *
 * @module
 */

import { DeviceServer } from "./device_server.ts";

const USER = { user: "ada", password: "p€ss" };

/** Its ways to log in; it counts what it is asked. */
export class LoginServer extends DeviceServer {
  /** The sessions that are open. */
  readonly sessions: Set<string> = new Set();
  /** The logins that it was asked for. */
  logins = 0;
  /** The readings that it has answered. */
  readings = 0;
  #next = 1;

  /** With user and password; others are refused. */
  constructor() {
    super();
    this.answer = (request) => this.#answer(request);
  }

  /** A configuration's `login`, of one kind. */
  login(type: "basic" | "cookie" | "redfish", password = USER.password): Record<string, string> {
    return { type, ...USER, password, ...type === "cookie" && { path: "/login" } };
  }

  #answer(request: Request): Response | Promise<Response> {
    const { pathname } = new URL(request.url);
    if (request.method === "POST") return this.#logIn(request, pathname);
    if (request.method === "DELETE") return this.#logOut(request, pathname);
    const [, cookie = ""] = /sid=(\w+)/.exec(request.headers.get("cookie") ?? "") ?? [];
    const token = request.headers.get("x-auth-token") ?? "";
    if (this.sessions.has(cookie) || this.sessions.has(token)) {
      this.readings++;
      return Response.json({ power: 7 });
    }
    // As pages for people do, and as interfaces do.
    if (pathname.startsWith("/page")) return Response.redirect(new URL("/login", request.url));
    return Response.json({ error: "Who are you?" }, { status: 401 });
  }

  async #logIn(request: Request, pathname: string): Promise<Response> {
    this.logins++;
    const body = await request.json();
    const id = `s${this.#next++}`;
    const [user, password] = pathname === "/login" ? body.data : [body.UserName, body.Password];
    if (user !== USER.user || password !== USER.password) return new Response("", { status: 401 });
    this.sessions.add(id);
    if (pathname !== "/login") {
      const location = `${pathname}/${id}`;
      return new Response("{}", { status: 201, headers: { "x-auth-token": id, location } });
    }
    const headers = new Headers({ location: "/" });
    headers.append("set-cookie", `sid=${id}; Path=/; HttpOnly`);
    headers.append("set-cookie", "theme=dark");
    return new Response("", { status: 302, headers });
  }

  #logOut(request: Request, pathname: string): Response {
    const id = request.headers.get("x-auth-token") ?? "";
    const isOpen = pathname.endsWith(`/${id}`) && this.sessions.delete(id);
    return new Response(null, { status: isOpen ? 204 : 401 });
  }
}
